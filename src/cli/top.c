/* hune top: every machine at a glance, on the whole screen. The loop feeds it: samples mark what
 * changed, a timer draws at most ten times a second, and nothing is drawn where nothing changed. */
#include "cli/top.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
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

/* Something on the screen is new: drawn when the last drawing is old enough. */
static void draw_next(struct top *top)
{
    uint64_t age = clock_monotonic_ms() - top->drawn_ms;

    top_draw_soon(top, age >= TOP_FRAME_MS ? 0 : TOP_FRAME_MS - age);
}

static void on_change(struct lookout *lookout, uint32_t position, void *user)
{
    struct top *top = user;

    (void)lookout;
    top->is_changed = true;
    if (top->mode == TOP_MACHINE ? position == top->viewed
                                 : top->mode != TOP_HELP && table_is_visible(&top->table, position))
        draw_next(top);
}

static void on_any_sample(struct lookout *lookout, uint32_t position,
                          const struct vitals_sample *sample, void *user)
{
    (void)sample;
    on_change(lookout, position, user);
}

static const struct lookout_events lookout_events = {.on_change = on_change,
                                                     .on_sample = on_any_sample};

/* ---- one machine ---- */

static void on_sample(struct vitals_watch *watch, const struct vitals_sample *sample, void *user)
{
    struct top *top = user;

    (void)watch;
    machine_view_take(&top->view, sample);
    draw_next(top);
}

static void on_interrupted(struct vitals_watch *watch, void *user)
{
    struct top *top = user;

    (void)watch;
    machine_view_take(&top->view, NULL);
    draw_next(top);
}

static void keep_trouble(struct top *top, const struct trouble *trouble)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (trouble_describe(trouble, &text) == 0 && buffer_text(&text))
        text_copy(top->view.trouble, sizeof(top->view.trouble), buffer_text(&text));
    draw_next(top);
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
    draw_next(top);
}

static void ask_history(struct top *top, struct link *link)
{
    const struct vitals_history_ask ask = {
        .fields = "cpu.busy,mem.used,load.1m,net.rx,net.tx,disk.read,disk.write",
        .since_ms = -(int64_t)machine_view_span_ms(&top->view)};
    uint64_t now = clock_monotonic_ms();

    if (top->fetch || (top->history_ms && now - top->history_ms < TOP_HISTORY_AGAIN_MS))
        return;
    top->history_ms = now;
    vitals_history(link, &ask, on_history, top, &top->fetch);
}

static void ask_machine(struct top *top)
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
    ask_machine(top);
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
    ask_machine(top);
}

void top_back(struct top *top)
{
    if (top->mode == TOP_MACHINE || (top->mode == TOP_HELP && top->behind == TOP_MACHINE))
        drop_machine(top);
    top->mode = TOP_TABLE;
}

/* ---- a shell, and Ctrl-Z ---- */

static void on_shell_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_shell_end(uv_process_t *process, int64_t code, int signal_number)
{
    struct top *top = process->data;

    (void)code;
    (void)signal_number;
    uv_close((uv_handle_t *)process, on_shell_closed);
    top->shell = NULL;
    screen_return(top->screen);
    uv_poll_start(&top->keys, UV_READABLE | UV_DISCONNECT, top->keys.poll_cb);
    top_draw_soon(top, 0);
}

