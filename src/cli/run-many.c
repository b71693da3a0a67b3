/* A command on many machines: lines behind the machine's name as they come, or equal outputs folded
 * at the end; then what went wrong, folded too. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/gather.h"
#include "cli/input.h"
#include "cli/lines.h"
#include "cli/render.h"
#include "cli/run.h"
#include "fleet/fanout-task.h"

/* One machine's part. */
struct share {
    struct lines lines[2]; /* stdout, stderr */
    char *prefix;
    struct buffer kept[2]; /* --gather: both in [0]; --json: each for itself */
    uint8_t job[UUID_SIZE];
    bool has_job;
    uint32_t ms;
};

struct many {
    struct session *session;
    const struct selection *selection;
    const struct run_order *order;
    struct fanout *fanout;
    struct fanout_job job;
    struct share *shares; /* by position */
    struct gather answers;
    struct gather failures; /* the same trouble, told once */
    struct buffer input;
    uint32_t failed;
    int status;    /* with --detach: of the orders, not of what they do */
    bool stopping; /* no new machine begins */
    bool done;
};

static const char *name_of(const struct many *many, uint32_t machine)
{
    return many->session->fleet->machines[machine].name;
}

static int compare_index(const void *key, const void *element)
{
    uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)element;

    return a < b ? -1 : a > b;
}

/* Selections are ascending. */
static uint32_t position_of(const struct many *many, uint32_t machine)
{
    const uint32_t *indices = many->selection->indices;
    const uint32_t *found = bsearch(&machine, indices, many->selection->count, sizeof(*indices),
                                    compare_index);

    return (uint32_t)(found - indices);
}

static void stop_all(struct many *many)
{
    many->stopping = true;
    for (uint32_t i = 0; i < many->selection->count; i++) {
        struct remote_job *job = fanout_result(many->fanout, i)->is_done
                                     ? NULL
                                     : fanout_job_at(many->fanout, i);

        if (job)
            remote_job_signal(job, 0);
    }
}

/* Names differ in colour, so that the eye can follow one of them. */
static int make_prefix(const struct output *output, const char *name, uint32_t position,
                       char **prefix_out)
{
    static const enum colour colours[] = {COLOUR_CYAN, COLOUR_GREEN, COLOUR_YELLOW};

    if (asprintf(prefix_out, "%s%s:%s ",
                 output_colour(output, colours[position % ELEMENTS_OF(colours)]), name,
                 output_plain(output)) < 0) {
        *prefix_out = NULL;
        return -ENOMEM;
    }
    return 0;
}

static void put_lines(struct many *many, uint32_t machine, struct share *share, bool is_error,
                      const uint8_t *bytes, size_t size)
{
    struct console *console = many->session->console;
    struct output *output = is_error ? &console->error : &console->out;
    struct lines *lines = &share->lines[is_error];

    if (!share->prefix && make_prefix(&console->out, name_of(many, machine),
                                      position_of(many, machine), &share->prefix) < 0)
        return;
    lines->prefix = share->prefix;
    lines->safe = output->terminal && !many->order->raw;
    if (lines_feed(lines, bytes, size, &output->pending) < 0)
        output->closed = true;
    output_flush(output);
}

static void on_output(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct many *many = user;
    struct console *console = many->session->console;
    struct share *share = &many->shares[position_of(many, machine)];
    bool is_error = kind == FRAME_ERR;

    (void)job;
    share->ms = ms;
    if (console->common.json && many->order->live)
        run_lines_json(console, name_of(many, machine), is_error, ms, &share->lines[is_error],
                       &(struct slice){.bytes = bytes, .size = size});
    else if (console->common.json || many->order->gather)
        buffer_append(&share->kept[is_error && console->common.json], bytes, size);
    else
        put_lines(many, machine, share, is_error, bytes, size);
    if (console->out.closed && !many->stopping)
        stop_all(many);
}

static void on_note(struct remote_job *job, uint32_t machine, const char *text, size_t size,
                    void *user)
{
    struct many *many = user;
    struct output *error = &many->session->console->error;

    (void)job;
    output_print(error, "hune: %s: ", name_of(many, machine));
    if (text_append_printable_line(&error->pending, text, size) < 0)
        error->closed = true;
    output_print(error, "\n");
    output_flush(error);
}

static void on_accepted(struct remote_job *job, uint32_t machine, void *user)
{
    struct many *many = user;
    struct share *share = &many->shares[position_of(many, machine)];

    memcpy(share->job, remote_job_id(job), sizeof(share->job));
    share->has_job = true;
    /* Ctrl-C was pressed while the order was on its way. */
    if (many->stopping)
        remote_job_signal(job, 0);
}

