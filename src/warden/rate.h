/* A token bucket: so many a minute, and a burst above that. Time is passed in. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rate {
    uint64_t allowance;
    uint64_t counted_ms; /* when the allowance was last topped up; 0: never, the bucket is full */
};

/* Takes one, or returns false when there is none left. */
bool rate_take(struct rate *rate, uint64_t per_minute, uint64_t burst, uint64_t now_ms);
