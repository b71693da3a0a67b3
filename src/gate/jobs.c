/* See jobs.h. */
#include "gate/jobs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "gate/gate.h"
#include "gate/input.h"
#include "gate/outlet.h"
#include "gate/parcel.h"
#include "gate/reply.h"
#include "gate/rings.h"
#include "gate/tty.h"
#include "proto/verb.h"

int jobs_init(struct jobs *jobs)
{
    list_init(&jobs->all);
    list_init(&jobs->idle_rings);
    jobs->buckets = calloc(JOBS_BUCKETS, sizeof(*jobs->buckets));
    if (!jobs->buckets)
        return -ENOMEM;
    return random_bytes(&jobs->seed, sizeof(jobs->seed));
}

static struct job **jobs_bucket(const struct jobs *jobs, const uint8_t id[UUID_SIZE])
{
    uint64_t halves[2];
    uint64_t hash;

    memcpy(halves, id, sizeof(halves));
    hash = (halves[0] ^ jobs->seed) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 29) ^ halves[1]) * 0xbf58476d1ce4e5b9u;
    return &jobs->buckets[(hash >> 32) % JOBS_BUCKETS];
}

struct job *jobs_find(const struct jobs *jobs, const uint8_t id[UUID_SIZE])
{
    struct job *job = *jobs_bucket(jobs, id);

    while (job && memcmp(job->id, id, UUID_SIZE) != 0)
        job = job->next;
    return job;
}

static struct job *job_free(struct job *job)
{
    if (!job)
        return NULL;
    list_remove(&job->link);
    input_free(job->input);
    parcel_free(job->parcel);
    tty_free(job->tty);
    if (job->spool >= 0)
        close(job->spool);
    ring_free(job->ring);
    free(job->operator_name);
    free(job->label);
    free(job);
    return NULL;
}

static int job_new(struct job **job_out, struct gate *gate, const struct door_job *told,
                   int ring_fd)
{
    struct job *job = calloc(1, sizeof(*job));
    int r;

    if (!job)
        return -ENOMEM;
    list_init(&job->link);
    list_init(&job->readers);
    job->gate = gate;
    job->spool = -1;
    memcpy(job->id, told->id, sizeof(job->id));
    memcpy(job->fingerprint, told->fingerprint, sizeof(job->fingerprint));
    job->verb = told->verb;
    job->state = told->state;
    job->started_ms = told->started_ms;
    job->ended_ms = told->ended_ms;
    memcpy(job->user, told->user, sizeof(job->user));
    job->operator_name = strdup(told->operator_name);
    job->label = strdup(told->label);
    if (!job->operator_name || !job->label)
        r = -ENOMEM;
    else if (ring_fd < 0)
        r = ring_new_apart(&job->ring, (struct slice){0}, false);
    else
        r = ring_map(&job->ring, ring_fd);
    if (r) {
        job_free(job);
        return r;
    }
    *job_out = job;
    return 0;
}

int jobs_add(struct jobs *jobs, struct gate *gate, const struct door_job *told,
             struct job_descriptors *fds)
{
    _cleanup_close_ int input = steal_fd(&fds->input);
    _cleanup_close_ int terminal = steal_fd(&fds->terminal);
    struct job **bucket = jobs_bucket(jobs, told->id);
    struct job *job;
    int r;

    if (jobs_find(jobs, told->id))
        return -EEXIST;
    r = job_new(&job, gate, told, fds->ring);
    if (r)
        return r;
    if (input >= 0 && told->verb == VERB_GET)
        r = parcel_new(&job->parcel, job, steal_fd(&input), fds->belt);
    else if (input >= 0)
        r = input_new(&job->input, job, steal_fd(&input), terminal >= 0 ? -1 : fds->belt);
    if (!r && terminal >= 0)
        r = tty_new(&job->tty, job, steal_fd(&terminal), fds->belt);
    if (r) {
        job_free(job);
        return r;
    }
    job->next = *bucket;
    *bucket = job;
    list_append(&jobs->all, &job->link);
    return 0;
}

uint64_t job_head(const struct job *job)
{
    return job->tty ? tty_head(job->tty) : ring_head(job->ring);
}

