/* See brake.h. */
#include "fleet/run/brake.h"

enum {
    AT_WORK = 8,         /* keep our one thread busy, and what is on its way in the caches */
    TICK_MS = 8,         /* in which */
    TICK_FAST = 1 << 20, /* so many bytes are fast: more than a gigabit a second brings */
    FAST_MS = 50,        /* and it counts for so long */
    LET_MS = 4,          /* one in so long begins whatever comes in */
    AT_START = 16,       /* nobody knows yet whether much will come in: */
    RAMP_MS = 50,        /* twice as many after each of these, */
    RAMP_STEPS = 7,      /* of which there are so many */
};

void brake_begin(struct brake *brake, uint64_t now_ms)
{
    *brake = (struct brake){.ramp_ms = now_ms};
}

void brake_hear(struct brake *brake, size_t size, uint64_t now_ms)
{
    if (brake->tick != now_ms / TICK_MS) {
        brake->tick = now_ms / TICK_MS;
        brake->heard = 0;
    }
    brake->heard += size;
    if (brake->heard < TICK_FAST)
        return;
    brake->fast_ms = now_ms;
    brake->ramp_ms = now_ms + FAST_MS;
    brake->ended = 0;
}

static bool is_fast(const struct brake *brake, uint64_t now_ms)
{
    return brake->fast_ms != 0 && now_ms < brake->fast_ms + FAST_MS;
}

uint32_t brake_at_work(const struct brake *brake, uint64_t now_ms)
{
    uint64_t step = (now_ms - brake->ramp_ms) / RAMP_MS;

    if (is_fast(brake, now_ms))
        return AT_WORK;
    return step < RAMP_STEPS ? ((uint32_t)AT_START << step) + brake->ended : UINT32_MAX;
}

void brake_ended(struct brake *brake, uint64_t now_ms)
{
    brake->ended += !is_fast(brake, now_ms);
}

bool brake_lets_one(struct brake *brake, uint64_t now_ms)
{
    if (!is_fast(brake, now_ms) || now_ms < brake->let_ms + LET_MS)
        return false;
    brake->let_ms = now_ms;
    return true;
}

uint64_t brake_until(const struct brake *brake, uint64_t now_ms)
{
    uint64_t step = (now_ms - brake->ramp_ms) / RAMP_MS;
    uint64_t let_ms = brake->let_ms + LET_MS;

    if (is_fast(brake, now_ms))
        return let_ms > now_ms ? let_ms : now_ms + 1;
    return step < RAMP_STEPS ? brake->ramp_ms + (step + 1) * RAMP_MS : 0;
}