/* Puts a failure among its like: "sentence NUL hint NUL". The place is left out, so that a thousand
 * machines without an answer are one paragraph. */
static void keep_failure(struct many *many, const char *name, const struct fanout_result *result)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int error;

    many->failed++;
    if (result->trouble) {
        struct trouble trouble = *result->trouble;

        trouble.where[0] = '\0';
        trouble.has_pinned = trouble.has_seen = false;
        complain_shorten(&trouble);
        error = trouble_describe(&trouble, &text);
        if (!error)
            error = buffer_append(&text, "", 1);
        if (!error)
            error = complain_hint(&text, result->trouble, many->session->signer);
    } else {
        error = ending_describe(result->state, &text);
        if (!error)
            error = buffer_append(&text, "", 1);
    }
    if (!error)
        error = buffer_append(&text, "", 1);
    if (!error)
        gather_add(&many->failures, name, result->state.state, &text);
}

static void end_json(struct many *many, const char *name, struct share *share,
                     const struct fanout_result *result)
{
    struct console *console = many->session->console;
    const struct ending ending = {
        .machine = name,
        .state = result->state,
        .trouble = result->trouble,
        .job = share->has_job ? share->job : NULL,
        .out = many->order->live || !share->has_job ? NULL : &share->kept[0],
        .err = many->order->live || !share->has_job ? NULL : &share->kept[1],
        .ms = share->ms,
    };

    for (size_t i = 0; i < ELEMENTS_OF(share->lines) && many->order->live; i++)
        run_lines_json(console, name, i == 1, share->ms, &share->lines[i], NULL);
    renderer_of(console)->ending(console, &ending);
}

static void share_deinit(struct share *share)
{
    for (size_t i = 0; i < ELEMENTS_OF(share->lines); i++) {
        lines_deinit(&share->lines[i]);
        buffer_deinit(&share->kept[i]);
    }
    free(share->prefix);
    share->prefix = NULL;
}

