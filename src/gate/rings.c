/* See rings.h. */
#include "gate/rings.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "door/message.h"
#include "gate/gate.h"
#include "gate/jobs.h"

struct idle_ring {
    struct list link;
    struct ring *ring;
};

static bool may_go(const struct job *job)
{
    return ring_number(job->ring) != 0 && !job->forgotten && state_is_ended(job->state.state) &&
           ring_is_ended(job->ring) && list_is_empty(&job->readers) && job->spool < 0 &&
           ring_released(job->ring) == ring_head(job->ring);
}

void rings_give_back(struct job *job)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ring back = {.number = ring_number(job->ring)};
    struct idle_ring *idle;
    struct ring *kept;

    if (!may_go(job))
        return;
    memcpy(back.id, job->id, sizeof(back.id));
    /* Without memory it stays as it is. */
    idle = calloc(1, sizeof(*idle));
    if (!idle || door_ring_encode(&back, &body) || ring_new_kept(&kept, job->ring)) {
        free(idle);
        return;
    }
    idle->ring = job->ring;
    job->ring = kept;
    list_append(&job->gate->jobs.idle_rings, &idle->link);
    (void)gate_send(job->gate, DOOR_RING_BACK, buffer_bytes(&body), buffer_length(&body), -1);
}

static struct idle_ring *find(const struct jobs *jobs, uint32_t number)
{
    struct idle_ring *idle;

    list_for_each (&jobs->idle_rings, struct idle_ring, link, idle)
        if (ring_number(idle->ring) == number)
            return idle;
    return NULL;
}

static void idle_free(struct idle_ring *idle)
{
    list_remove(&idle->link);
    free(idle);
}

struct ring *rings_take(struct jobs *jobs, uint32_t number)
{
    struct idle_ring *idle = find(jobs, number);
    struct ring *ring;

    if (!idle)
        return NULL;
    ring = idle->ring;
    idle_free(idle);
    ring_renewed(ring);
    return ring;
}

bool rings_drop(struct jobs *jobs, uint32_t number)
{
    struct idle_ring *idle = find(jobs, number);

    if (!idle)
        return false;
    ring_free(idle->ring);
    idle_free(idle);
    return true;
}

void rings_drop_all(struct jobs *jobs)
{
    struct idle_ring *idle;

    list_for_each (&jobs->idle_rings, struct idle_ring, link, idle) {
        ring_free(idle->ring);
        idle_free(idle);
    }
}
