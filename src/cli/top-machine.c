/* One machine on the whole of hune top's screen: its samples each second, and its past. */
#include "cli/top.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void on_sample(struct vitals_watch *watch, const struct vitals_sample *sample, void *user)
{
    struct top *top = user;

    (void)watch;
    machine_view_take(&top->view, sample);
    top_draw_next(top);
}

static void on_interrupted(struct vitals_watch *watch, void *user)
{
    struct top *top = user;

    (void)watch;
    machine_view_take(&top->view, NULL);
    top_draw_next(top);
}

static void keep_trouble(struct top *top, const struct trouble *trouble)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (trouble_describe(trouble, &text) == 0 && buffer_text(&text))
        text_copy(top->view.trouble, sizeof(top->view.trouble), buffer_text(&text));
    top_draw_next(top);
}

static void on_end(struct vitals_watch *watch, const struct trouble *trouble, void *user)
{
    struct top *top = user;

    keep_trouble(top, trouble);
    top->view.sample = NULL;
    top->watch = vitals_watch_stop(watch);
}

static const struct vitals_watch_events watch_events = {
    .on_sample = on_sample,
    .on_interrupted = on_interrupted,
    .on_end = on_end,
};

static void on_history(struct vitals_history *history, const struct trouble *trouble, void *user)
{
    struct top *top = user;

    top->fetch = NULL;
    if (trouble)
        keep_trouble(top, trouble);
    else
        machine_view_set_history(&top->view, history);
    top_draw_next(top);
}

static void ask_history(struct top *top, struct link *link)
{
    const struct vitals_history_ask ask = {
        .fields = "cpu.busy,mem.used,load.1m,net.rx,net.tx,disk.read,disk.write",
        .since_ms = -(int64_t)machine_view_span_ms(&top->view)};
    uint64_t now = clock_monotonic_ms();
    bool is_empty = top->view.has_history && top->view.history.row_count == 0;
    uint64_t pause = is_empty ? TOP_HISTORY_EMPTY_MS : TOP_HISTORY_AGAIN_MS;

    if (top->fetch || (top->history_ms && now - top->history_ms < pause))
        return;
    top->history_ms = now;
    vitals_history(link, &ask, on_history, top, &top->fetch);
}

void top_ask_machine(struct top *top)
{
    static const struct vitals_ask live = {
        .fields = "all", .processes = VIEW_PROCESSES / 2, .every_ms = TOP_MACHINE_EVERY_MS};
    struct link *link = lookout_link(top->lookout, top->viewed);

    /* A link that is closed ends them at once; the lookout opens it again in its time. */
    if (link_state(link) == LINK_CLOSED)
        return;
    if (!top->watch)
        vitals_watch_start(&top->watch, link, &live, &watch_events, top);
    ask_history(top, link);
}

void top_ask_history(struct top *top)
{
    top->fetch = vitals_fetch_cancel(top->fetch);
    top->history_ms = 0;
    top_ask_machine(top);
}

static void drop_machine(struct top *top)
{
    top->watch = vitals_watch_stop(top->watch);
    top->fetch = vitals_fetch_cancel(top->fetch);
    top->history_ms = 0;
    machine_view_deinit(&top->view);
}

void top_enter(struct top *top, uint32_t position)
{
    enum machine_page page = top->mode == TOP_MACHINE ? top->view.page : PAGE_OVERVIEW;
    size_t span = top->mode == TOP_MACHINE ? top->view.span : VIEW_SPAN_DAY;

    if (position == FLEET_NONE)
        return;
    if (top->mode == TOP_MACHINE)
        drop_machine(top);
    top->mode = TOP_MACHINE;
    top->viewed = position;
    machine_view_init(&top->view, top->table.rows[position].machine,
                      top->table.rows[position].sight);
    top->view.page = page;
    top->view.span = span;
    top_ask_machine(top);
}

void top_back(struct top *top)
{
    if (top->mode == TOP_MACHINE || (top->mode == TOP_HELP && top->behind == TOP_MACHINE))
        drop_machine(top);
    top->mode = TOP_TABLE;
}
