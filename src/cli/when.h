/* Moments as people write and read them, in the time of this place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/home/fault.h"

enum { WHEN_SIZE = 32 };

/* "2026-11-25 14:00:05" */
void when_format(uint64_t wall_ms, char text_out[WHEN_SIZE]);
/* "2026-11-25T13:00:05Z": for files. */
void when_format_utc(uint64_t wall_ms, char text_out[WHEN_SIZE]);
/* Reads "24h" (so long before now), "14:00" (today), "2026-11-25", "2026-11-25 14:00[:05]", with a
 * T in place of the blank, or "now". False with the sentence in `fault`. */
bool when_parse(const char *text, uint64_t now_ms, uint64_t *wall_ms_out, struct fault *fault);
