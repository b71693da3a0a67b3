/* A command on many machines: gives the order, wave by wave, and brings in what comes of it. What
 * is said live passes through here, line by line; everything else is in the harvest and is shown at
 * the end (run-show.c). */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/input.h"
#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "cli/run-show.h"
#include "cli/run.h"
#include "fleet/fanout-task.h"
#include "fleet/harvest.h"
#include "proto/command.h"

/* One machine's lines, while they are shown live. */
struct speaker {
    struct lines lines[2]; /* stdout, stderr */
    char *prefix;
};

struct many {
    struct session *session;
    const struct selection *selection;
    const struct run_order *order;
    enum run_view view;
    struct fanout *fanout;
    struct fanout_job job;
    struct harvest *harvest;
    struct wave wave;
    struct progress progress;
    uv_timer_t deadline;      /* of the whole run */
    const char **names;       /* by position */
    const char **hosts;       /* by position */
    struct speaker *speakers; /* by position; live only */
    struct buffer input;
    struct buffer command; /* as people read it */
    int status;            /* with --detach: of the orders, not of what they do */
    bool stopping;         /* no new machine begins */
    bool done;
};

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
    if (many->stopping)
        return;
    many->stopping = true;
    for (uint32_t i = 0; i < many->selection->count; i++) {
        struct remote_job *job = fanout_result(many->fanout, i)->is_done
                                     ? NULL
                                     : fanout_job_at(many->fanout, i);

        if (job)
            remote_job_signal(job, 0);
    }
    fanout_begin_no_more(many->fanout);
}

/* ---- live ---- */

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

static void put_lines(struct many *many, uint32_t position, bool is_error, const uint8_t *bytes,
                      size_t size)
{
    struct console *console = many->session->console;
    struct output *output = is_error ? &console->error : &console->out;
    struct speaker *speaker = &many->speakers[position];
    struct lines *lines = &speaker->lines[is_error];

    if (!speaker->prefix &&
        make_prefix(&console->out, many->names[position], position, &speaker->prefix) < 0)
        return;
    lines->prefix = speaker->prefix;
    lines->safe = output->terminal && !many->order->raw;
    if (lines_feed(lines, bytes, size, &output->pending) < 0)
        output->closed = true;
    if (buffer_length(&output->pending) == 0)
        return;
    progress_erase(&many->progress);
    output_flush(output);
}

static void speaker_finish(struct many *many, struct speaker *speaker)
{
    struct console *console = many->session->console;

    if (lines_finish(&speaker->lines[0], &console->out.pending) < 0 ||
        lines_finish(&speaker->lines[1], &console->error.pending) < 0)
        console->out.closed = true;
    if (buffer_length(&console->out.pending) > 0 || buffer_length(&console->error.pending) > 0)
        progress_erase(&many->progress);
    output_flush(&console->out);
    output_flush(&console->error);
}

static void speaker_deinit(struct speaker *speaker)
{
    for (size_t i = 0; i < ELEMENTS_OF(speaker->lines); i++)
        lines_deinit(&speaker->lines[i]);
    free(speaker->prefix);
    *speaker = (struct speaker){0};
}

/* ---- what comes ---- */

static void on_output(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct many *many = user;
    struct console *console = many->session->console;
    uint32_t position = position_of(many, machine);
    bool is_error = kind == FRAME_ERR;

    (void)job;
    if (harvest_say(many->harvest, position, is_error, bytes, size, ms) < 0) {
        complain_no_memory(&console->error);
        stop_all(many);
    }
    if (console->common.json && many->order->live)
        run_lines_json(console, many->names[position], is_error, ms,
                       &many->speakers[position].lines[is_error],
                       &(struct slice){.bytes = bytes, .size = size});
    else if (many->view == RUN_VIEW_LIVE)
        put_lines(many, position, is_error, bytes, size);
    if (console->out.closed)
        stop_all(many);
}

static void on_note(struct remote_job *job, uint32_t machine, const char *text, size_t size,
                    void *user)
{
    struct many *many = user;
    struct output *error = &many->session->console->error;

    (void)job;
    progress_erase(&many->progress);
    output_print(error, "hune: %s: ", many->names[position_of(many, machine)]);
    if (text_append_printable_line(&error->pending, text, size) < 0)
        error->closed = true;
    output_print(error, "\n");
    output_flush(error);
}

static void on_accepted(struct remote_job *job, uint32_t machine, void *user)
{
    struct many *many = user;

    harvest_accepted(many->harvest, position_of(many, machine), remote_job_id(job));
    /* Ctrl-C was pressed while the order was on its way. */
    if (many->stopping)
        remote_job_signal(job, 0);
}

