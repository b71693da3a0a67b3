/* See machine-view.h. The pages themselves are in machine-pages.c and machine-things.c. */
#include "cli/machine-view.h"

#include <math.h>
#include <string.h>

#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"

/* Rows of the longest page: some hundred cores, devices, interfaces. */
enum { PAPER_ROWS = 400 };

void machine_view_init(struct machine_view *view, const struct machine *machine,
                       const struct sight *sight)
{
    *view = (struct machine_view){.machine = machine, .sight = sight, .span = VIEW_SPAN_DAY};
    for (size_t i = 0; i < VIEW_LIVE; i++)
        view->live_cpu[i] = view->live_rx[i] = view->live_tx[i] = NAN;
}

void machine_view_deinit(struct machine_view *view)
{
    if (view->has_history)
        vitals_history_deinit(&view->history);
    canvas_deinit(&view->paper);
    buffer_deinit(&view->scratch);
    *view = (struct machine_view){0};
}

static void push(float *live, double value)
{
    memmove(live, live + 1, (VIEW_LIVE - 1) * sizeof(*live));
    live[VIEW_LIVE - 1] = (float)value;
}

void machine_view_take(struct machine_view *view, const struct vitals_sample *sample)
{
    push(view->live_cpu, sample ? sample->value[VITAL_CPU_BUSY] : NAN);
    push(view->live_rx, sample ? sample->value[VITAL_NET_RX] : NAN);
    push(view->live_tx, sample ? sample->value[VITAL_NET_TX] : NAN);
    if (!sample)
        return;
    view->sample = sample;
    view->trouble[0] = '\0';
}

void machine_view_set_history(struct machine_view *view, struct vitals_history *history)
{
    if (view->has_history)
        vitals_history_deinit(&view->history);
    view->history = *history;
    view->has_history = true;
    *history = (struct vitals_history){0};
}

void machine_view_turn(struct machine_view *view, enum machine_page page)
{
    view->page = page;
    view->scroll = 0;
}

static const struct {
    const char *word;
    uint64_t seconds;
} spans[] = {
#define X(word, seconds) {word, seconds},
    HUNE_VIEW_SPANS(X)
#undef X
};

bool machine_view_change_span(struct machine_view *view, int step)
{
    if ((step < 0 && view->span == 0) || (step > 0 && view->span + 1 == ELEMENTS_OF(spans)))
        return false;
    view->span = step < 0 ? view->span - 1 : view->span + 1;
    if (view->has_history)
        vitals_history_deinit(&view->history);
    view->has_history = false;
    return true;
}

uint64_t machine_view_span_ms(const struct machine_view *view)
{
    return spans[view->span].seconds * 1000;
}

const char *machine_view_span_word(const struct machine_view *view)
{
    return _(spans[view->span].word);
}

void machine_view_scroll(struct machine_view *view, int lines)
{
    int last = view->used > view->height ? view->used - view->height : 0;

    view->scroll += lines;
    view->scroll = view->scroll > last ? last : view->scroll;
    view->scroll = view->scroll < 0 ? 0 : view->scroll;
}

static void draw_head(struct machine_view *view, struct canvas *canvas, int row)
{
    const struct sight *sight = view->sight;
    struct buffer *text = &view->scratch;
    int at = canvas_text(canvas, row, 0, canvas->columns, STYLE_BOLD, view->machine->name) + 2;
    enum style style = sight->presence == PRESENCE_UP ? STYLE_GOOD : STYLE_BAD;
    double uptime = (double)sight->vitals[VITAL_UPTIME];

    at += canvas_text(canvas, row, at, canvas->columns - at, style,
                      sight->presence == PRESENCE_UP        ? _("up")
                      : sight->presence == PRESENCE_DOWN    ? _("down")
                      : sight->presence == PRESENCE_REFUSED ? _("refused")
                                                            : _("connecting")) +
          1;
    buffer_clear(text);
    if (sight->presence == PRESENCE_UP && !isnan(uptime))
        figure_append_span(text, uptime);
    else if (sight->problem != PROBLEM_NONE)
        buffer_append_text(text, _(problem_info(sight->problem)->text));
    buffer_append_text(text, "  ");
    address_append(text, view->machine->host, view->machine->port);
    if (sight->presence == PRESENCE_UP) {
        buffer_printf(text, "  %s ", _("load"));
        figure_append(text, (double)sight->vitals[VITAL_LOAD_1], VITAL_UNIT_LOAD);
        if (view->sample) {
            buffer_append_text(text, " ");
            figure_append(text, view->sample->value[VITAL_LOAD_5], VITAL_UNIT_LOAD);
            buffer_append_text(text, " ");
            figure_append(text, view->sample->value[VITAL_LOAD_15], VITAL_UNIT_LOAD);
        }
    }
    canvas_text(canvas, row, at, canvas->columns - at, STYLE_PLAIN, buffer_text(text));
    buffer_clear(text);
}

static void draw_tabs(const struct machine_view *view, struct canvas *canvas, int row)
{
    static const char *const titles[] = {
#define X(name, title) title,
        HUNE_MACHINE_PAGES(X)
#undef X
    };
    int at = 0;

    canvas_fill(canvas, row, 0, canvas->columns, STYLE_HEADING);
    for (int i = 0; i < PAGE_COUNT; i++) {
        enum style style = i == (int)view->page ? STYLE_SORTED : STYLE_HEADING;
        bool brief = canvas->columns < 60 && i != (int)view->page;

        at += canvas_textf(canvas, row, at, canvas->columns - at, style, brief ? "%d " : "%d %s  ",
                           i + 1, _(titles[i]));
    }
}

static int draw_page(struct machine_view *view)
{
    switch (view->page) {
    case PAGE_OVERVIEW: return page_overview(view);
    case PAGE_PROCESSES: return page_processes(view);
    case PAGE_DISKS: return page_disks(view);
    case PAGE_NETWORK: return page_network(view);
    case PAGE_PAST: return page_past(view);
    case PAGE_COUNT: break;
    }
    return 0;
}

void machine_view_draw(struct machine_view *view, struct canvas *canvas, int row, int height,
                       uint64_t now_ms)
{
    view->now_ms = now_ms;
    draw_head(view, canvas, row);
    draw_tabs(view, canvas, row + 1);
    view->height = height > 2 ? height - 2 : 0;
    view->paper.ascii = canvas->ascii;
    if (view->height == 0 || canvas_resize(&view->paper, PAPER_ROWS, canvas->columns) < 0)
        return;
    view->used = 0;
    if (!view->sample && view->page != PAGE_PAST)
        canvas_text(canvas, row + 2, 0, canvas->columns, STYLE_DIM,
                    *view->trouble ? view->trouble : _("Waiting for the machine…"));
    else
        view->used = draw_page(view);
    machine_view_scroll(view, 0);
    for (int i = 0; i < view->height && view->scroll + i < view->used; i++)
        memcpy(&canvas->cells[(row + 2 + i) * canvas->columns],
               &view->paper.cells[(view->scroll + i) * canvas->columns],
               (size_t)canvas->columns * sizeof(*canvas->cells));
}
