/* The pages of one machine: overview, processes, the past. Each draws from the top of view->paper,
 * as long as it likes. */
#include <math.h>
#include <stdlib.h>

#include "cli/draw.h"
#include "cli/history-graph.h"
#include "cli/machine-parts.h"
#include "cli/table.h"
#include "fleet/home/i18n.h"

static double value(const struct machine_view *view, enum vital vital)
{
    return view->sample->value[vital];
}

/* ---- processes ---- */

static int compare_processes(const void *a, const void *b, void *user)
{
    const struct vitals_process *x = *(const struct vitals_process *const *)a;
    const struct vitals_process *y = *(const struct vitals_process *const *)b;
    const bool *by_memory = user;
    double cpu_x = isnan(x->cpu) ? -1 : x->cpu, cpu_y = isnan(y->cpu) ? -1 : y->cpu;

    if (*by_memory && x->memory != y->memory)
        return x->memory > y->memory ? -1 : 1;
    if (cpu_x != cpu_y)
        return cpu_x > cpu_y ? -1 : 1;
    if (x->memory != y->memory)
        return x->memory > y->memory ? -1 : 1;
    return x->pid < y->pid ? -1 : 1;
}

/* At most `most` of them, below a heading. */
static int draw_processes(struct machine_view *view, int row, size_t most)
{
    enum { ROOM = 256 };
    const struct vitals_process *sorted[ROOM];
    size_t count = view->sample->process_count < ROOM ? view->sample->process_count : ROOM;
    int columns = view->paper.columns;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &view->sample->processes[i];
    qsort_r(sorted, count, sizeof(sorted[0]), compare_processes, &view->by_memory);
    canvas_fill(&view->paper, row, 0, columns, STYLE_HEADING);
    canvas_text(&view->paper, row, 0, 7, STYLE_HEADING, _("    PID"));
    canvas_right(&view->paper, row, 8, 5, view->by_memory ? STYLE_HEADING : STYLE_SORTED, _("CPU"));
    canvas_right(&view->paper, row, 14, 5, view->by_memory ? STYLE_SORTED : STYLE_HEADING,
                 _("MEM"));
    canvas_text(&view->paper, row, 20, 1, STYLE_HEADING, "S");
    canvas_text(&view->paper, row, 22, 8, STYLE_HEADING, _("USER"));
    canvas_text(&view->paper, row++, 31, columns - 31, STYLE_HEADING, _("COMMAND"));
    for (size_t i = 0; i < count && i < most; i++, row++) {
        const struct vitals_process *process = sorted[i];
        char text[24];

        snprintf(text, sizeof(text), "%llu", (unsigned long long)process->pid);
        canvas_right(&view->paper, row, 0, 7, STYLE_DIM, text);
        part_figure(view, row, 8, 5, share_style(process->cpu, 50, 90), process->cpu,
                    VITAL_UNIT_PERCENT);
        part_figure(view, row, 14, 5, STYLE_PLAIN, (double)process->memory, VITAL_UNIT_BYTES);
        snprintf(text, sizeof(text), "%c", process->state ? process->state : ' ');
        canvas_text(&view->paper, row, 20, 1, STYLE_DIM, text);
        canvas_text(&view->paper, row, 22, 8, STYLE_PLAIN, process->user);
        canvas_text(&view->paper, row, 31, columns - 31, STYLE_PLAIN, process->command);
    }
    return row;
}

int page_processes(struct machine_view *view)
{
    return draw_processes(view, 0, SIZE_MAX);
}

/* ---- overview ---- */

/* Many cores: one block each, a row of them for every 64. */
static int draw_core_map(struct machine_view *view, int row)
{
    const struct vitals_series *cores = &view->sample->series[VITAL_LABEL_CORE];
    int wide = view->paper.columns - 6;
    size_t across = wide < 16 ? 16 : wide < 64 ? (size_t)wide / 8 * 8 : 64;

    for (size_t first = 0; first < cores->count; first += across, row++) {
        float busy[64];
        size_t count = cores->count - first < across ? cores->count - first : across;

        for (size_t i = 0; i < count; i++)
            busy[i] = (float)vitals_series_value(view->sample, VITAL_CPU_BUSY, first + i);
        canvas_textf(&view->paper, row, 0, 5, STYLE_DIM, "%4s", cores->things[first]);
        draw_spark(&view->scratch, busy, count, 0, 100, count, view->paper.ascii);
        canvas_drawn(&view->paper, row, 6, (int)count, STYLE_GOOD, &view->scratch);
    }
    return row;
}