static void on_interrupted(struct remote_job *job, uint32_t machine, bool interrupted, void *user)
{
    struct many *many = user;

    (void)job;
    harvest_away(many->harvest, position_of(many, machine), interrupted);
}

static void end_json(struct many *many, uint32_t position, const struct fanout_result *result)
{
    struct console *console = many->session->console;
    const struct harvest_machine *machine = harvest_machine(many->harvest, position);
    struct buffer said[2] = {BUFFER_INIT, BUFFER_INIT};
    bool keeps = !many->order->live && machine->has_job;
    const struct ending ending = {
        .machine = many->names[position],
        .state = result->state,
        .trouble = result->trouble,
        .job = machine->has_job ? machine->job : NULL,
        .out = keeps ? &said[0] : NULL,
        .err = keeps ? &said[1] : NULL,
        .ms = machine->ms,
    };

    for (size_t i = 0; i < 2 && many->order->live; i++)
        run_lines_json(console, many->names[position], i == 1, machine->ms,
                       &many->speakers[position].lines[i], NULL);
    for (size_t i = 0; i < 2 && keeps; i++)
        transcript_copy(harvest_transcripts(many->harvest), &machine->text[i], UINT64_MAX,
                        &said[i]);
    renderer_of(console)->ending(console, &ending);
    for (size_t i = 0; i < 2; i++)
        buffer_deinit(&said[i]);
}

/* The sentence and the hint for a machine that did not end well. The place is left out, so that a
 * thousand machines without an answer are one paragraph. */
static int describe_failure(const struct many *many, const struct fanout_result *result,
                            struct buffer *text, struct buffer *hint)
{
    struct trouble trouble;
    int error;

    if (!result->trouble || ending_is_loss(result->state, result->trouble)) {
        error = ending_describe(result->state, text);
    } else {
        trouble = *result->trouble;
        trouble.where[0] = '\0';
        trouble.has_pinned = trouble.has_seen = false;
        complain_shorten(&trouble);
        error = trouble_describe(&trouble, text);
        if (!error)
            error = complain_hint(hint, result->trouble, many->session->signer);
    }
    return !error && (!buffer_text(text) || !buffer_text(hint)) ? -ENOMEM : error;
}

static int bring_in(struct many *many, uint32_t position, const struct fanout_result *result,
                    bool is_ok)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT, hint = BUFFER_INIT;
    const char *problem = result->trouble ? trouble_word(result->trouble) : NULL;
    int error = is_ok ? 0 : describe_failure(many, result, &text, &hint);

    if (error)
        return error;
    return harvest_end(many->harvest, position, result->state, problem,
                       is_ok ? NULL : buffer_text(&text), is_ok ? NULL : buffer_text(&hint));
}

static void tell_wave(struct many *many, enum wave_step step)
{
    struct output *error = &many->session->console->error;
    const struct wave *wave = &many->wave;

    if (step == WAVE_NEXT && !error->terminal && !many->session->console->common.json)
        output_print(error, _("hune: wave %u of %u\n"), wave->number, wave->count);
    if (step == WAVE_OVER) {
        progress_erase(&many->progress);
        output_print(error,
                     wave_is_canary(wave)
                         ? _("hune: a canary failed: no other machine is asked\n")
                         : _("hune: %u machines failed, more than may: no other one is asked\n"),
                     wave->failed);
    }
    output_flush(error);
}

/* "web1: 0192…": the job that it became; hune jobs and hune attach know it. */
static void show_detached(struct many *many, uint32_t position)
{
    struct output *output = &many->session->console->out;
    char id[UUID_TEXT_SIZE];

    uuid_format(harvest_machine(many->harvest, position)->job, id);
    progress_erase(&many->progress);
    output_coloured(output, COLOUR_BOLD, many->names[position]);
    output_print(output, ": %s\n", id);
    output_flush(output);
}

