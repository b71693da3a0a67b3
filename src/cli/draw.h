/* Bars, sparklines and graphs made of characters: eighth blocks and braille, or ASCII where the
 * terminal knows no UTF-8. Pure functions that append text; colours are the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* A bar of `width` columns, `share` (0 to 1, clamped) of it filled to an eighth of a column; the
 * rest is blank. NAN: blank. Returns 0 or -ENOMEM. */
int draw_bar(struct buffer *out, double share, size_t width, bool ascii);
/* The newest `width` of `count` values, oldest first, one column each, aligned right: the lowest
 * block is `low` and below, a full one `high` and above. NAN is a blank: a gap, not a zero. Returns
 * 0 or -ENOMEM. */
int draw_spark(struct buffer *out, const float *values, size_t count, double low, double high,
               size_t width, bool ascii);

/* One row of a graph: `row` of `rows`, from 0 at the top. A column holds two values side by side
 * and a row four levels; values[0] is the leftmost, 2 * width of them. With `filled` everything
 * below the line is set too. The ASCII graph uses every second value. Returns 0 or -ENOMEM. */
struct draw_graph {
    const float *values; /* NAN: a gap */
    size_t width;        /* in columns */
    size_t rows;
    double low, high;
    bool filled;
    bool ascii;
};
int draw_graph_row(struct buffer *out, const struct draw_graph *graph, size_t row);

/* Resamples to `wanted` values, the mean of what falls on each; NAN where nothing does. With fewer
 * values than wanted each is repeated. */
void draw_resample(const double *values, size_t count, float *out, size_t wanted);
/* The next round number up (1, 2, 5 and powers of ten; of 1024 with `binary`): the top of a
 * graph's scale. */
double draw_ceiling(double value, bool binary);
