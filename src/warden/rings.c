/* See rings.h. */
#include "warden/rings.h"

#include <string.h>

#include "proto/limits.h"

enum {
    RINGS_REST_MS = 2000,
    RINGS_READY_BYTES = 64 << 20,
    /* More jobs than these keep their rings when they end, as without a gate that gives them back:
     * what nobody reads must not hold a mapping and a descriptor for each. */
    RINGS_LENT_MAX = 256,
};

static void ready_remove(struct rings *rings, size_t at)
{
    rings->ready_bytes -= ring_filled(rings->ready[at].ring);
    rings->ready_count--;
    memmove(&rings->ready[at], &rings->ready[at + 1],
            (rings->ready_count - at) * sizeof(rings->ready[0]));
}

void rings_rest(struct rings *rings)
{
    while (rings->ready_count > 0) {
        struct ring *ring = rings->ready[rings->ready_count - 1].ring;

        ready_remove(rings, rings->ready_count - 1);
        rings->on_gone(ring_number(ring), rings->user);
        ring_free(ring);
    }
    loop_timer_stop(&rings->rest);
}

static void on_rest(struct loop_timer *timer)
{
    struct rings *rings = container_of(timer, struct rings, rest);

    if (!rings->used) {
        rings_rest(rings);
        return;
    }
    rings->used = false;
    loop_timer_start(rings->loop, &rings->rest, RINGS_REST_MS);
}

void rings_init(struct rings *rings, struct loop *loop,
                void (*on_gone)(uint32_t number, void *user), void *user)
{
    *rings = (struct rings){.loop = loop, .on_gone = on_gone, .user = user};
    loop_timer_init(&rings->rest, on_rest);
}

void rings_open(struct rings *rings)
{
    rings->open = true;
}

void rings_close(struct rings *rings)
{
    rings_rest(rings);
    rings->open = false;
    rings->lent = 0;
}

static uint32_t number_next(struct rings *rings)
{
    if (!rings->open || rings->lent >= RINGS_LENT_MAX)
        return 0;
    if (++rings->last_number == 0)
        rings->last_number = 1;
    return rings->last_number;
}

int rings_take(struct rings *rings, const uint8_t fingerprint[FINGERPRINT_SIZE],
               struct ring **ring_out, bool *mapped_out)
{
    size_t at = rings->ready_count;
    int r;

    rings->used = true;
    while (at > 0 && memcmp(rings->ready[at - 1].fingerprint, fingerprint, FINGERPRINT_SIZE) != 0)
        at--;
    *mapped_out = at > 0;
    if (at > 0) {
        *ring_out = rings->ready[at - 1].ring;
        ready_remove(rings, at - 1);
        ring_renew(*ring_out);
    } else {
        r = ring_new(ring_out, LIMIT_RING);
        if (r)
            return r;
        ring_set_number(*ring_out, number_next(rings));
    }
    rings->lent += ring_number(*ring_out) != 0;
    return 0;
}

void rings_put(struct rings *rings, struct ring *ring, const uint8_t fingerprint[FINGERPRINT_SIZE])
{
    struct ready_ring *ready = &rings->ready[rings->ready_count];

    rings->lent--;
    if (rings->ready_count == RINGS_READY_MAX ||
        rings->ready_bytes + ring_filled(ring) > RINGS_READY_BYTES) {
        rings->on_gone(ring_number(ring), rings->user);
        ring_free(ring);
        return;
    }
    ready->ring = ring;
    memcpy(ready->fingerprint, fingerprint, FINGERPRINT_SIZE);
    rings->ready_count++;
    rings->ready_bytes += ring_filled(ring);
    rings->used = true;
    if (list_is_empty(&rings->rest.link))
        loop_timer_start(rings->loop, &rings->rest, RINGS_REST_MS);
}

struct ring *rings_drop(struct rings *rings, struct ring *ring)
{
    if (ring && ring_number(ring) != 0)
        rings->lent--;
    return ring_free(ring);
}
