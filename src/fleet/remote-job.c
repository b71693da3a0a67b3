/* A job as the console holds it: its life and its output. The order goes out as a submit, and right
 * behind it, in the same flight, the request for the output. */
#define LOG_TAG "remote-job"

#include "fleet/remote-job-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/log.h"
#include "fleet/outcome.h"
#include "proto/order.h"

/* A stream that ends without the exit frame is asked for again from where it stopped, so many times
 * without a byte in between. */
enum { RESTARTS = 3 };

/* ---- life ---- */

void remote_job_enter(struct remote_job *job)
{
    job->busy++;
}

static void signals_drop(struct remote_job *job);

void remote_job_leave(struct remote_job *job)
{
    if (--job->busy > 0 || !job->detached)
        return;
    buffer_deinit(&job->held);
    buffer_deinit(&job->note);
    buffer_deinit(&job->input.queue);
    free(job);
}

struct remote_job *remote_job_detach(struct remote_job *job)
{
    if (!job || job->detached)
        return NULL;
    remote_job_enter(job);
    job->detached = true;
    job->submit = submit_cancel(job->submit);
    job->output = request_cancel(job->output);
    remote_input_stop(job);
    signals_drop(job);
    remote_job_leave(job);
    return NULL;
}

static void tell_state(struct remote_job *job, struct job_state state)
{
    if (job->detached || (state.state == job->state.state && state.detail == job->state.detail))
        return;
    job->state = state;
    if (job->events->on_state)
        job->events->on_state(job, state, job->user);
}

/* The end, told now or on resume. */
static void tell_end(struct remote_job *job)
{
    if (job->paused || job->end_told || job->detached)
        return;
    job->end_told = true;
    if (job->events->on_end)
        job->events->on_end(job, job->state, job->has_trouble ? &job->trouble : NULL, job->user);
}

static void job_end(struct remote_job *job, struct job_state state, const struct trouble *trouble)
{
    if (job->ended || job->detached)
        return;
    job->ended = true;
    job->has_trouble = trouble != NULL;
    if (trouble)
        job->trouble = *trouble;
    job->submit = submit_cancel(job->submit);
    job->output = request_cancel(job->output);
    remote_input_stop(job);
    tell_state(job, state);
    tell_end(job);
}

static void job_interrupted(struct remote_job *job, bool interrupted)
{
    if (job->interrupted == interrupted || job->ended || job->detached)
        return;
    job->interrupted = interrupted;
    if (job->events->on_interrupted)
        job->events->on_interrupted(job, interrupted, job->user);
}

static void output_start(struct remote_job *job);

/* The machine has the job. */
static void job_accepted(struct remote_job *job)
{
    if (job->accepted || job->detached)
        return;
    job->accepted = true;
    memcpy(job->epoch, link_info(job->link)->epoch, EPOCH_SIZE);
    if (job->events->on_accepted)
        job->events->on_accepted(job, job->user);
    if (!job->detached)
        remote_input_start(job);
}

/* ---- output: frames ---- */

static void take_note(struct remote_job *job, const struct frame_piece *piece)
{
    size_t room = NOTE_MAX - buffer_length(&job->note);

    /* What is longer, or finds no memory, is cut. */
    (void)buffer_append(&job->note, piece->bytes, piece->size < room ? piece->size : room);
    if (piece->offset + piece->size < piece->header.length)
        return;
    if (job->events->on_note)
        job->events->on_note(job, (const char *)buffer_bytes(&job->note), buffer_length(&job->note),
                             job->user);
    buffer_clear(&job->note);
}

static void take_exit(struct remote_job *job, const struct frame_piece *piece)
{
    struct job_state state;
    struct reader reader;
    struct trouble trouble;

    if (piece->header.length != sizeof(job->exit)) {
        trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link), "a malformed exit frame");
        job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        return;
    }
    memcpy(job->exit + piece->offset, piece->bytes, piece->size);
    if (piece->offset + piece->size < sizeof(job->exit))
        return;
    reader = reader_init(job->exit, sizeof(job->exit));
    state.state = reader_u32(&reader);
    state.detail = reader_u32(&reader);
    if (!state_name(state.state) || !state_is_ended(state.state)) {
        trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link), "an unknown end state");
        job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        return;
    }
    if (state.state == STATE_REFUSED) {
        trouble_set(&trouble, state.detail, link_where(job->link), NULL);
        job_end(job, state, &trouble);
        return;
    }
    job_end(job, state, NULL);
}

