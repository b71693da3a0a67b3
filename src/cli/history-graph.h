/* The past of a machine as a graph: what `hune history` prints and `hune top` shows. */
#pragma once

#include "cli/canvas.h"
#include "fleet/watch/vitals.h"

/* Spreads one column's `values` (history->mean, ->min or ->max) over `wanted` equal parts of the
 * time from since_ms to until_ms; parts without rows are NAN. */
void history_resample(const struct vitals_history *history, const double *values, size_t column,
                      float *out, size_t wanted);
/* The least, greatest and mean value of a column (of its rows' min, max and mean) and the newest
 * one; NAN without rows. */
struct history_span {
    double least, mean, greatest, newest;
};
void history_span(const struct vitals_history *history, size_t column,
                  struct history_span *span_out);

enum { GRAPH_GUTTER = 7 }; /* columns of the scale at the left */

/* A graph in the canvas's rows from `row` on: a heading, `height` rows with the scale beside them.
 * `values` has 2 * (columns - GRAPH_GUTTER) elements. `high` is the top of the scale, NAN: a round
 * number above the largest value. Returns the rows that it took. */
struct graph {
    const char *title; /* printable */
    const float *values;
    enum vital_unit unit;
    double high;
    int height;
};
int graph_draw(struct canvas *canvas, int row, int columns, const struct graph *graph);
/* The line below: times from left to right, as the clock here shows them. */
void graph_axis(struct canvas *canvas, int row, int columns, uint64_t since_ms, uint64_t until_ms);
