/* The three clocks that Hune reads, each for one purpose. */
#pragma once

#include <stdint.h>

/* Milliseconds since the epoch; can be set by anyone who may set the clock. For people to read. */
uint64_t clock_wall_ms(void);
/* Milliseconds since boot, counting sleep (CLOCK_BOOTTIME); nobody can set it. For orders. */
uint64_t clock_boot_ms(void);
/* Nanoseconds that never go backwards (CLOCK_MONOTONIC). For intervals and time-outs. */
uint64_t clock_monotonic_ns(void);
static inline uint64_t clock_monotonic_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}