static void take_piece(struct remote_job *job, const struct frame_piece *piece)
{
    switch (piece->header.kind) {
    case FRAME_OUT:
    case FRAME_ERR:
        if (job->state.state == STATE_QUEUED)
            tell_state(job, (struct job_state){STATE_RUNNING, 0});
        if (!job->detached && piece->size > 0 && job->events->on_output)
            job->events->on_output(job, piece->header.kind, piece->bytes, piece->size,
                                   piece->header.ms, job->user);
        break;
    case FRAME_NOTE: take_note(job, piece); break;
    case FRAME_EXIT: take_exit(job, piece); break;
    }
}

/* Hands out frames until the bytes end, somebody pauses, or the job does. Returns how many bytes it
 * took. */
static size_t take_frames(struct remote_job *job, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes;
    size_t left = size;

    while (left > 0 && !job->paused && !job->ended && !job->detached) {
        const uint8_t *before = at;
        struct frame_piece piece;
        int result = frame_reader_next(&job->reader, &at, &left, &piece);

        job->taken += (uint64_t)(at - before);
        if (result < 0) {
            struct trouble trouble;

            trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link),
                        "its output is not made of frames");
            job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        } else if (result == 1) {
            take_piece(job, &piece);
        }
    }
    return size - left;
}

/* ---- output: the request ---- */

static int on_output_send(struct request *request, void *user)
{
    struct remote_job *job = user;
    char id[UUID_TEXT_SIZE], path[128];
    struct trouble trouble;
    int error;

    uuid_format(job->id, id);
    snprintf(path, sizeof(path), "/v1/jobs/%s/output?from=%" PRIu64, id, job->received);
    error = request_set_path(request, path);
    if (error) {
        trouble_set_errno(&trouble, link_where(job->link), error);
        request_fail(request, &trouble);
        return -1;
    }
    job->held_unconsumed = 0;
    return 0;
}

static void on_output_response(struct request *request, unsigned status, void *user)
{
    struct remote_job *job = user;

    (void)request;
    (void)status;
    remote_job_enter(job);
    job_interrupted(job, false);
    if (job->is_attached)
        job_accepted(job);
    remote_job_leave(job);
}

static void hold(struct remote_job *job, const uint8_t *bytes, size_t size)
{
    struct trouble trouble;
    int error = size ? buffer_append(&job->held, bytes, size) : 0;

    if (error == 0) {
        job->held_unconsumed += size;
        return;
    }
    trouble_set_errno(&trouble, link_where(job->link), error);
    job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &trouble);
}

static void on_output_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct remote_job *job = user;
    size_t taken = 0;

    remote_job_enter(job);
    job->received += size;
    job->restarts = 0;
    if (buffer_length(&job->held) == 0)
        taken = take_frames(job, bytes, size);
    /* The request is gone if a callback ended or detached the job. */
    if (job->output) {
        request_consume(request, taken);
        hold(job, bytes + taken, size - taken);
    }
    remote_job_leave(job);
}

static void on_output_interrupted(struct request *request, void *user)
{
    struct remote_job *job = user;

    (void)request;
    remote_job_enter(job);
    job->held_unconsumed = 0;
    job_interrupted(job, true);
    remote_job_leave(job);
}

/* What the job came to when its output cannot be had. */
static struct job_state output_verdict(const struct remote_job *job, const struct trouble *trouble)
{
    if (job->accepted && trouble->code == PROBLEM_NO_SUCH_JOB)
        return (struct job_state){STATE_LOST, 0};
    return outcome_of_trouble(trouble);
}

