/* Sizes, times and moments as a person reads them. */
#pragma once

#include <stdint.h>

enum { AMOUNT_TEXT = 32 };

/* "15.6 MiB" */
const char *amount_size(uint64_t bytes, char text_out[AMOUNT_TEXT]);
/* "0.4 s", "12 s", "3 min 5 s", "2 h 10 min", "3 d 4 h" */
const char *amount_duration(uint64_t ms, char text_out[AMOUNT_TEXT]);
/* Wall clock, local time: "14:02:11" for today, else "2026-11-24 14:02:11". */
const char *amount_moment(uint64_t wall_ms, char text_out[AMOUNT_TEXT]);