/* "web1: 0192…": the job that it became; hune jobs and hune attach know it. */
static void show_detached(struct many *many, const char *name, const struct share *share)
{
    struct output *output = &many->session->console->out;
    char id[UUID_TEXT_SIZE];

    uuid_format(share->job, id);
    output_coloured(output, COLOUR_BOLD, name);
    output_print(output, ": %s\n", id);
    output_flush(output);
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct many *many = user;
    struct console *console = many->session->console;
    struct share *share = &many->shares[position_of(many, machine)];
    const char *name = name_of(many, machine);

    (void)fanout;
    if (result->trouble && outcome_exit_status(result->state) > many->status)
        many->status = outcome_exit_status(result->state);
    if (console->common.json) {
        end_json(many, name, share, result);
    } else if (many->order->detach && !result->trouble) {
        show_detached(many, name, share);
    } else {
        if (lines_finish(&share->lines[0], &console->out.pending) < 0 ||
            lines_finish(&share->lines[1], &console->error.pending) < 0)
            console->out.closed = true;
        output_flush(&console->out);
        output_flush(&console->error);
        if (many->order->gather && share->has_job)
            gather_add(&many->answers, name, 0, &share->kept[0]);
        if (result->state.state != STATE_EXITED || result->state.detail != 0 || result->trouble)
            keep_failure(many, name, result);
    }
    share_deinit(share);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct many *many = user;

    (void)fanout;
    many->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* Stands before the fan-out's own start: each machine has its own user, and after Ctrl-C none is
 * begun any more. */
static int start_visit(struct fanout_visit *visit, void *user)
{
    struct many *many = user;
    uint32_t machine = fanout_visit_machine(visit);

    if (many->stopping) {
        fanout_visit_end(visit, (struct job_state){.state = STATE_UNSENT}, NULL);
        return 0;
    }
    many->job.errand.user = run_user(many->order, &many->session->fleet->machines[machine]);
    return many->job.task.start(visit, many->job.task.user);
}

static enum state abandon_visit(struct fanout_visit *visit, void *user)
{
    struct many *many = user;

    return many->job.task.abandon(visit, many->job.task.user);
}

static void on_interrupt(struct session *session, unsigned times)
{
    struct many *many = session->user;

    if (times > 1) {
        complain_say(&session->console->error, NULL, "%s", _("Left; jobs may go on running."));
        fanout_stop(many->fanout);
        return;
    }
    output_print(&session->console->error, "%s%s\n", session->console->error.terminal ? "\n" : "",
                 _("hune: stopping it everywhere; Ctrl-C again leaves it alone"));
    output_flush(&session->console->error);
    stop_all(many);
}

static void show_answers(struct many *many)
{
    struct output *output = &many->session->console->out;

    for (size_t i = 0; i < many->answers.count; i++) {
        struct gather_group *group = &many->answers.groups[i];
        size_t size = buffer_length(&group->output);
        const uint8_t *bytes = buffer_bytes(&group->output);

        output_print(output, "%s", output_colour(output, COLOUR_BOLD));
        if (gather_names(group, &output->pending) < 0)
            output->closed = true;
        output_print(output, group->count > 1 ? " (%zu):%s\n" : ":%.0zu%s\n",
                     group->count > 1 ? group->count : 0, output_plain(output));
        if (size == 0)
            output_coloured(output, COLOUR_DIM, _("(no output)\n"));
        if (output->terminal && !many->order->raw) {
            if (text_append_printable(&output->pending, bytes, size) < 0)
                output->closed = true;
        } else if (size > 0) {
            output_bytes(output, bytes, size);
        }
        if (size > 0 && bytes[size - 1] != '\n')
            output_print(output, "\n");
    }
    output_flush(output);
}

static void show_failures(struct many *many)
{
    struct output *error = &many->session->console->error;

    for (size_t i = 0; i < many->failures.count; i++) {
        struct gather_group *group = &many->failures.groups[i];
        _cleanup_buffer_ struct buffer names = BUFFER_INIT;
        const char *text = (const char *)buffer_bytes(&group->output);

        if (gather_names(group, &names) < 0)
            return;
        complain(error, buffer_text(&names), text, NULL, text + strlen(text) + 1);
    }
    if (many->failed > 0) {
        output_print(error,
                     ngettext("hune: %u of %u machine failed\n", "hune: %u of %u machines failed\n",
                              many->selection->count),
                     many->failed, many->selection->count);
        output_flush(error);
    }
}

static int prepare(struct many *many)
{
    const struct run_order *order = many->order;
    int error = 0;

    many->shares = calloc(many->selection->count, sizeof(*many->shares));
    if (!many->shares)
        return -ENOMEM;
    if (order->input >= 0)
        error = fd_read_all(order->input, INPUT_MAX, &many->input);
    many->job = (struct fanout_job){
        .errand = {.verb = VERB_RUN,
                   .deadline_s = (uint32_t)order->deadline_s,
                   .payload = {.bytes = buffer_bytes(&order->payload),
                               .size = buffer_length(&order->payload)}},
        .input = {.bytes = buffer_bytes(&many->input), .size = buffer_length(&many->input)},
        .has_input = order->input >= 0,
        .detach = order->detach,
        .on_accepted = on_accepted,
        .on_output = on_output,
        .on_note = on_note,
        .user = many,
    };
    fanout_job_init(&many->job);
    return error;
}

static int start(struct many *many)
{
    const struct fanout_task task = {.start = start_visit, .abandon = abandon_visit, .user = many};
    const struct fanout_settings settings = {
        .pool = many->session->pool,
        .machines = many->selection->indices,
        .count = many->selection->count,
        .at_once = many->order->at_once,
        .task = &task,
        .events = &events,
        .user = many,
    };
    int error = prepare(many);

    if (!error)
        error = fanout_new(&many->fanout, &settings);
    if (!error)
        fanout_start(many->fanout);
    return error;
}

static void many_deinit(struct many *many)
{
    fanout_free(many->fanout);
    if (many->shares) {
        for (uint32_t i = 0; i < many->selection->count; i++)
            share_deinit(&many->shares[i]);
    }
    free(many->shares);
    gather_deinit(&many->answers);
    gather_deinit(&many->failures);
    buffer_deinit(&many->input);
}

int run_many(struct session *session, const struct selection *selection, struct run_order *order)
{
    struct many many = {.session = session, .selection = selection, .order = order};
    int status = STATUS_FAILED;
    int error;

    files_raise_limit();
    error = start(&many);
    if (error) {
        complain(&session->console->error, NULL, _("The order cannot be given."), strerror(-error),
                 NULL);
    } else {
        session_catch(session, on_interrupt, &many);
        session_wait(session, &many.done);
        session_catch(session, NULL, NULL);
        show_answers(&many);
        show_failures(&many);
        status = order->detach ? many.status : fanout_exit_status(many.fanout);
    }
    many_deinit(&many);
    return status;
}
