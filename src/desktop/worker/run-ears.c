/* What machines say in a run, on its way to the window and to the harvest. See run-private.h. */
#include "desktop/worker/run-private.h"

#include <string.h>

#include "base/text.h"
#include "desktop/text/facts-text.h"
#include "desktop/worker/news.h"
#include "fleet/home/i18n.h"

uint32_t run_position_of(const struct run *run, uint32_t slot)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(run->positions, GUINT_TO_POINTER(slot)));
}

/* ---- what machines say ---- */

static void on_accepted(struct remote_job *job, uint32_t slot, void *user)
{
    struct run *run = user;
    uint32_t position = run_position_of(run, slot);

    run->shares[position].is_accepted = true;
    harvest_accepted(run->harvest, position, remote_job_id(job));
    run_add_event(run, (struct order_event){.position = position, .kind = ORDER_ACCEPTED});
    if (run->is_stopping)
        remote_job_signal(job, 0);
}

static void show_output(struct run *run, uint32_t position, bool is_error, const uint8_t *bytes,
                        size_t size, uint32_t ms)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct share *share = &run->shares[position];

    share->said += size;
    if (display_feed(&share->display[is_error], bytes, size, &text) == 0)
        run_add_text(run, position, is_error ? ORDER_ERR : ORDER_OUT, &text, ms);
}

/* What is too much for the harvest, and where the machine is asked for it. */
static void keep_more(struct run *run, uint32_t position, uint64_t frame, const uint8_t *bytes,
                      size_t size)
{
    struct share *share = &run->shares[position];
    uint64_t said = share->said;
    uint64_t here = harvest_here(run->harvest, position);

    if (!share->kept)
        share->kept = kept_new(run->worker->paths.data, run->newest_max);
    kept_frame(share->kept, said, frame);
    if (here < said + size) {
        size_t skipped = here > said ? (size_t)(here - said) : 0;

        kept_say(share->kept, said + skipped, bytes + skipped, size - skipped);
    }
    run_quota_check(run, position);
}

/* Whole lines, and what has begun of the next one: so that there are places between lines of which
 * the window knows how many bytes are before them. */
static void on_output(struct remote_job *job, uint32_t slot, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct run *run = user;
    uint32_t position = run_position_of(run, slot);
    bool is_error = kind == FRAME_ERR;
    const uint8_t *newline = size > 0 ? memrchr(bytes, '\n', size) : NULL;
    size_t whole = newline ? (size_t)(newline + 1 - bytes) : 0;

    harvest_say(run->harvest, position, is_error, bytes, size, ms);
    if (run->is_kept)
        keep_more(run, position, remote_job_frame(job), bytes, size);
    show_output(run, position, is_error, bytes, whole, ms);
    show_output(run, position, is_error, bytes + whole, size - whole, ms);
    run_hold_back(run, job, &run->shares[position]);
}

static void on_note(struct remote_job *job, uint32_t slot, const char *text, size_t size,
                    void *user)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct run *run = user;

    (void)job;
    if (text_append_printable_line(&line, text, size) == 0)
        run_add_text(run, run_position_of(run, slot), ORDER_NOTE, &line, 0);
}

static void on_interrupted(struct remote_job *job, uint32_t slot, bool interrupted, void *user)
{
    struct run *run = user;

    (void)job;
    harvest_away(run->harvest, run_position_of(run, slot), interrupted);
    run_add_event(run, (struct order_event){.position = run_position_of(run, slot),
                                            .kind = interrupted ? ORDER_BROKEN : ORDER_BACK});
}

static void finish_texts(struct run *run, uint32_t position)
{
    for (size_t i = 0; i < 2; i++) {
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;

        if (display_finish(&run->shares[position].display[i], &text) == 0)
            run_add_text(run, position, i == 1 ? ORDER_ERR : ORDER_OUT, &text, 0);
    }
}

static struct order_groups groups_of(const struct harvest_machine *machine)
{
    return (struct order_groups){
        .out = machine->answer[0], .err = machine->answer[1], .failure = machine->failure};
}

void run_tell_wave(struct run *run)
{
    const struct wave *wave = &run->wave;

    if (wave->count < 2 && !wave->is_over)
        return;
    run_add_event(run,
                  (struct order_event){
                      .kind = ORDER_WAVE,
                      .wave = {.number = wave->number,
                               .count = wave->count,
                               .failed = wave->failed,
                               .is_canary = wave_is_canary(wave),
                               .is_over = wave->is_over && wave->ended < wave->settings.machines}});
}

/* The machines that may begin now, or none of them any more. */
static void go_through_waves(struct run *run, struct job_state state, bool is_plain)
{
    bool is_ok = is_plain && state.state == STATE_EXITED && state.detail == 0;
    enum wave_step step = wave_ended(&run->wave, is_ok);

    if (step == WAVE_SAME || run->is_stopping)
        return;
    run_tell_wave(run);
    if (step == WAVE_NEXT)
        fanout_set_limit(run->fanout, run->wave.limit);
    else
        fanout_begin_no_more(run->fanout);
}

static void on_result(struct fanout *fanout, uint32_t slot, const struct fanout_result *result,
                      void *user)
{
    struct run *run = user;
    struct order_event event = {
        .position = run_position_of(run, slot), .kind = ORDER_RESULT, .state = result->state};

    (void)fanout;
    finish_texts(run, event.position);
    if (result->trouble)
        trouble_texts(result->trouble, run->worker->signer, &event.sentence, &event.advice);
    else if (result->state.state == STATE_UNSENT && run->wave.is_over)
        event.sentence = g_strdup(_("Not begun: others had failed before its turn."));
    harvest_end(run->harvest, event.position, result->state,
                result->trouble ? trouble_word(result->trouble) : NULL, event.sentence,
                event.advice);
    event.groups = groups_of(harvest_machine(run->harvest, event.position));
    event.is_unasked = harvest_is_unasked(harvest_machine(run->harvest, event.position));
    run_add_event(run, event);
    go_through_waves(run, event.state, result->trouble == NULL);
}

static void on_done(struct fanout *fanout, void *user)
{
    struct run *run = user;

    harvest_close(run->harvest, fanout_exit_status(fanout));
    run_is_over(run);
}

const struct fanout_events run_events = {.on_result = on_result, .on_done = on_done};

/* Facts are text, too, so that equal ones fold. */
static void on_document(uint32_t slot, json_t *root, void *user)
{
    static const uint8_t no_job[UUID_SIZE];
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct run *run = user;
    uint32_t position = run_position_of(run, slot);

    for (int i = 0; i < FACT_COUNT; i++) {
        json_t *fact = json_object_get(root, fact_name((enum fact)i));
        g_autofree char *text = run->facts[i] ? hune_fact_text((enum fact)i, fact, FALSE) : NULL;

        if (text)
            buffer_printf(&out, "%s\n", text);
    }
    harvest_accepted(run->harvest, position, no_job);
    harvest_say(run->harvest, position, false, buffer_bytes(&out), buffer_length(&out), 0);
    run_add_text(run, position, ORDER_OUT, &out, 0);
}

void run_listen(struct run *run)
{
    run->job = (struct fanout_job){
        .on_accepted = on_accepted,
        .on_output = on_output,
        .on_note = on_note,
        .on_interrupted = on_interrupted,
        .user = run,
    };
    run->document = (struct fanout_document){
        .path = "/v1/facts", .on_document = on_document, .user = run};
}