/* With --detach, having taken the order is all that is asked for. */
static bool went_well(const struct many *many, const struct fanout_result *result)
{
    if (result->trouble)
        return false;
    return many->order->detach ||
           (result->state.state == STATE_EXITED && result->state.detail == 0);
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct many *many = user;
    struct console *console = many->session->console;
    uint32_t position = position_of(many, machine);
    bool is_ok = went_well(many, result);
    enum wave_step step;

    if (!is_ok && outcome_exit_status(result->state) > many->status)
        many->status = outcome_exit_status(result->state);

    if (console->common.json) {
        end_json(many, position, result);
    } else if (many->order->detach && is_ok) {
        show_detached(many, position);
    } else if (many->view == RUN_VIEW_LIVE) {
        speaker_finish(many, &many->speakers[position]);
    }
    if (many->speakers)
        speaker_deinit(&many->speakers[position]);
    if (bring_in(many, position, result, is_ok) < 0) {
        complain_no_memory(&console->error);
        stop_all(many);
    }
    step = wave_ended(&many->wave, is_ok);
    if (step == WAVE_SAME || many->stopping)
        return;
    tell_wave(many, step);
    if (step == WAVE_NEXT)
        fanout_set_limit(fanout, many->wave.limit);
    else
        fanout_begin_no_more(fanout);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct many *many = user;

    (void)fanout;
    many->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* Stands before the fan-out's own start: each machine has its own user. */
static int start_visit(struct fanout_visit *visit, void *user)
{
    struct many *many = user;
    uint32_t machine = fanout_visit_machine(visit);

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
    struct output *error = &session->console->error;

    progress_erase(&many->progress);
    if (times > 1) {
        complain_say(error, NULL, "%s", _("Left; jobs may go on running."));
        fanout_stop(many->fanout);
        return;
    }
    output_print(error, "%s%s\n", error->terminal ? "\n" : "",
                 _("hune: stopping it everywhere; Ctrl-C again leaves it alone"));
    output_flush(error);
    stop_all(many);
}

/* ---- before and after ---- */

static int make_names(struct many *many)
{
    uint32_t count = many->selection->count;

    many->names = calloc(count + 1, sizeof(*many->names));
    many->hosts = calloc(count + 1, sizeof(*many->hosts));
    if (many->view == RUN_VIEW_LIVE)
        many->speakers = calloc(count + 1, sizeof(*many->speakers));
    if (!many->names || !many->hosts || (many->view == RUN_VIEW_LIVE && !many->speakers))
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const struct machine *machine =
            &many->session->fleet->machines[many->selection->indices[i]];

        many->names[i] = machine->name;
        many->hosts[i] = machine->host;
    }
    return 0;
}

static int make_harvest(struct many *many)
{
    struct console *console = many->session->console;
    const struct run_order *order = many->order;
    struct command_view view;
    struct stored_run run = {
        .started_ms = clock_wall_ms(),
        .selector = order->selector ? order->selector : "",
        .as = order->as ? order->as : "",
        .payload = {buffer_bytes(&order->payload), buffer_length(&order->payload)},
        .has_input = order->input >= 0,
        .machines = many->selection->count,
    };
    struct harvest_settings settings = {
        .names = many->names,
        .count = many->selection->count,
        .split = console->common.json,
        .store = console_store(console),
        .run = &run,
    };

    if (command_decode(&view, run.payload) || command_describe(&view, &many->command) < 0)
        return -ENOMEM;
    run.command = buffer_text(&many->command);
    /* Where the store cannot be, nothing else of ours can. */
    if (!settings.store)
        settings.directory = P_tmpdir;
    else if (console_data_directory(console, &settings.directory))
        settings.directory = NULL;
    return run.command ? harvest_new(&many->harvest, &settings) : -ENOMEM;
}

static int prepare(struct many *many)
{
    const struct run_order *order = many->order;
    struct wave_settings waves = order->wave;
    int error = make_names(many);

    if (!error && order->input >= 0)
        error = fd_read_all(order->input, INPUT_MAX, &many->input);
    if (!error)
        error = make_harvest(many);
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
        .on_interrupted = on_interrupted,
        .user = many,
    };
    fanout_job_init(&many->job);
    waves.machines = many->selection->count;
    wave_init(&many->wave, &waves);
    return error;
}

/* A machine that stops its job in time has ended long before; one that is gone is waited for no
 * longer. */
static uint32_t patience_ms(const struct run_order *order)
{
    enum { GRACE_S = 30 };
    uint64_t seconds = order->deadline_s + GRACE_S;

    if (order->deadline_s == 0 || order->detach)
        return 0;
    return seconds > UINT32_MAX / 1000 ? 0 : (uint32_t)(seconds * 1000);
}

static void on_deadline(uv_timer_t *timer)
{
    struct many *many = timer->data;

    progress_erase(&many->progress);
    complain_say(&many->session->console->error,
                 _("Jobs that run may go on; hune jobs shows them."), "%s",
                 _("The time of the whole run is up (--deadline)."));
    fanout_stop(many->fanout);
}

