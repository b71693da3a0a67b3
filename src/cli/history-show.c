/* The history of a machine as graphs, CSV and JSON Lines. */
#include "cli/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/history-graph.h"
#include "cli/when.h"
#include "fleet/home/figure.h"

enum { GRAPH_ROWS = 5, WIDEST = 200 }; /* an odd number has a middle */

/* Where a wanted column is in the answer; -1 if the machine does not keep it. */
static long find_column(const struct vitals_history *history, const struct vital_column *wanted)
{
    for (size_t i = 0; i < history->column_count; i++) {
        const struct vital_column *column = &history->columns[i];

        if (column->vital == wanted->vital && column->labelled == wanted->labelled &&
            strcmp(column->thing, wanted->thing) == 0)
            return (long)i;
    }
    return -1;
}

/* The column's name with its NUL, made safe; "" without memory. */
static const char *column_name(const struct vital_column *column, struct buffer *out)
{
    _cleanup_buffer_ struct buffer raw = BUFFER_INIT;
    const char *text;

    buffer_clear(out);
    if (vital_column_append(column, &raw) < 0 ||
        text_append_printable_line(out, buffer_bytes(&raw), buffer_length(&raw)) < 0)
        return "";
    text = buffer_text(out);
    return text ? text : "";
}

static void mention_missing(struct console *console, const char *machine,
                            const struct vital_column *column)
{
    _cleanup_buffer_ struct buffer name = BUFFER_INIT;

    complain_say(&console->error, NULL, _("%s does not remember %s."), machine,
                 column_name(column, &name));
}

/* ---- graphs ---- */

static void append_figure(struct buffer *out, const char *title, double value, enum vital_unit unit)
{
    buffer_printf(out, "  %s ", title);
    figure_append(out, value, unit);
}

static int title_of(const struct vital_column *column, const struct history_span *span,
                    struct buffer *out)
{
    const struct vital_info *info = vital_info(column->vital);
    _cleanup_buffer_ struct buffer name = BUFFER_INIT;

    buffer_printf(out, "%s:", column_name(column, &name));
    append_figure(out, _("last"), span->newest, info->unit);
    append_figure(out, _("least"), span->least, info->unit);
    append_figure(out, _("mean"), span->mean, info->unit);
    append_figure(out, _("most"), span->greatest, info->unit);
    return buffer_text(out) ? 0 : -1;
}

static void print_canvas(struct output *out, const struct canvas *canvas, int rows)
{
    for (int row = 0; row < rows; row++) {
        _cleanup_buffer_ struct buffer line = BUFFER_INIT;
        enum style style = canvas->cells[row * canvas->columns].style;

        if (canvas_row(canvas, row, &line) < 0 || !buffer_text(&line))
            return;
        if (style == STYLE_BOLD)
            output_coloured(out, COLOUR_BOLD, buffer_text(&line));
        else
            output_print(out, "%s", buffer_text(&line));
        output_print(out, "\n");
    }
}

static void draw_column(struct console *console, const struct vitals_history *history,
                        size_t column, int width, bool is_last)
{
    _cleanup_canvas_ struct canvas canvas = {0};
    _cleanup_buffer_ struct buffer title = BUFFER_INIT;
    float values[2 * WIDEST];
    enum vital_unit unit = vital_info(history->columns[column].vital)->unit;
    struct graph graph = {.values = values,
                          .unit = unit,
                          .high = unit == VITAL_UNIT_PERCENT ? 100 : NAN,
                          .height = GRAPH_ROWS};
    struct history_span span;
    int rows;

    history_span(history, column, &span);
    history_resample(history, history->mean, column, values, 2 * (size_t)(width - GRAPH_GUTTER));
    if (canvas_resize(&canvas, GRAPH_ROWS + 3, width) < 0 ||
        title_of(&history->columns[column], &span, &title) < 0)
        return;
    graph.title = buffer_text(&title);
    rows = graph_draw(&canvas, 0, width, &graph);
    if (is_last)
        graph_axis(&canvas, rows++, width, history->since_ms, history->until_ms);
    print_canvas(&console->out, &canvas, rows);
}

