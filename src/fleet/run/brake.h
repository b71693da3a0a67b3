/* How fast further machines begin while much comes in from those that have: arithmetic alone.
 *
 * Long answers that come all at once fill sockets, rings and caches on both sides, and then each
 * byte costs more. So while bytes come in fast, only a few machines are at work at a time; but each
 * waits a little at most, since some are never done. And as nobody knows at the start, it begins
 * with these few, and soon with all. Answers that are short never hold up anybody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct brake {
    uint64_t ramp_ms; /* when it begins with few, at the start or after bytes came in fast */
    uint32_t ended;   /* since then */
    uint64_t let_ms;  /* when one was last let go beyond the few */
    uint64_t tick;    /* the one at hand, */
    uint64_t heard;   /* and the bytes that came in it */
    uint64_t fast_ms; /* when they last came in fast; 0: never */
};

/* The first machine begins. Times are of one monotonic clock, which does not begin at 0. */
void brake_begin(struct brake *brake, uint64_t now_ms);
/* `size` bytes came. */
void brake_hear(struct brake *brake, size_t size, uint64_t now_ms);
/* A machine is done. */
void brake_ended(struct brake *brake, uint64_t now_ms);
/* How many machines may be at work; UINT32_MAX: as many as there are. */
uint32_t brake_at_work(const struct brake *brake, uint64_t now_ms);
/* Whether one more may begin beyond those, which is then let go. */
bool brake_lets_one(struct brake *brake, uint64_t now_ms);
/* When to ask both again though nothing happens; 0: never. */
uint64_t brake_until(const struct brake *brake, uint64_t now_ms);
