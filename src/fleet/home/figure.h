/* Measured values as people read them: 1.2 GiB, 97 %, 3.4 MiB/s, 12d 4h. Both consoles write them
 * alike. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "proto/vitals.h"

enum {
    FIGURE_SHORT = 5, /* columns of a short figure */
    FIGURE_SHORT_SIZE = FIGURE_SHORT + 1,
};

/* Appends value and unit; "-" for NAN. Returns 0 or -ENOMEM. */
int figure_append(struct buffer *out, double value, enum vital_unit unit);
/* The same for a narrow column: at most FIGURE_SHORT ASCII characters, "1.2G", "97%", "3.4M",
 * "12d4h"; "-" for NAN. What has no room at all ends as "huge". */
void figure_short(double value, enum vital_unit unit, char text_out[FIGURE_SHORT_SIZE]);
/* A length of time: "35s", "12m 5s", "3h 7m", "12d 4h". Returns 0 or -ENOMEM. */
int figure_append_span(struct buffer *out, double seconds);
