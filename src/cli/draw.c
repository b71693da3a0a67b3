/* See draw.h. */
#include "cli/draw.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/cursor.h"

enum { EIGHTHS = 8, DOTS_HIGH = 4 };

static const char *const left_blocks[EIGHTHS + 1] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
static const char *const low_blocks[EIGHTHS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char ascii_levels[] = "_.-=*#";

static double clamp(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static int append_times(struct buffer *out, const char *text, size_t times)
{
    int error = 0;

    while (times-- > 0 && !error)
        error = buffer_append_text(out, text);
    return error;
}

int draw_bar(struct buffer *out, double share, size_t width, bool ascii)
{
    size_t eighths, full, part;
    int error;

    if (isnan(share) || width == 0)
        return append_times(out, " ", width);
    eighths = (size_t)(clamp(share) * (double)(width * EIGHTHS) + 0.5);
    /* A little is not nothing. */
    if (eighths == 0 && share > 0)
        eighths = 1;
    full = eighths / EIGHTHS;
    part = eighths % EIGHTHS;
    if (ascii) {
        full += part >= EIGHTHS / 2 || (full == 0 && part > 0);
        error = append_times(out, "#", full);
        return error ? error : append_times(out, " ", width - full);
    }
    error = append_times(out, left_blocks[EIGHTHS], full);
    if (!error && part > 0)
        error = buffer_append_text(out, left_blocks[part]);
    return error ? error : append_times(out, " ", width - full - (part > 0));
}

/* 0 to levels - 1. */
static size_t level_of(double value, double low, double high, size_t levels)
{
    double share = high > low ? clamp((value - low) / (high - low)) : 0;

    return (size_t)(share * (double)(levels - 1) + 0.5);
}

int draw_spark(struct buffer *out, const float *values, size_t count, double low, double high,
               size_t width, bool ascii)
{
    size_t shown = count < width ? count : width;
    int error = append_times(out, " ", width - shown);

    for (size_t i = count - shown; i < count && !error; i++) {
        double value = (double)values[i];

        if (isnan(value)) {
            error = buffer_append_text(out, " ");
        } else if (ascii) {
            size_t level = level_of(value, low, high, sizeof(ascii_levels) - 1);

            error = buffer_append(out, &ascii_levels[level], 1);
        } else {
            error = buffer_append_text(out, low_blocks[level_of(value, low, high, EIGHTHS)]);
        }
    }
    return error;
}

/* The dots of one value in this row, from the top: bit n is dot n. */
static unsigned dots_of(const struct draw_graph *graph, double value, size_t row)
{
    size_t levels = graph->rows * DOTS_HIGH;
    size_t bottom = (graph->rows - 1 - row) * DOTS_HIGH; /* the level of the row's lowest dot */
    unsigned dots = 0;
    size_t level;

    if (isnan(value))
        return 0;
    level = level_of(value, graph->low, graph->high, levels);
    for (size_t dot = 0; dot < DOTS_HIGH; dot++) {
        size_t at = bottom + DOTS_HIGH - 1 - dot;

        if (at == level || (graph->filled && at < level))
            dots |= 1u << dot;
    }
    return dots;
}

/* U+2800 and eight bits: dots 1, 2, 3, 7 are the left column, 4, 5, 6, 8 the right one. */
static int append_braille(struct buffer *out, unsigned left, unsigned right)
{
    unsigned bits = (left & 7) | (right & 7) << 3 | (left & 8) << 3 | (right & 8) << 4;
    uint8_t bytes[3] = {0xe2, (uint8_t)(0xa0 | bits >> 6), (uint8_t)(0x80 | (bits & 0x3f))};

    return bits ? buffer_append(out, bytes, sizeof(bytes)) : buffer_append_text(out, " ");
}

static int append_ascii(struct buffer *out, const struct draw_graph *graph, double value,
                        size_t row)
{
    size_t level;

    if (isnan(value))
        return buffer_append_text(out, " ");
    level = level_of(value, graph->low, graph->high, graph->rows);
    if (level == graph->rows - 1 - row)
        return buffer_append_text(out, "*");
    return buffer_append_text(out, graph->filled && level > graph->rows - 1 - row ? ":" : " ");
}

int draw_graph_row(struct buffer *out, const struct draw_graph *graph, size_t row)
{
    int error = 0;

    for (size_t i = 0; i < graph->width && !error; i++) {
        double left = (double)graph->values[2 * i], right = (double)graph->values[2 * i + 1];

        error = graph->ascii
                    ? append_ascii(out, graph, isnan(left) ? right : left, row)
                    : append_braille(out, dots_of(graph, left, row), dots_of(graph, right, row));
    }
    return error;
}

void draw_resample(const double *values, size_t count, float *out, size_t wanted)
{
    for (size_t i = 0; i < wanted; i++) {
        size_t from = i * count / wanted, to = (i + 1) * count / wanted;
        double sum = 0;
        size_t known = 0;

        if (to == from && count > 0)
            to = from + 1;
        for (size_t at = from; at < to; at++) {
            if (!isnan(values[at])) {
                sum += values[at];
                known++;
            }
        }
        out[i] = known > 0 ? (float)(sum / (double)known) : NAN;
    }
}

double draw_ceiling(double value, bool binary)
{
    static const double steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
    double unit = 1;
    double base = binary ? 1024 : 1000;

    if (!(value > 1) || value > 1e24)
        return 1;
    while (value > unit * base)
        unit *= base;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (value <= steps[i] * unit)
            return steps[i] * unit;
    }
    return unit * base;
}