static void on_output_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct remote_job *job = user;
    struct trouble broken;

    (void)request;
    remote_job_enter(job);
    job->output = NULL;
    if (trouble && trouble->code == PROBLEM_NO_SUCH_JOB && job->submit) {
        /* It was asked before the order was decided: its answer starts this again. */
    } else if (buffer_length(&job->held) > 0) {
        /* The end may be among what is held; what is held comes first. */
        job->has_late_trouble = trouble != NULL;
        if (trouble)
            job->trouble = *trouble;
    } else if (trouble) {
        job_end(job, output_verdict(job, trouble), trouble);
    } else if (!job->ended && job->restarts++ < RESTARTS) {
        output_start(job);
    } else if (!job->ended) {
        trouble_set(&broken, PROBLEM_LOST, link_where(job->link), "the output has no end");
        job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &broken);
    }
    remote_job_leave(job);
}

static void output_start(struct remote_job *job)
{
    static const struct request_events events = {
        .on_send = on_output_send,
        .on_response = on_output_response,
        .on_data = on_output_data,
        .on_interrupted = on_output_interrupted,
        .on_done = on_output_done,
    };
    struct trouble trouble;
    int error;

    if (job->output || job->ended || job->detached)
        return;
    error = request_new(&job->output, job->link, "GET", "/", &events, job);
    if (error) {
        job->output = NULL;
        trouble_set_errno(&trouble, link_where(job->link), error);
        job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &trouble);
        return;
    }
    request_send(job->output);
}

void remote_job_pause(struct remote_job *job)
{
    job->paused = true;
}

/* Hands out what was held. Returns how much of it the present sending's window waits for. */
static size_t take_held(struct remote_job *job)
{
    /* on_output may pause again: what is held leaves the job before it is handed out. */
    struct buffer held = job->held;
    size_t old = buffer_length(&held) - job->held_unconsumed;
    size_t taken, consumed;

    job->held = BUFFER_INIT;
    taken = take_frames(job, buffer_bytes(&held), buffer_length(&held));
    buffer_consume(&held, taken);
    if (buffer_length(&held) > 0 && !job->detached && !job->ended)
        job->held = held;
    else
        buffer_deinit(&held);
    consumed = taken > old ? taken - old : 0;
    job->held_unconsumed -= consumed;
    return consumed;
}

void remote_job_resume(struct remote_job *job)
{
    size_t consumed;

    if (!job->paused)
        return;
    remote_job_enter(job);
    job->paused = false;
    consumed = take_held(job);
    if (job->output)
        request_consume(job->output, consumed);
    if (job->ended) {
        tell_end(job);
    } else if (!job->detached && !job->output && buffer_length(&job->held) == 0) {
        struct trouble trouble = job->trouble;

        if (job->has_late_trouble)
            job_end(job, output_verdict(job, &trouble), &trouble);
        else if (job->accepted)
            output_start(job);
    }
    remote_job_leave(job);
}

/* ---- giving the order ---- */

static void on_submit_sent(struct submit *submit, void *user)
{
    struct remote_job *job = user;

    (void)submit;
    remote_job_enter(job);
    if (job->follow)
        output_start(job);
    remote_job_leave(job);
}

static struct job_state submit_verdict(enum submit_fate fate, const struct trouble *trouble)
{
    switch (fate) {
    case SUBMIT_NOT_SENT: return (struct job_state){STATE_UNSENT, 0};
    case SUBMIT_LOST: return (struct job_state){STATE_LOST, 0};
    case SUBMIT_UNKNOWN: return (struct job_state){STATE_UNREACHABLE, 0};
    case SUBMIT_ANSWERED: break;
    }
    return outcome_of_trouble(trouble);
}

static void on_submit_done(struct submit *submit, enum submit_fate fate,
                           const struct job_object *object, const struct trouble *trouble,
                           void *user)
{
    struct remote_job *job = user;

    (void)submit;
    remote_job_enter(job);
    job->submit = NULL;
    if (trouble && fate == SUBMIT_UNKNOWN && trouble->code == PROBLEM_EXPIRED && job->follow) {
        /* The first sending may have been in time: the output tells. */
        output_start(job);
    } else if (trouble) {
        job_end(job, submit_verdict(fate, trouble), trouble);
    } else {
        job_accepted(job);
        if (!job->follow)
            job_end(job, object->state, NULL);
        else if (!state_is_ended(object->state.state))
            tell_state(job, object->state);
        output_start(job);
    }
    remote_job_leave(job);
}

