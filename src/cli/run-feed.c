/* What comes from the machines of a run: lines that are shown live, everything else for the
 * harvest; and what each machine's end means for the others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/render.h"
#include "cli/run-many.h"

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

void speaker_deinit(struct speaker *speaker)
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
        many_stop(many);
    }
    if (console->common.json && many->order->live)
        run_lines_json(console, many->names[position], is_error, ms,
                       &many->speakers[position].lines[is_error],
                       &(struct slice){.bytes = bytes, .size = size});
    else if (many->view == RUN_VIEW_LIVE)
        put_lines(many, position, is_error, bytes, size);
    if (console->out.closed)
        many_stop(many);
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
        .said = {machine->text[0].size, machine->text[1].size},
        .ms = machine->ms,
    };

    for (size_t i = 0; i < 2 && many->order->live; i++)
        run_lines_json(console, many->names[position], i == 1, machine->ms,
                       &many->speakers[position].lines[i], NULL);
    for (size_t i = 0; i < 2 && keeps; i++)
        transcript_copy_from(harvest_transcripts(many->harvest), &machine->text[i], 0, UINT64_MAX,
                             &said[i]); /* it is not closed yet: its last piece is still open */
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

    /* One that took the order and was left is not silent, whatever ended the waiting. */
    if (!result->trouble || ending_is_loss(result->state, result->trouble) ||
        result->state.state == STATE_RUNNING) {
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

void many_take_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
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
        many_stop(many);
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

void many_feed(struct many *many, struct fanout_job *job)
{
    job->on_accepted = on_accepted;
    job->on_output = on_output;
    job->on_note = on_note;
    job->on_interrupted = on_interrupted;
    job->user = many;
}
