/* See history-graph.h. */
#include "cli/history-graph.h"

#include <math.h>
#include <time.h>

#include "cli/draw.h"
#include "fleet/home/figure.h"

void history_resample(const struct vitals_history *history, const double *values, size_t column,
                      float *out, size_t wanted)
{
    double span = (double)(history->until_ms - history->since_ms);
    size_t row = 0;

    for (size_t i = 0; i < wanted; i++) {
        double from = (double)history->since_ms + span * (double)i / (double)wanted;
        double to = (double)history->since_ms + span * (double)(i + 1) / (double)wanted;
        double sum = 0, known = 0;

        while (row < history->row_count &&
               (double)history->row_ms[row] + (double)history->step_ms <= from)
            row++;
        for (size_t at = row; at < history->row_count && (double)history->row_ms[at] < to; at++) {
            double value = values[at * history->column_count + column];

            if (!isnan(value)) {
                sum += value;
                known++;
            }
        }
        out[i] = known > 0 ? (float)(sum / known) : NAN;
    }
}

void history_span(const struct vitals_history *history, size_t column,
                  struct history_span *span_out)
{
    struct history_span span = {NAN, NAN, NAN, NAN};
    double sum = 0, known = 0;

    for (size_t row = 0; row < history->row_count; row++) {
        size_t at = row * history->column_count + column;

        if (isnan(history->mean[at]))
            continue;
        span.least = fmin(span.least, fmin(history->min[at], history->mean[at]));
        span.greatest = fmax(span.greatest, fmax(history->max[at], history->mean[at]));
        span.newest = history->mean[at];
        sum += history->mean[at];
        known++;
    }
    if (known > 0)
        span.mean = sum / known;
    *span_out = span;
}

static double top_of_scale(const struct graph *graph, size_t count)
{
    double most = 0;

    if (!isnan(graph->high))
        return graph->high;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, (double)graph->values[i]);
    return draw_ceiling(most, graph->unit == VITAL_UNIT_BYTES ||
                                  graph->unit == VITAL_UNIT_BYTES_PER_SECOND);
}

int graph_draw(struct canvas *canvas, int row, int columns, const struct graph *graph)
{
    int width = columns - GRAPH_GUTTER;
    struct draw_graph drawn = {.values = graph->values,
                               .width = width > 0 ? (size_t)width : 0,
                               .rows = (size_t)graph->height,
                               .filled = true,
                               .ascii = canvas->ascii};
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    char figure[FIGURE_SHORT_SIZE];

    canvas_text(canvas, row, 0, columns, STYLE_BOLD, graph->title);
    if (width < 1)
        return 1;
    drawn.high = top_of_scale(graph, 2 * drawn.width);
    for (int i = 0; i < graph->height; i++) {
        /* The scale stands beside the first, the middle and the last row. */
        bool labelled = i == 0 || i == graph->height - 1 ||
                        (graph->height >= 5 && i == graph->height / 2);

        if (labelled) {
            double share = graph->height > 1 ? 1 - (double)i / (double)(graph->height - 1) : 1;

            figure_short(drawn.high * share, graph->unit, figure);
            canvas_right(canvas, row + 1 + i, 0, FIGURE_SHORT, STYLE_DIM, figure);
        }
        if (draw_graph_row(&text, &drawn, (size_t)i) < 0)
            break;
        canvas_drawn(canvas, row + 1 + i, GRAPH_GUTTER, width, STYLE_ACCENT, &text);
    }
    return graph->height + 1;
}

void graph_axis(struct canvas *canvas, int row, int columns, uint64_t since_ms, uint64_t until_ms)
{
    enum { LABEL = 5, APART = 14 };
    int width = columns - GRAPH_GUTTER;
    int labels = width / APART + 1;
    bool in_days = until_ms - since_ms > 3 * 86400000ull;

    for (int i = 0; i < labels && width >= LABEL; i++) {
        int at = labels > 1 ? (width - LABEL) * i / (labels - 1) : width - LABEL;
        double share = (double)(at + (i ? LABEL / 2 : 0)) / (double)width;
        time_t when = (time_t)(((double)since_ms +
                                (double)(until_ms - since_ms) * (i == labels - 1 ? 1 : share)) /
                               1000);
        struct tm local;
        char text[16];

        if (!localtime_r(&when, &local) ||
            strftime(text, sizeof(text), in_days ? "%d.%m" : "%H:%M", &local) == 0)
            continue;
        canvas_text(canvas, row, GRAPH_GUTTER + at, LABEL, STYLE_DIM, text);
    }
}