static const struct submit_events submit_events = {
    .on_sent = on_submit_sent,
    .on_done = on_submit_done,
};

static struct remote_job *job_new(struct link *link, const struct remote_job_events *events,
                                  void *user)
{
    struct remote_job *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->link = link;
    job->events = events;
    job->user = user;
    job->follow = true;
    list_init(&job->signals);
    return job;
}

int remote_job_start(struct remote_job **job_out, struct link *link, const struct errand *errand,
                     bool follow, const struct remote_job_events *events, void *user)
{
    struct remote_job *job = job_new(link, events, user);
    int error;

    if (!job)
        return -ENOMEM;
    job->follow = follow;
    error = submit_new(&job->submit, link, errand, &submit_events, job);
    if (error) {
        free(job);
        return error;
    }
    memcpy(job->id, submit_id(job->submit), UUID_SIZE);
    *job_out = job;
    submit_start(job->submit);
    return 0;
}

int remote_job_attach(struct remote_job **job_out, struct link *link, const uint8_t id[UUID_SIZE],
                      uint64_t from, uint64_t input_from, const struct remote_job_events *events,
                      void *user)
{
    struct remote_job *job = job_new(link, events, user);

    if (!job)
        return -ENOMEM;
    job->is_attached = true;
    memcpy(job->id, id, UUID_SIZE);
    job->received = from;
    job->taken = from;
    job->input.base = input_from;
    *job_out = job;
    remote_job_enter(job);
    output_start(job);
    remote_job_leave(job);
    return 0;
}

/* ---- signals ---- */

struct job_signal {
    struct list at;
    struct remote_job *job;
    struct submit *submit;
};

static void on_signal_done(struct submit *submit, enum submit_fate fate,
                           const struct job_object *object, const struct trouble *trouble,
                           void *user)
{
    struct job_signal *sent = user;
    struct remote_job *job = sent->job;

    (void)submit;
    (void)fate;
    (void)object;
    list_remove(&sent->at);
    free(sent);
    remote_job_enter(job);
    if (job->events->on_signalled)
        job->events->on_signalled(job, trouble, job->user);
    remote_job_leave(job);
}

int remote_job_signal(struct remote_job *job, uint8_t signal)
{
    static const struct submit_events events = {.on_done = on_signal_done};
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct errand errand = {.verb = VERB_SIGNAL};
    struct job_signal *sent;
    int error;

    if (job->ended)
        return -ESRCH;
    sent = calloc(1, sizeof(*sent));
    error = sent ? order_signal_encode(job->id, signal, &payload) : -ENOMEM;

    errand.payload = (struct slice){buffer_bytes(&payload), buffer_length(&payload)};
    error = error ? error : submit_new(&sent->submit, job->link, &errand, &events, sent);
    if (error) {
        free(sent);
        return error;
    }
    sent->job = job;
    list_append(&job->signals, &sent->at);
    submit_start(sent->submit);
    return 0;
}

static void signals_drop(struct remote_job *job)
{
    struct job_signal *sent;

    list_for_each (&job->signals, struct job_signal, at, sent) {
        list_remove(&sent->at);
        submit_cancel(sent->submit);
        free(sent);
    }
}

/* ---- what is known ---- */

const uint8_t *remote_job_id(const struct remote_job *job)
{
    return job->id;
}

struct link *remote_job_link(const struct remote_job *job)
{
    return job->link;
}

struct job_state remote_job_state(const struct remote_job *job)
{
    return job->state;
}

bool remote_job_is_accepted(const struct remote_job *job)
{
    return job->accepted;
}

bool remote_job_is_sent(const struct remote_job *job)
{
    return job->is_attached || job->accepted || (job->submit && submit_is_sent(job->submit));
}

uint64_t remote_job_taken(const struct remote_job *job)
{
    return job->taken;
}
