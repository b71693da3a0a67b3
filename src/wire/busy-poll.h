/* Waits awake for what a loop brings next, when that is expected within less time than a sleeping
 * processor takes to wake: the answer to a key.
 *
 * It waits for anything on the loop, and never when the loop has work left; it rests as long as it
 * waited, so that at least half of the time is the loop's; and it yields the processor to whoever
 * may need it for the answer. Where nothing comes in time it soon gives up, and tries again seldom:
 * after n such times in a row it lets the next 2^n pass. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct busy_poll {
    uv_loop_t *loop;
    uint64_t limit_ns;
    uint64_t rests_until_ns;
    unsigned misses; /* in a row */
    unsigned pass;   /* how many more are let pass */
};

/* Waits of `limit_ns` at most, on `loop`, which must outlive it. Holds nothing. */
void busy_poll_init(struct busy_poll *busy, uv_loop_t *loop, uint64_t limit_ns);
/* True when the loop has something to do: it came, or was there before. */
bool busy_poll_wait(struct busy_poll *busy);
