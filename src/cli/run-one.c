/* A command on one machine. Its output passes through: stdout to stdout, stderr to stderr, piece by
 * piece, never parsed into lines; only a terminal gets its control characters made visible. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/feeder.h"
#include "cli/job-pick.h"
#include "cli/json-line.h"
#include "cli/lines.h"
#include "cli/record.h"
#include "cli/render.h"
#include "cli/run.h"
#include "fleet/link/remote-job.h"
#include "fleet/run/fanout.h"
#include "proto/command.h"

/* As of many machines (fleet/run/transcript.h): what a script asked for is no reason to fill
 * memory. */
#define KEPT_MAX ((size_t)256 << 20)

enum { ASIDE_MAX = 64 << 10 };

struct one {
    struct session *session;
    const struct machine *machine;
    const struct run_order *order;
    const struct job_object *attached; /* NULL: the job is ours to give */
    uint64_t from;
    struct remote_job *job;
    struct feeder *feeder;
    struct cast *cast;        /* with --record */
    struct screen screens[2]; /* stdout, stderr */
    struct buffer kept[2];    /* with --json: the first KEPT_MAX bytes */
    uint64_t said[2];         /* of so many */
    struct lines lines[2];    /* with --json --live */
    uint32_t ms;
    bool stopping;
    bool done;
    int status;
};

static void stop_job(struct one *one)
{
    if (one->stopping)
        return;
    one->stopping = true;
    remote_job_signal(one->job, 0);
}

static void put(struct one *one, bool is_error, const uint8_t *bytes, size_t size)
{
    struct console *console = one->session->console;
    struct output *output = is_error ? &console->error : &console->out;

    if (output->terminal && !one->order->raw) {
        if (screen_feed(&one->screens[is_error], bytes, size, &output->pending) < 0)
            output->closed = true;
        output_flush(output);
    } else {
        output_write(output, bytes, size);
    }
    /* Nobody reads any more: what the machine would do is in vain, as under a local pipe. */
    if (console->out.closed)
        stop_job(one);
}

static int keep(struct one *one, bool is_error, const uint8_t *bytes, size_t size)
{
    struct buffer *kept = &one->kept[is_error];
    size_t room = KEPT_MAX - buffer_length(kept);

    one->said[is_error] += size;
    return buffer_append(kept, bytes, size < room ? size : room);
}

static void on_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                      size_t size, uint32_t ms, void *user)
{
    struct one *one = user;
    struct console *console = one->session->console;
    bool is_error = kind == FRAME_ERR;

    (void)job;
    one->ms = ms;
    cast_output(one->cast, ms, bytes, size);
    if (one->order->aside && !is_error && !console->common.json) {
        if (buffer_length(one->order->aside) + size <= ASIDE_MAX)
            buffer_append(one->order->aside, bytes, size);
    } else if (!console->common.json)
        put(one, is_error, bytes, size);
    else if (one->order->live)
        run_lines_json(console, one->machine->name, is_error, ms, &one->lines[is_error],
                       &(struct slice){.bytes = bytes, .size = size});
    else if (keep(one, is_error, bytes, size) < 0)
        stop_job(one);
}

static void on_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    struct one *one = user;
    struct output *error = &one->session->console->error;

    (void)job;
    output_coloured(error, COLOUR_YELLOW, "hune: ");
    output_print(error, "%s: ", one->machine->name);
    if (text_append_printable_line(&error->pending, text, size) < 0)
        error->closed = true;
    output_print(error, "\n");
    output_flush(error);
}

static void on_interrupted(struct remote_job *job, bool interrupted_now, void *user)
{
    struct one *one = user;
    struct output *error = &one->session->console->error;

    if (!remote_job_is_accepted(job))
        return; /* nothing runs yet; how it ends is told then */
    output_print(error,
                 interrupted_now
                     ? _("hune: %s: the connection is lost; the job goes on, trying again\n")
                     : _("hune: %s: connected again\n"),
                 one->machine->name);
    output_flush(error);
}

static void on_writable(struct remote_job *job, void *user)
{
    struct one *one = user;

    (void)job;
    feeder_resume(one->feeder);
}

static void finish_output(struct one *one)
{
    struct console *console = one->session->console;

    for (size_t i = 0; i < ELEMENTS_OF(one->lines); i++)
        run_lines_json(console, one->machine->name, i == 1, one->ms, &one->lines[i], NULL);
    if (screen_finish(&one->screens[0], &console->out.pending) < 0 ||
        screen_finish(&one->screens[1], &console->error.pending) < 0)
        console->out.closed = true;
    output_flush(&console->out);
    output_flush(&console->error);
}

static void on_end(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                   void *user)
{
    struct one *one = user;
    struct console *console = one->session->console;
    bool keeps = console->common.json && !one->order->live;
    struct trouble told;
    const struct ending ending = {
        .machine = one->machine->name,
        .state = state,
        .trouble = trouble ? &told : NULL,
        .job = remote_job_id(job),
        .out = keeps ? &one->kept[0] : NULL,
        .err = keeps ? &one->kept[1] : NULL,
        .said = {one->said[0], one->said[1]},
        .ms = one->ms,
    };

    if (trouble)
        told = *trouble;
    if (trouble && one->attached)
        job_name_right(&told);
    finish_output(one);
    one->feeder = feeder_stop(one->feeder);
    one->status = console->out.closed ? STATUS_SIGNALLED + SIGPIPE : outcome_exit_status(state);
    /* A remote code is the command's own affair, as under a shell, but at the prompt nobody sees
     * it. */
    if (!console->out.closed &&
        (console->common.json || one->order->tells || state.state != STATE_EXITED || trouble))
        renderer_of(console)->ending(console, &ending);
    one->done = true;
}