static int draw_cores(struct machine_view *view, int row)
{
    enum { BAR_LEAST = 24, BARS_MAX = 32 };
    const struct vitals_series *cores = &view->sample->series[VITAL_LABEL_CORE];
    int across = view->paper.columns / BAR_LEAST;
    int lines, width;

    if (cores->count > BARS_MAX)
        return draw_core_map(view, row);
    across = across < 1 ? 1 : across > 4 ? 4 : across;
    lines = ((int)cores->count + across - 1) / across;
    width = view->paper.columns / across;
    for (size_t i = 0; i < cores->count; i++) {
        double busy = vitals_series_value(view->sample, VITAL_CPU_BUSY, i);
        char title[16];

        snprintf(title, sizeof(title), "%s", cores->things[i]);
        part_bar(view, row + (int)i % lines, (int)i / lines * width, width - (across > 1), title, 3,
                 busy, share_style(busy, 75, 90));
    }
    return row + lines;
}

static int draw_memory(struct machine_view *view, int row)
{
    enum { BAR_WIDEST = 100 };
    double used = vitals_percent(view->sample, VITAL_MEM_USED, VITAL_MEM_TOTAL);
    double swap = vitals_percent(view->sample, VITAL_SWAP_USED, VITAL_SWAP_TOTAL);
    int width = view->paper.columns < BAR_WIDEST ? view->paper.columns : BAR_WIDEST;

    part_bar(view, row++, 0, width, _("mem"), 5, used, share_style(used, 85, 95));
    part_append(view, _("used"), value(view, VITAL_MEM_USED), VITAL_UNIT_BYTES);
    part_append(view, _("of"), value(view, VITAL_MEM_TOTAL), VITAL_UNIT_BYTES);
    part_append(view, _("available"), value(view, VITAL_MEM_AVAILABLE), VITAL_UNIT_BYTES);
    part_append(view, _("cache"), value(view, VITAL_MEM_CACHE), VITAL_UNIT_BYTES);
    row = part_put_line(view, row);
    if (!isnan(swap))
        part_bar(view, row++, 0, width, _("swap"), 5, swap, share_style(swap, 50, 80));
    part_append(view, _("the container may use: processors"), value(view, VITAL_CPU_LIMIT),
                VITAL_UNIT_CORES);
    part_append(view, _("memory"), value(view, VITAL_MEM_LIMIT), VITAL_UNIT_BYTES);
    part_append(view, _("of it used"), value(view, VITAL_MEM_LIMIT_USED), VITAL_UNIT_BYTES);
    return part_put_line(view, row);
}

static int draw_shares(struct machine_view *view, int row)
{
    part_append(view, _("user"), value(view, VITAL_CPU_USER), VITAL_UNIT_PERCENT);
    part_append(view, _("system"), value(view, VITAL_CPU_SYSTEM), VITAL_UNIT_PERCENT);
    part_append(view, _("iowait"), value(view, VITAL_CPU_IOWAIT), VITAL_UNIT_PERCENT);
    part_append(view, _("steal"), value(view, VITAL_CPU_STEAL), VITAL_UNIT_PERCENT);
    row = part_put_line(view, row);
    part_append(view, _("pressure: cpu"), value(view, VITAL_PRESSURE_CPU), VITAL_UNIT_PERCENT);
    part_append(view, _("io"), value(view, VITAL_PRESSURE_IO), VITAL_UNIT_PERCENT);
    part_append(view, _("memory"), value(view, VITAL_PRESSURE_MEMORY), VITAL_UNIT_PERCENT);
    row = part_put_line(view, row);
    part_append(view, _("processes"), value(view, VITAL_PROC_COUNT), VITAL_UNIT_NUMBER);
    part_append(view, _("running"), value(view, VITAL_PROC_RUNNING), VITAL_UNIT_NUMBER);
    part_append(view, _("blocked"), value(view, VITAL_PROC_BLOCKED), VITAL_UNIT_NUMBER);
    part_append(view, _("users"), value(view, VITAL_USERS), VITAL_UNIT_NUMBER);
    part_append(view, _("temperature"), value(view, VITAL_TEMP), VITAL_UNIT_CELSIUS);
    return part_put_line(view, row);
}

