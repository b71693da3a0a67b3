#include "cli/control.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "fleet/run/fanout-task.h"

struct control {
    struct session *session;
    enum verb verb;
    struct fanout *fanout;
    bool done;
};

static const char *question_of(enum verb verb)
{
    if (verb == VERB_KILL)
        return _("Stop the agent on %s? It stays stopped until somebody starts it there; its jobs "
                 "are stopped too.");
    if (verb == VERB_RESET)
        return _("Let the agent on %s start afresh? Jobs go on running.");
    return NULL; /* nothing is lost by disconnecting */
}

static const char *done_text(enum verb verb)
{
    if (verb == VERB_KILL)
        return _("the agent stops");
    return verb == VERB_RESET ? _("the agent starts afresh") : _("disconnected");
}

static bool agreed(struct session *session, const struct selection *selection, enum verb verb)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    _cleanup_buffer_ struct buffer question = BUFFER_INIT;
    const char *format = question_of(verb);

    if (!format)
        return true;
    if (console_describe(session->fleet, selection, &names) < 0 || !buffer_text(&names))
        return false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of the two texts above */
    if (buffer_printf(&question, format, buffer_text(&names)) < 0 || !buffer_text(&question))
        return false;
#pragma GCC diagnostic pop
    return console_confirm(session->console, buffer_text(&question));
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct control *control = user;
    struct console *console = control->session->console;
    const struct ending ending = {
        .machine = control->session->fleet->machines[machine].name,
        .state = result->state,
        .trouble = result->trouble,
    };

    (void)fanout;
    if (console->common.json || result->trouble || result->state.state != STATE_EXITED) {
        renderer_of(console)->ending(console, &ending);
        return;
    }
    output_coloured(&console->out, COLOUR_BOLD, ending.machine);
    output_print(&console->out, ": %s\n", done_text(control->verb));
    output_flush(&console->out);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct control *control = user;

    (void)fanout;
    control->done = true;
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct control *control = session->user;

    (void)times;
    fanout_stop(control->fanout);
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

int control_machines(struct session *session, const struct selection *selection, enum verb verb)
{
    /* All connections of this key: what a person means who was seen leaving. */
    static const uint8_t mine[] = {DISCONNECT_MINE};
    struct control control = {.session = session, .verb = verb};
    struct fanout_order order = {.errand = {.verb = verb}};
    struct fanout_settings settings = {
        .pool = session->pool,
        .machines = selection->indices,
        .count = selection->count,
        .events = &events,
        .user = &control,
    };
    int status;

    if (!agreed(session, selection, verb))
        return STATUS_FAILED;
    if (verb == VERB_DISCONNECT)
        order.errand.payload = (struct slice){.bytes = mine, .size = sizeof(mine)};
    fanout_order_init(&order);
    settings.task = &order.task;
    if (fanout_new(&control.fanout, &settings) < 0) {
        complain_no_memory(&session->console->error);
        return STATUS_FAILED;
    }
    session_catch(session, on_interrupt, &control);
    fanout_start(control.fanout);
    session_wait(session, &control.done);
    session_catch(session, NULL, NULL);
    status = fanout_exit_status(control.fanout);
    fanout_free(control.fanout);
    return status;
}

static int exec_control(struct console *console, const struct words *words, enum verb verb)
{
    _cleanup_session_ struct session session = {0};
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    int status = console_select(console, words->items, &selection);

    if (!status)
        status = session_open(&session, console, false);
    return status ? status : control_machines(&session, &selection, verb);
}

static int exec_disconnect(struct console *console, const void *values, const struct words *words)
{
    (void)values;
    return exec_control(console, words, VERB_DISCONNECT);
}

static int exec_reset(struct console *console, const void *values, const struct words *words)
{
    (void)values;
    return exec_control(console, words, VERB_RESET);
}

static int exec_kill(struct console *console, const void *values, const struct words *words)
{
    (void)values;
    return exec_control(console, words, VERB_KILL);
}

const struct cli_command cli_disconnect = {
    .name = "disconnect",
    .arguments = N_("[SEL]"),
    .summary = N_("End every connection of your key to machines"),
    .details = N_("Connections of all your consoles end; jobs go on running."),
    .examples = "hune disconnect web1",
    .selects = true,
    .exec = exec_disconnect,
};

const struct cli_command cli_reset = {
    .name = "reset",
    .arguments = N_("[SEL]"),
    .summary = N_("Let the agent start afresh; jobs go on running"),
    .details = N_("The agent reads its configuration again. Needs the right control."),
    .examples = "hune reset @web --yes",
    .selects = true,
    .exec = exec_reset,
};

const struct cli_command cli_kill = {
    .name = "kill",
    .arguments = N_("[SEL]"),
    .summary = N_("Stop the agent, until somebody starts it again on the machine"),
    .details = N_("Needs the right control."),
    .examples = "hune kill web3",
    .selects = true,
    .exec = exec_kill,
};