/* The job's id alone on standard output, for scripts; what to do with it beside it. */
static void on_detached(struct remote_job *job, struct job_state state,
                        const struct trouble *trouble, void *user)
{
    struct one *one = user;
    struct console *console = one->session->console;
    _cleanup_free_ char *again = NULL;
    char id[UUID_TEXT_SIZE];

    if (trouble || console->common.json) {
        on_end(job, state, trouble, user);
    } else {
        one->feeder = feeder_stop(one->feeder);
        uuid_format(remote_job_id(job), id);
        output_print(&console->out, "%s\n", id);
        output_flush(&console->out);
        again = job_attach_command(one->machine->name, remote_job_id(job));
        if (again && console->error.terminal)
            output_print(&console->error, _("hune: it runs on %s; follow it with: %s\n"),
                         one->machine->name, again);
        output_flush(&console->error);
    }
    if (!trouble)
        one->status = STATUS_OK;
    one->done = true;
}

static const struct remote_job_events detach_events = {
    .on_writable = on_writable,
    .on_end = on_detached,
};

static const struct remote_job_events events = {
    .on_output = on_output,
    .on_note = on_note,
    .on_interrupted = on_interrupted,
    .on_writable = on_writable,
    .on_end = on_end,
};

static void leave(struct one *one)
{
    _cleanup_free_ char *again = job_attach_command(one->machine->name, remote_job_id(one->job));
    char hint[512];

    snprintf(hint, sizeof(hint), _("Follow it again with: %s"), again ? again : "hune attach");
    if (remote_job_is_sent(one->job))
        complain_say(&one->session->console->error, hint,
                     _("Left; the job may go on running on %s."), one->machine->name);
    else
        complain_say(&one->session->console->error, NULL, _("Given up; nothing was sent to %s."),
                     one->machine->name);
    one->status = STATUS_SIGNALLED + SIGINT;
    one->done = true;
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct one *one = session->user;

    /* The terminal shows ^C where the cursor is. */
    output_print(&session->console->error, "%s", session->console->error.terminal ? "\n" : "");
    if (times > 1 || !remote_job_is_accepted(one->job)) {
        leave(one);
        return;
    }
    output_print(&session->console->error,
                 _("hune: stopping it on %s; Ctrl-C again leaves it alone\n"), one->machine->name);
    output_flush(&session->console->error);
    stop_job(one);
}

static int start(struct one *one, struct link *link)
{
    const struct run_order *order = one->order;
    const struct errand errand = {
        .verb = VERB_RUN,
        .user = run_user(order, one->machine),
        .deadline_s = (uint32_t)order->deadline_s,
        .payload = {.bytes = buffer_bytes(&order->payload), .size = buffer_length(&order->payload)},
    };
    int error;

    if (one->attached)
        error = remote_job_attach(&one->job, link, one->attached->id, one->from, 0, &events, one);
    else
        error = remote_job_start(&one->job, link, &errand, !order->detach,
                                 order->detach ? &detach_events : &events, one);
    if (link_state(link) == LINK_WAITING) {
        output_print(&one->session->console->error,
                     _("hune: waiting for the connection to %s; Ctrl-C gives up\n"),
                     one->machine->name);
        output_flush(&one->session->console->error);
    }
    if (!error && order->input >= 0 && !one->done)
        remote_job_expect_input(one->job);
    if (!error && order->input >= 0 && !one->done)
        error = feeder_start(&one->feeder, &one->session->loop, order->input, one->job);
    return error;
}

static int follow(struct one *at, uint32_t machine)
{
    struct session *session = at->session;
    struct link *link;
    int error = link_pool_take(session->pool, machine, &link);

    if (!error) {
        session_catch(session, on_interrupt, at);
        error = start(at, link);
        if (!error)
            session_wait(session, &at->done);
        session_catch(session, NULL, NULL);
        feeder_stop(at->feeder);
        remote_job_detach(at->job);
        link_pool_release(session->pool, machine);
    }
    if (error) {
        complain(&session->console->error, at->machine->name, _("The order cannot be given."),
                 strerror(-error), NULL);
        at->status = STATUS_FAILED;
    }
    for (size_t i = 0; i < ELEMENTS_OF(at->kept); i++) {
        buffer_deinit(&at->kept[i]);
        lines_deinit(&at->lines[i]);
    }
    return at->status;
}

static int record(struct one *one)
{
    _cleanup_buffer_ struct buffer command = BUFFER_INIT;
    const struct buffer *payload = &one->order->payload;
    const struct terminal_size size = record_size();
    struct command_view view;
    struct cast_head head = {
        .columns = size.columns,
        .rows = size.rows,
        .title = one->machine->name,
        .terminal = getenv("TERM"),
        .is_plain = true,
    };

    if (!command_decode(&view, buffer_slice(payload)) && !command_describe(&view, &command))
        head.command = buffer_text(&command);
    return record_begin(one->session->console, one->order->record, &head, &one->cast);
}

int run_one(struct session *session, uint32_t machine, struct run_order *order)
{
    struct one one = {
        .session = session, .machine = &session->fleet->machines[machine], .order = order};
    int status = order->record ? record(&one) : STATUS_OK;

    if (!status)
        status = follow(&one, machine);
    record_end(session->console, order->record, one.cast);
    return status;
}

int run_attach(struct session *session, uint32_t machine, const struct job_object *object,
               uint64_t from, const struct run_order *order)
{
    struct one one = {
        .session = session,
        .machine = &session->fleet->machines[machine],
        .order = order,
        .attached = object,
        .from = from,
    };

    return follow(&one, machine);
}