static int start(struct many *many)
{
    const struct fanout_task task = {.start = start_visit, .abandon = abandon_visit, .user = many};
    const struct fanout_settings settings = {
        .pool = many->session->pool,
        .machines = many->selection->indices,
        .count = many->selection->count,
        .at_once = many->order->at_once,
        .timeout_ms = patience_ms(many->order),
        .task = &task,
        .events = &events,
        .user = many,
    };
    int error = prepare(many);

    if (!error)
        error = fanout_new(&many->fanout, &settings);
    if (error)
        return error;
    fanout_set_limit(many->fanout, many->wave.limit);
    progress_start(&many->progress, &many->session->loop, many->session->console, many->harvest,
                   &many->wave, many->view == RUN_VIEW_GATHER);
    uv_timer_init(&many->session->loop, &many->deadline);
    many->deadline.data = many;
    if (many->order->whole_s)
        uv_timer_start(&many->deadline, on_deadline, many->order->whole_s * 1000, 0);
    fanout_start(many->fanout);
    return 0;
}

/* Few files may be open here, so few machines are visited at once. */
static void tell_few(const struct many *many)
{
    uint32_t at_once = fanout_at_once(many->fanout);

    if (many->order->at_once && many->order->at_once <= at_once)
        return;
    if (at_once < many->selection->count)
        complain_say(&many->session->console->error,
                     _("ulimit -n tells how many files may be open; raise it for more at once."),
                     _("%u machines at a time, because of the limit of open files."), at_once);
}

static void many_deinit(struct many *many)
{
    fanout_free(many->fanout);
    for (uint32_t i = 0; many->speakers && i < many->selection->count; i++)
        speaker_deinit(&many->speakers[i]);
    free(many->speakers);
    harvest_free(many->harvest);
    free(many->names);
    free(many->hosts);
    buffer_deinit(&many->input);
    buffer_deinit(&many->command);
}

static void tell_again(struct many *many)
{
    struct output *error = &many->session->console->error;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    if (harvest_number(many->harvest) == 0 ||
        harvest_counts(many->harvest).ok == harvest_size(many->harvest))
        return;
    if (run_again_line(many->order, "@last.failed", &line) == 0 && buffer_text(&line))
        output_print(error, _("hune: again: %s\n"), buffer_text(&line));
    output_flush(error);
}

static void show(struct many *many)
{
    struct console *console = many->session->console;
    const struct show_options options = {
        .raw = many->order->raw,
        .diff = many->order->diff,
        .similar = many->order->similar,
        .hosts = many->hosts,
    };

    if (many->view == RUN_VIEW_GATHER)
        show_answers(console, many->harvest, &options);
    else if (many->view == RUN_VIEW_SORTED)
        show_lines(console, many->harvest, many->order->raw);
    if (transcripts_disk_error(harvest_transcripts(many->harvest)))
        complain(&console->error, NULL,
                 _("Not all that the machines said could be held; what is cut is told."),
                 strerror(transcripts_disk_error(harvest_transcripts(many->harvest))),
                 _("Outputs that are too large for memory go to ~/.local/share/hune."));
    if (console->common.json)
        return;
    show_failures(console, many->harvest);
    show_summary(console, many->harvest);
    tell_again(many);
}

static enum run_view choose_view(const struct console *console, const struct run_order *order)
{
    if (console->common.json)
        return order->live ? RUN_VIEW_LIVE : RUN_VIEW_BEST;
    if (order->detach)
        return RUN_VIEW_LIVE;
    if (order->view != RUN_VIEW_BEST)
        return order->view;
    return console->out.terminal ? RUN_VIEW_GATHER : RUN_VIEW_LIVE;
}

int run_many(struct session *session, const struct selection *selection, struct run_order *order)
{
    struct many many = {.session = session,
                        .selection = selection,
                        .order = order,
                        .view = choose_view(session->console, order)};
    int status = STATUS_FAILED;
    int error;

    files_raise_limit();
    error = start(&many);
    if (error) {
        complain(&session->console->error, NULL, _("The order cannot be given."), strerror(-error),
                 NULL);
    } else {
        tell_few(&many);
        session_catch(session, on_interrupt, &many);
        session_wait(session, &many.done);
        session_catch(session, NULL, NULL);
        uv_close((uv_handle_t *)&many.deadline, NULL);
        progress_stop(&many.progress);
        status = order->detach ? many.status : fanout_exit_status(many.fanout);
        harvest_close(many.harvest, status);
        show(&many);
    }
    many_deinit(&many);
    return status;
}
