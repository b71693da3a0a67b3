/* hune watch: waits for what rules describe, tells each alert at its begin and its end, runs a
 * command, and remembers it all with the times at which each machine was up or down. */
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/watch-private.h"
#include "fleet/watch/store-alerts.h"

enum {
    WATCH_TICK_MS = 1000,  /* rules are judged so often */
    WATCH_FILES_TICKS = 2, /* the files are looked at */
};

/* ---- telling ---- */

void watch_alert(struct alarm *alarm, const struct alert *alert, void *user)
{
    struct watch *watch = user;
    struct console *console = watch->session.console;
    const struct watch_line line = {.at_ms = alert->at_ms,
                                    .machine = alert->machine->name,
                                    .kind = alert->is_over ? "end" : "begin",
                                    .rule = rule_text(alert->rule->rule),
                                    .label = alert->rule->label,
                                    .detail = alert->detail,
                                    .finding = alert->finding,
                                    .begun_ms = alert->is_over ? alert->begun_ms : 0};
    const char *command = alert->rule->command ? alert->rule->command : watch->options->command;

    (void)alarm;
    watch_tell(console, &line);
    output_flush(&console->out);
    if (command)
        doer_command(watch->doer, command, alert);
    if (!watch->options->silent && !alert->rule->is_silent)
        doer_notify(watch->doer, alert);
    watch->done |= console->out.closed;
}

static void on_presence(struct lookout *lookout, uint32_t position, enum presence from,
                        enum presence to, const struct trouble *trouble, void *user)
{
    struct watch *watch = user;
    struct console *console = watch->session.console;
    const struct machine *machine =
        &watch->session.fleet->machines[lookout_machine(lookout, position)];
    const struct watch_line line = {.at_ms = clock_wall_ms(),
                                    .machine = machine->name,
                                    .kind = presence_word(to),
                                    .detail = trouble ? trouble_word(trouble) : NULL};

    (void)from;
    store_presence(watch->store, machine->name, to, line.detail, line.at_ms);
    if (!watch->options->changes)
        return;
    watch_tell(console, &line);
    output_flush(&console->out);
    watch->done |= console->out.closed;
}

static void on_complaint(const char *machine, const char *sentence, void *user)
{
    struct watch *watch = user;

    complain(&watch->session.console->error, machine, sentence, NULL, NULL);
}

/* One that is up but gives no vital signs would be silent for ever. */
static void on_change(struct lookout *lookout, uint32_t position, void *user)
{
    struct watch *watch = user;
    struct console *console = watch->session.console;
    const struct sight *sight = lookout_sight(lookout, position);
    const struct problem_info *problem = problem_info(sight->problem);

    if (sight->presence != PRESENCE_UP || sight->problem == PROBLEM_NONE ||
        watch->is_told[position])
        return;
    watch->is_told[position] = true;
    complain(&console->error,
             watch->session.fleet->machines[lookout_machine(lookout, position)].name,
             _("It gives no vital signs."), _(problem->text), _(problem->hint));
}

const struct lookout_events watch_events = {.on_presence = on_presence, .on_change = on_change};

/* ---- the loop ---- */

static void on_tick(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    uint64_t now_ms = clock_monotonic_ms(), wall_ms = clock_wall_ms();

    if (++watch->ticks % WATCH_FILES_TICKS == 0)
        watch_look_again(watch);
    for (uint32_t i = 0; watch->alarm && i < watch->selection.count && !watch->done; i++) {
        struct reading reading;

        lookout_reading(watch->lookout, i, now_ms, &reading);
        alarm_judge(watch->alarm, i, &reading, now_ms, wall_ms);
    }
    output_flush(&watch->session.console->error);
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct watch *watch = session->user;

    (void)times;
    watch->done = true;
}

static void on_terminate(uv_signal_t *signal, int number)
{
    struct watch *watch = signal->data;

    (void)number;
    watch->done = true;
}

static void greet(struct watch *watch)
{
    struct console *console = watch->session.console;
    uint32_t standing = alarm_standing(watch->alarm);

    output_print(&console->error,
                 ngettext("hune: watching %u machine, rules: %u; Ctrl-C ends it\n",
                          "hune: watching %u machines, rules: %u; Ctrl-C ends it\n",
                          watch->selection.count),
                 watch->selection.count, watch->rules->count);
    if (standing > 0)
        output_print(&console->error,
                     ngettext("hune: %u alert stands already\n", "hune: %u alerts stand already\n",
                              standing),
                     standing);
    output_flush(&console->error);
}