static int spawn_shell(struct top *top, const char *machine)
{
    const struct common_options *common = &top->session.console->common;
    const char *words[8] = {"hune", "shell", machine};
    uv_stdio_container_t stdio[3] = {{.flags = UV_INHERIT_FD, .data.fd = 0},
                                     {.flags = UV_INHERIT_FD, .data.fd = 1},
                                     {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t options = {.exit_cb = on_shell_end,
                                    .file = "/proc/self/exe",
                                    .args = (char **)(size_t)words, /* as execvp(3) */
                                    .stdio = stdio,
                                    .stdio_count = 3};
    size_t count = 3;
    int error;

    if (common->fleet) {
        words[count++] = "--fleet";
        words[count++] = common->fleet;
    }
    if (common->identity) {
        words[count++] = "--identity";
        words[count++] = common->identity;
    }
    top->shell = calloc(1, sizeof(*top->shell));
    if (!top->shell)
        return -ENOMEM;
    top->shell->data = top;
    error = uv_spawn(&top->session.loop, top->shell, &options);
    if (error) {
        uv_close((uv_handle_t *)top->shell, on_shell_closed);
        top->shell = NULL;
    }
    return error;
}

void top_shell(struct top *top)
{
    uint32_t position = top->mode == TOP_MACHINE ? top->viewed : table_chosen(&top->table);
    int error;

    if (position == FLEET_NONE)
        return;
    if (!cli_find("shell")) {
        text_copy(top->note, sizeof(top->note), _("This hune has no `hune shell`."));
        return;
    }
    uv_poll_stop(&top->keys);
    screen_leave(top->screen);
    error = spawn_shell(top, top->table.rows[position].machine->name);
    if (!error)
        return;
    snprintf(top->note, sizeof(top->note), _("The shell does not start: %s"), uv_strerror(error));
    screen_return(top->screen);
    uv_poll_start(&top->keys, UV_READABLE | UV_DISCONNECT, top->keys.poll_cb);
}

void top_suspend(struct top *top)
{
    if (top->shell)
        return;
    screen_leave(top->screen);
    raise(SIGSTOP);
    screen_return(top->screen);
    top_draw_soon(top, 0);
}

void top_leave(struct top *top, int status)
{
    top->status = status;
    top->leaving = true;
}

/* ---- the fleet list ---- */

static void take_stamp(struct top *top, uint64_t stamp_out[3])
{
    const char *path;
    struct stat now;

    memset(stamp_out, 0, sizeof(top->stamp));
    if (console_fleet_path(top->session.console, &path) || stat(path, &now) < 0)
        return;
    stamp_out[0] = (uint64_t)now.st_ino;
    stamp_out[1] = (uint64_t)now.st_size;
    stamp_out[2] = (uint64_t)now.st_mtim.tv_sec * 1000000000 + (uint64_t)now.st_mtim.tv_nsec;
}

static uint64_t every_ms(const struct top *top, uint32_t count)
{
    if (top->options->every)
        return top->options->every * 1000;
    return count <= 50 ? 2000 : count <= 500 ? 3000 : 5000;
}

/* What was known of a machine before the fleet list was read anew. */
struct memory {
    char *name;
    struct sight sight;
};

struct memories {
    struct memory *items;
    uint32_t count;
};

static void memories_deinit(struct memories *memories)
{
    for (uint32_t i = 0; i < memories->count; i++)
        free(memories->items[i].name);
    free(memories->items);
}

/* Without memory for it the table begins blank. */
static void memories_take(struct memories *memories, const struct top *top)
{
    uint32_t count = top->table.count;

    *memories = (struct memories){.items = calloc(count + 1, sizeof(*memories->items))};
    for (; memories->items && memories->count < count; memories->count++) {
        const struct table_row *row = &top->table.rows[memories->count];
        struct memory *memory = &memories->items[memories->count];

        memory->name = strdup(row->machine->name);
        memory->sight = *row->sight;
        if (!memory->name)
            return;
    }
}

static int compare_index(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)element;

    return a < b ? -1 : a > b;
}

/* The position of a machine of this name; FLEET_NONE if it is not looked at. */
static uint32_t position_of(const struct top *top, const char *name)
{
    uint32_t index = fleet_find(top->session.fleet, name);
    const uint32_t *found = NULL;

    if (index != FLEET_NONE)
        found = bsearch(&index, top->selection.indices, top->selection.count, sizeof(index),
                        compare_index);
    return found ? (uint32_t)(found - top->selection.indices) : FLEET_NONE;
}

static int look_at_selection(struct top *top)
{
    struct fleet *fleet = top->session.fleet;
    uint32_t count = top->selection.count;
    struct table_row *rows = calloc(count + 1, sizeof(*rows));
    const struct lookout_settings settings = {.pool = top->session.pool,
                                              .machines = top->selection.indices,
                                              .count = count,
                                              .fields = TOP_FIELDS,
                                              .every_ms = (uint32_t)every_ms(top, count),
                                              .events = &lookout_events,
                                              .user = top};

    if (!rows || lookout_new(&top->lookout, &settings) < 0) {
        free(rows);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct table_row){.machine = &fleet->machines[top->selection.indices[i]],
                                     .sight = lookout_sight(top->lookout, i)};
    if (table_init(&top->table, fleet, rows, count) < 0)
        return -ENOMEM;
    top->table.every_ms = settings.every_ms;
    return 0;
}

static int select_machines(struct top *top)
{
    static const char *const everything[] = {"all", NULL};
    struct console *console = top->session.console;
    bool is_open = !console->common.target && !top->words[0];

    selection_deinit(&top->selection);
    top->selection = SELECTION_INIT;
    return console_select(console, is_open ? everything : top->words, &top->selection);
}

/* Complaints have no place on a full screen: the note says what matters. */
static bool read_fleet_anew(struct top *top)
{
    struct output *error = &top->session.console->error;
    bool is_good;

    error->closed = true;
    is_good = session_reload(&top->session) == 0 && select_machines(top) == 0;
    error->closed = false;
    return is_good;
}

/* Machines came, went or moved: begins anew with what is known of those that stay. */
static void reload(struct top *top)
{
    struct memories memories;
    const struct table old = top->table; /* the settings only */
    uint32_t chosen = table_chosen(&top->table);
    bool is_open = top->mode == TOP_MACHINE;
    char filter[TABLE_FILTER_SIZE];
    _cleanup_free_ char *name = NULL;

    if (is_open)
        chosen = top->viewed;
    top_back(top);
    memories_take(&memories, top);
    if (chosen != FLEET_NONE)
        name = strdup(top->table.rows[chosen].machine->name);
    text_copy(filter, sizeof(filter), top->table.filter);
    table_deinit(&top->table);
    top->lookout = lookout_free(top->lookout);
    if (!read_fleet_anew(top)) {
        selection_deinit(&top->selection);
        top->selection = SELECTION_INIT;
        text_copy(top->note, sizeof(top->note),
                  _("The fleet list has changed, and nothing is picked from it any more."));
    }
    if (!top->session.fleet || look_at_selection(top) < 0) {
        top_leave(top, STATUS_FAILED);
    } else {
        for (uint32_t i = 0; i < memories.count; i++) {
            uint32_t position = position_of(top, memories.items[i].name);

            if (position != FLEET_NONE)
                lookout_adopt(top->lookout, position, &memories.items[i].sight);
        }
        top->table.is_reversed = old.is_reversed;
        top->table.sort = old.sort;
        top->table.height = old.height;
        table_set_filter(&top->table, filter);
        chosen = name ? position_of(top, name) : FLEET_NONE;
        if (chosen != FLEET_NONE)
            table_choose(&top->table, chosen);
        if (is_open)
            top_enter(top, chosen);
    }
    memories_deinit(&memories);
}

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    struct top *top = timer->data;
    uint64_t stamp[3];

    take_stamp(top, stamp);
    if (memcmp(stamp, top->stamp, sizeof(stamp)) != 0) {
        memcpy(top->stamp, stamp, sizeof(stamp));
        reload(top);
        top->is_changed = true;
    }
    if (top->mode == TOP_MACHINE)
        ask_machine(top);
    /* How long a machine has been away grows by itself. */
    if (!top->is_changed && lookout_present(top->lookout, PRESENCE_UP) == top->table.count)
        return;
    if (top->is_changed && top->mode != TOP_MACHINE)
        table_sort(&top->table);
    top->is_changed = false;
    draw_next(top);
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
    if (top->shell) {
        uv_process_kill(top->shell, SIGHUP);
        uv_close((uv_handle_t *)top->shell, on_shell_closed);
    }
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
    take_stamp(top, top->stamp);
    error = screen_open(&top->screen, console->out.colour, &fault);
    if (error > 0) {
        complain_fault(&console->error, NULL, &fault);
        top->status = STATUS_USAGE;
    } else if (error || start_keys(top) < 0 || look_at_selection(top) < 0) {
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
        status = select_machines(&top);
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