/* Whoever reads goes on there. */
static void job_change_ring(struct job *job, struct ring *ring)
{
    struct ring *before = job->ring;

    job->ring = ring;
    outlet_change_ring(job);
    ring_free(before);
    outlet_resume_all(job);
}

int job_set_ring(struct job *job, int ring, uint32_t number)
{
    struct ring *mapped = NULL;
    int r = 0;

    if (ring >= 0)
        r = ring_map(&mapped, ring);
    else
        mapped = rings_take(&job->gate->jobs, number);
    if (!mapped)
        return r ? r : -ENOENT;
    ring_set_number(mapped, number);
    job_change_ring(job, mapped);
    return 0;
}

int job_set_output(struct job *job, struct slice output)
{
    struct ring *ring;
    int r = ring_new_apart(&ring, output, true);

    if (!r)
        job_change_ring(job, ring);
    return r;
}

void job_set_spool(struct job *job, int spool, uint64_t capacity)
{
    if (job->spool >= 0)
        close(job->spool);
    job->spool = spool;
    job->spool_capacity = capacity;
    outlet_resume_all(job);
}

void job_set_state(struct job *job, struct job_state state, uint64_t ended_ms)
{
    job->state = state;
    if (ended_ms)
        job->ended_ms = ended_ms;
    if (state_is_ended(state.state) && job->input)
        input_close(job);
    if (state_is_ended(state.state) && job->parcel)
        parcel_end(job);
    if (state_is_ended(state.state))
        job->tty = tty_free(job->tty);
    /* The last frame may have come without a word of its own. */
    outlet_resume_all(job);
    rings_give_back(job);
}

void jobs_forget(struct jobs *jobs, struct job *job)
{
    struct job **at = jobs_bucket(jobs, job->id);

    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    list_remove(&job->link);
    job->forgotten = true;
    if (job->input)
        input_close(job);
    outlet_resume_all(job);
    job_release(job);
}

void job_release(struct job *job)
{
    if (job->forgotten && list_is_empty(&job->readers))
        job_free(job);
}

void jobs_deinit(struct jobs *jobs)
{
    struct job *job;

    list_for_each (&jobs->all, struct job, link, job)
        job_free(job);
    rings_drop_all(jobs);
    free(jobs->buckets);
    jobs->buckets = NULL;
}

/* Not told while somebody reads: then it waits for that console, as every job does. */
static const char *job_waits(const struct job *job)
{
    bool unread = list_is_empty(&job->readers) && !state_is_ended(job->state.state);

    return unread ? waits_name(ring_waits(job->ring)) : NULL;
}

/* Sets a member; takes `value` over. A NULL value fails. */
static int member(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value);
}

json_t *job_to_json(const struct job *job)
{
    const struct verb_info *verb = verb_info(job->verb);
    const char *state = state_name(job->state.state);
    const char *waits = job_waits(job);
    char id[UUID_TEXT_SIZE];
    json_t *object;
    int r = 0;

    uuid_format(job->id, id);
    object = json_pack("{s:s, s:s, s:s, s:I}", "id", id, "verb", verb ? verb->name : "unknown",
                       "state", state ? state : "unknown", "detail", (json_int_t)job->state.detail);
    if (!object)
        return NULL;
    if (waits)
        r |= member(object, "waits", json_string(waits));
    if (job->user[0])
        r |= member(object, "user", json_foreign(job->user));
    if (job->operator_name[0])
        r |= member(object, "operator", json_foreign(job->operator_name));
    if (job->label[0])
        r |= member(object, "label", json_foreign(job->label));
    if (job->started_ms)
        r |= member(object, "started_ms", json_integer((json_int_t)job->started_ms));
    if (job->ended_ms)
        r |= member(object, "ended_ms", json_integer((json_int_t)job->ended_ms));
    r |= member(object, "first", json_integer((json_int_t)ring_start(job->ring)));
    r |= member(object, "output", json_integer((json_int_t)job_head(job)));
    r |= member(object, "input", json_integer((json_int_t)ring_writer_input(job->ring)));
    if (ring_writer(job->ring))
        r |= member(object, "writer", json_integer((json_int_t)ring_writer(job->ring)));
    if (r) {
        json_decref(object);
        return NULL;
    }
    return object;
}
