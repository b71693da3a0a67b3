/* hune top: every machine at a glance, on the whole screen. The loop feeds it: samples mark what
 * changed, a timer draws at most ten times a second, and nothing is drawn where nothing changed. */
#include "cli/top.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/commands.h"

/* ---- drawing when there is something new ---- */

static void on_frame(uv_timer_t *timer)
{
    top_draw(timer->data);
}

void top_draw_soon(struct top *top, uint64_t ms)
{
    uint64_t left = uv_timer_get_due_in(&top->frame);

    if (uv_is_active((uv_handle_t *)&top->frame) && left <= ms)
        return;
    uv_timer_start(&top->frame, on_frame, ms, 0);
}

void top_draw_next(struct top *top)
{
    uint64_t age = clock_monotonic_ms() - top->drawn_ms;

    top_draw_soon(top, age >= TOP_FRAME_MS ? 0 : TOP_FRAME_MS - age);
}

void top_leave(struct top *top, int status)
{
    top->status = status;
    top->leaving = true;
}

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    struct top *top = timer->data;

    top->is_changed |= top_follow_fleet(top);
    if (top->mode == TOP_MACHINE)
        top_ask_machine(top);
    /* How long a machine has been away grows by itself. */
    if (!top->is_changed && lookout_present(top->lookout, PRESENCE_UP) == top->table.count)
        return;
    if (top->is_changed && top->mode != TOP_MACHINE)
        table_sort(&top->table);
    top->is_changed = false;
    top_draw_next(top);
}

static void on_keys(uv_poll_t *poll, int status, int events)
{
    struct top *top = poll->data;
    uint32_t key;

    if (status < 0 || (events & UV_DISCONNECT)) {
        top_leave(top, STATUS_SIGNALLED + SIGHUP);
        return;
    }
    while (!top->leaving && !top->shell && screen_key(top->screen, &key))
        top_key(top, key);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct top *top = signal->data;

    if (number == SIGWINCH) {
        /* Made smaller and larger again: the size may be what it was, but not what it shows. */
        screen_spoiled(top->screen);
        top_draw_soon(top, TOP_KEY_MS);
    } else if (number == SIGTSTP) {
        top_suspend(top);
    } else if (number != SIGINT || !top->shell) { /* the shell's own, while it has the terminal */
        top_leave(top, STATUS_SIGNALLED + number);
    }
}

static void start_loop(struct top *top)
{
    uv_loop_t *loop = &top->session.loop;
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH};

    _Static_assert(ELEMENTS_OF(numbers) == ELEMENTS_OF(((struct top *)0)->signals),
                   "one handle each");
    uv_timer_init(loop, &top->frame);
    uv_timer_init(loop, &top->tick);
    top->frame.data = top->tick.data = top->keys.data = top;
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++) {
        uv_signal_init(loop, &top->signals[i]);
        top->signals[i].data = top;
        uv_signal_start(&top->signals[i], on_signal, numbers[i]);
    }
}

static void stop_loop(struct top *top)
{
    top_end_shell(top);
    uv_close((uv_handle_t *)&top->frame, NULL);
    uv_close((uv_handle_t *)&top->tick, NULL);
    if (top->has_keys)
        uv_close((uv_handle_t *)&top->keys, NULL);
    for (size_t i = 0; i < ELEMENTS_OF(top->signals); i++)
        uv_close((uv_handle_t *)&top->signals[i], NULL);
}

/* Standard input that is no terminal cannot be polled. */
static int start_keys(struct top *top)
{
    int error = uv_poll_init(&top->session.loop, &top->keys, 0);

    if (error)
        return error;
    top->has_keys = true;
    return uv_poll_start(&top->keys, UV_READABLE | UV_DISCONNECT, on_keys);
}

static int run(struct top *top, enum table_key sort)
{
    struct console *console = top->session.console;
    struct fault fault = {0};
    int error;

    start_loop(top);
    top_know_fleet(top);
    error = screen_open(&top->screen, console->out.colour, &fault);
    if (error > 0) {
        complain_fault(&console->error, NULL, &fault);
        top->status = STATUS_USAGE;
    } else if (error || start_keys(top) < 0 || top_look(top) < 0) {
        top->screen = screen_close(top->screen);
        complain_no_memory(&console->error);
        top->status = STATUS_FAILED;
    } else {
        table_sort_by(&top->table, sort, false);
        if (top->options->filter)
            table_set_filter(&top->table, top->options->filter);
        uv_timer_start(&top->tick, on_tick, TOP_SORT_MS, TOP_SORT_MS);
        top_draw(top);
        session_wait(&top->session, &top->leaving);
    }
    top_back(top);
    stop_loop(top);
    top->lookout = lookout_free(top->lookout);
    table_deinit(&top->table);
    top->screen = screen_close(top->screen);
    canvas_deinit(&top->canvas);
    return top->status;
}

int top_run(struct console *console, const struct top_options *options, const char *const *words)
{
    static const struct top_options defaults;
    struct top top = {.options = options ? options : &defaults, .words = words};
    enum table_key sort = TABLE_CPU;
    int status;

    if (top.options->sort && !table_key_parse(top.options->sort, &sort))
        return console_usage(console, _("There is no such column to sort by."),
                             _("Sort by name, state, cpu, mem, load, disk, net or uptime."));
    status = session_open(&top.session, console, false);
    if (!status)
        status = top_select(&top);
    if (!status)
        status = run(&top, sort);
    session_close(&top.session);
    selection_deinit(&top.selection);
    return status;
}

static int exec_top(struct console *console, const void *values, const struct words *words)
{
    if (console->common.json)
        return console_usage(console, _("`hune top` is for people."),
                             _("For scripts there is: hune list -l --json"));
    return top_run(console, values, words->items);
}

static const struct cli_option options[] = {
    OPTION(struct top_options, every, SECONDS, 'e', "every", N_("TIME"),
           N_("between two samples; default 2s, 5s with very many machines")),
    OPTION(struct top_options, sort, TEXT, 's', "sort", N_("COLUMN"),
           N_("name, state, cpu, mem, load, disk, net or uptime; default cpu")),
    OPTION(struct top_options, filter, TEXT, 0, "filter", N_("TEXT"),
           N_("show only what this selector or piece of a name picks; / changes it")),
};

const struct cli_command cli_top = {
    .name = "top",
    .arguments = N_("[SEL]"),
    .summary = N_("Watch machines on the whole screen"),
    .details = N_("Shows every machine with its processors, memory, load, disks and network. Enter "
                  "opens one\nmachine; ? shows the keys. Without SEL, all machines are shown."),
    .examples = "hune top\nhune top @prod --sort load\nhune top 'web*' --every 1s",
    OPTIONS(options, struct top_options),
    .selects = true,
    .exec = exec_top,
};