int page_overview(struct machine_view *view)
{
    enum { PROCESSES_LEAST = 8, GRAPH_LEAST = 4, GRAPH_MOST = 9 };
    int row = draw_cores(view, 0), left, height;

    row = draw_memory(view, row);
    row = draw_shares(view, row);
    /* A high screen gets a higher graph and more processes. */
    left = view->height - row - 2;
    height = left / 3 < GRAPH_LEAST ? GRAPH_LEAST : left / 3 > GRAPH_MOST ? GRAPH_MOST : left / 3;
    row = part_live(view, row, _("Processors"), view->live_cpu, VITAL_UNIT_PERCENT, 100, height);
    left = view->height - row - 1;
    if (view->sample->process_count > 0)
        row = draw_processes(view, row, (size_t)(left < PROCESSES_LEAST ? PROCESSES_LEAST : left));
    return row;
}

/* ---- the past ---- */

struct past_graph {
    const char *column;
    const char *title;
    double high;    /* NAN: round */
    bool of_memory; /* a share of mem.total */
};

/* How the machine did: one graph of `height` rows. */
static int draw_past(struct machine_view *view, int row, const struct past_graph *past, int height)
{
    const struct vitals_history *history = &view->history;
    long column = vitals_history_column(history, past->column);
    int width = view->paper.columns - GRAPH_GUTTER;
    size_t wanted = width > 0 ? 2 * (size_t)width : 0;
    float values[2 * CANVAS_COLUMNS_MAX];
    struct graph graph = {.values = values, .high = past->high, .height = height};
    struct history_span span;
    double total = (double)view->sight->vitals[VITAL_MEM_TOTAL];
    enum vital_unit unit;

    if (column < 0)
        return row;
    unit = vital_info(history->columns[column].vital)->unit;
    history_resample(history, history->mean, (size_t)column, values, wanted);
    history_span(history, (size_t)column, &span);
    if (past->of_memory && total > 0)
        graph.high = total;
    graph.unit = unit;
    buffer_clear(&view->scratch);
    buffer_printf(&view->scratch, "%s  ", _(past->title));
    part_append(view, _("now"), span.newest, unit);
    part_append(view, _("mean"), span.mean, unit);
    part_append(view, _("most"), span.greatest, unit);
    graph.title = buffer_text(&view->scratch);
    if (graph.title)
        row += graph_draw(&view->paper, row, view->paper.columns, &graph);
    buffer_clear(&view->scratch);
    return row;
}

int page_past(struct machine_view *view)
{
    static const struct past_graph pasts[] = {
        {"cpu.busy", N_("Processors"), 100, false},
        {"mem.used", N_("Memory"), NAN, true},
        {"load.1m", N_("Load"), NAN, false},
        {"net.rx", N_("Received"), NAN, false},
        {"net.tx", N_("Sent"), NAN, false},
        {"disk.write", N_("Written to disks"), NAN, false},
        {"disk.read", N_("Read from disks"), NAN, false},
    };
    int height = view->height < 16 ? 3 : (view->height - 5) / 3;
    int row = 1;

    canvas_textf(&view->paper, 0, 0, view->paper.columns, STYLE_DIM,
                 _("The last %s   + - more, less"), machine_view_span_word(view));
    if (!view->has_history || view->history.row_count == 0) {
        canvas_text(
            &view->paper, 1, 0, view->paper.columns, STYLE_DIM,
            *view->trouble ? view->trouble
            : view->has_history
                ? _("The machine remembers nothing yet: its first sample comes within ten seconds.")
                : _("Waiting for the machine…"));
        return 2;
    }
    height = height > 7 ? 7 : height;
    height -= height % 2 == 0; /* an odd number has a middle for the scale */
    for (size_t i = 0; i < ELEMENTS_OF(pasts); i++) {
        row = draw_past(view, row, &pasts[i], height);
        if (i == 2 || i == ELEMENTS_OF(pasts) - 1)
            graph_axis(&view->paper, row++, view->paper.columns, view->history.since_ms,
                       view->history.until_ms);
    }
    return row;
}