static int run(struct watch *watch)
{
    struct console *console = watch->session.console;
    const struct doer_settings doer = {
        .loop = &watch->session.loop, .on_complaint = on_complaint, .user = watch};

    uv_timer_init(&watch->session.loop, &watch->tick);
    uv_signal_init(&watch->session.loop, &watch->terminate);
    watch->tick.data = watch->terminate.data = watch;
    watch->store = console_store(console);
    store_alerts_prune(watch->store, clock_wall_ms());
    if (doer_new(&watch->doer, &doer) < 0) {
        complain_no_memory(&console->error);
        watch->status = STATUS_FAILED;
    } else {
        watch->status = watch_look(watch);
    }
    if (!watch->status) {
        greet(watch);
        session_catch(&watch->session, on_interrupt, watch);
        uv_signal_start(&watch->terminate, on_terminate, SIGTERM);
        uv_timer_start(&watch->tick, on_tick, WATCH_TICK_MS, WATCH_TICK_MS);
        session_wait(&watch->session, &watch->done);
        session_catch(&watch->session, NULL, NULL);
    }
    watch_look_away(watch);
    watch->doer = doer_free(watch->doer);
    uv_close((uv_handle_t *)&watch->tick, NULL);
    uv_close((uv_handle_t *)&watch->terminate, NULL);
    return watch->status;
}

static int exec_watch(struct console *console, const void *values, const struct words *words)
{
    struct watch_options options = *(const struct watch_options *)values;
    struct watch *watch;
    int status;

    if (options.log)
        return watch_log(console, &options, words->items);
    if (!options.every)
        options.every = 5;
    watch = calloc(1, sizeof(*watch));
    if (!watch) {
        complain_no_memory(&console->error);
        return STATUS_FAILED;
    }
    watch->options = &options;
    watch->words = words->items;
    watch->session.console = console;
    status = watch_read_rules(watch);
    if (!status)
        status = session_open(&watch->session, console, false);
    if (!status)
        status = watch_select(watch);
    if (!status)
        status = run(watch);
    session_close(&watch->session);
    selection_deinit(&watch->selection);
    watch_forget_rules(watch->rules);
    free(watch->fields);
    free(watch->path);
    free(watch);
    return status;
}

static const struct cli_option options[] = {
    OPTION(struct watch_options, when, LIST, 'w', "when", N_("RULE"),
           N_("what to wait for; may come more than once")),
    OPTION(struct watch_options, command, TEXT, 'd', "do", N_("COMMAND"),
           N_("run this at each begin and end; $HUNE_MACHINE and others tell of it")),
    OPTION(struct watch_options, every, SECONDS, 'e', "every", N_("TIME"),
           N_("between two samples; default 5s")),
    OPTION(struct watch_options, clear, SECONDS, 0, "clear", N_("TIME"),
           N_("a rule is false for so long before its alert ends; default 30s")),
    OPTION(struct watch_options, changes, FLAG, 'c', "changes", NULL,
           N_("tell every machine that goes up or down, too")),
    OPTION(struct watch_options, silent, FLAG, 0, "no-notify", NULL,
           N_("no messages on the desktop")),
    OPTION(struct watch_options, log, FLAG, 'l', "log", NULL,
           N_("show the alerts, ups and downs of before, and end")),
    OPTION(struct watch_options, since, TEXT, 0, "since", N_("WHEN"),
           N_("of --log: from when on; default 7d")),
};

const struct cli_command cli_watch = {
    .name = "watch",
    .arguments = "[SEL]",
    .summary = N_("Wait for trouble: tell, and run a command, when a rule holds"),
    .details = N_(
        "A rule compares a vital sign with a number, for some time if need be, or is one of\n"
        "down, up, refused; and, or, not and parentheses join them. Each alert is told once\n"
        "when it begins and once when it ends, and remembered. Without --when, the rules are\n"
        "those of ~/.config/hune/alerts.conf. Without SEL, all machines are watched."),
    .examples = "hune watch --when 'cpu > 90 for 5m' --when 'disk.free < 5%' --when down\n"
                "hune watch @web --when 'down for 2m' --do 'mail -s \"$HUNE_MACHINE is away\" me'\n"
                "hune watch --log --since 24h",
    OPTIONS(options, struct watch_options),
    .selects = true,
    .exec = exec_watch,
};