void history_draw(struct console *console, const char *machine,
                  const struct vitals_history *history, const struct history_wanted *wanted)
{
    int width = (int)console->out.width;
    char since[WHEN_SIZE], until[WHEN_SIZE];
    size_t last = 0; /* the axis stands below it */

    for (size_t i = 0; i < wanted->count; i++)
        last = find_column(history, &wanted->columns[i]) >= 0 ? i : last;
    width = width > WIDEST ? WIDEST : width < 20 ? 20 : width;
    when_format(history->since_ms, since);
    when_format(history->until_ms, until);
    output_safe(&console->out, machine);
    output_print(&console->out, _(": %s to %s, a step is "), since, until);
    for (size_t i = 0; i < wanted->count; i++) {
        long column = find_column(history, &wanted->columns[i]);

        if (i == 0) {
            _cleanup_buffer_ struct buffer step = BUFFER_INIT;

            figure_append_span(&step, (double)history->step_ms / 1000);
            output_print(&console->out, "%s\n", buffer_text(&step));
        }
        if (column >= 0)
            draw_column(console, history, (size_t)column, width, i == last);
        else
            mention_missing(console, machine, &wanted->columns[i]);
    }
}

/* ---- CSV ---- */

/* A cell that anything may stand in: quoted, quotes doubled. */
static void csv_text(struct output *out, const char *text, const char *behind)
{
    output_print(out, "\"");
    for (; *text; text++) {
        if (*text == '"')
            output_print(out, "\"");
        output_bytes(out, text, 1);
    }
    output_print(out, "%s\"", behind);
}

static void csv_number(struct output *out, double value)
{
    if (isfinite(value))
        output_print(out, ",%.10g", value);
    else
        output_print(out, ",");
}

void history_csv(struct console *console, const struct vitals_history *history,
                 const struct history_wanted *wanted)
{
    struct output *out = &console->out;
    static const char *const kinds[] = {"", " min", " max"};
    long columns[HISTORY_COLUMNS_MAX];
    char when[WHEN_SIZE];

    output_print(out, "time");
    for (size_t i = 0; i < wanted->count; i++) {
        _cleanup_buffer_ struct buffer name = BUFFER_INIT;

        columns[i] = find_column(history, &wanted->columns[i]);
        for (size_t k = 0; k < ELEMENTS_OF(kinds); k++) {
            output_print(out, ",");
            csv_text(out, column_name(&wanted->columns[i], &name), kinds[k]);
        }
    }
    output_print(out, "\n");
    for (size_t row = 0; row < history->row_count && !out->closed; row++) {
        when_format_utc(history->row_ms[row], when);
        output_print(out, "%s", when);
        for (size_t i = 0; i < wanted->count; i++) {
            size_t at = row * history->column_count + (size_t)(columns[i] < 0 ? 0 : columns[i]);

            csv_number(out, columns[i] < 0 ? NAN : history->mean[at]);
            csv_number(out, columns[i] < 0 ? NAN : history->min[at]);
            csv_number(out, columns[i] < 0 ? NAN : history->max[at]);
        }
        output_print(out, "\n");
    }
}

/* ---- JSON ---- */

static void json_triple(struct output *out, const char *name, const struct vitals_history *history,
                        size_t at, bool is_first)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (text_append_json(&text, name, strlen(name)) < 0 || !buffer_text(&text))
        return;
    output_print(out, "%s%s:{\"mean\":%.10g,\"min\":%.10g,\"max\":%.10g}", is_first ? "" : ",",
                 buffer_text(&text), history->mean[at], history->min[at], history->max[at]);
}

void history_json(struct console *console, const char *machine,
                  const struct vitals_history *history, const struct history_wanted *wanted)
{
    struct output *out = &console->out;

    for (size_t row = 0; row < history->row_count && !out->closed; row++) {
        _cleanup_buffer_ struct buffer name = BUFFER_INIT;
        bool is_first = true;

        if (text_append_json(&name, machine, strlen(machine)) < 0 || !buffer_text(&name))
            return;
        output_print(out, "{\"machine\":%s,\"time_ms\":%llu,\"step_ms\":%llu,\"values\":{",
                     buffer_text(&name), (unsigned long long)history->row_ms[row],
                     (unsigned long long)history->step_ms);
        for (size_t i = 0; i < wanted->count; i++) {
            long column = find_column(history, &wanted->columns[i]);
            size_t at = row * history->column_count + (size_t)(column < 0 ? 0 : column);

            if (column < 0 || !isfinite(history->mean[at]))
                continue;
            json_triple(out, column_name(&wanted->columns[i], &name), history, at, is_first);
            is_first = false;
        }
        output_print(out, "}}\n");
    }
}
