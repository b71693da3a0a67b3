/* A job as the console holds it: its life and its output. The order goes out as a submit, and right
 * behind it, in the same flight, the request for the output. */
#define LOG_TAG "remote-job"

#include "fleet/link/remote-job-private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "fleet/link/outcome.h"
#include "proto/order.h"

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
    mirror_close(&job->input.queue);
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
    job->look = request_cancel(job->look);
    remote_input_stop(job);
    signals_drop(job);
    remote_job_leave(job);
    return NULL;
}

void remote_job_tell_state(struct remote_job *job, struct job_state state)
{
    if (job->detached || (state.state == job->state.state && state.detail == job->state.detail))
        return;
    job->state = state;
    if (job->events->on_state)
        job->events->on_state(job, state, job->user);
}

/* The end, told now or on resume. */
void remote_job_tell_end(struct remote_job *job)
{
    if (job->paused || job->end_told || job->detached)
        return;
    job->end_told = true;
    if (job->events->on_end)
        job->events->on_end(job, job->state, job->has_trouble ? &job->trouble : NULL, job->user);
}

void remote_job_end(struct remote_job *job, struct job_state state, const struct trouble *trouble)
{
    if (job->ended || job->detached)
        return;
    job->ended = true;
    job->has_trouble = trouble != NULL;
    if (trouble)
        job->trouble = *trouble;
    job->submit = submit_cancel(job->submit);
    job->output = request_cancel(job->output);
    job->look = request_cancel(job->look);
    remote_input_stop(job);
    remote_job_tell_state(job, state);
    remote_job_tell_end(job);
}

void remote_job_interrupted(struct remote_job *job, bool interrupted)
{
    if (job->interrupted == interrupted || job->ended || job->detached)
        return;
    job->interrupted = interrupted;
    if (job->events->on_interrupted)
        job->events->on_interrupted(job, interrupted, job->user);
}

void remote_job_tell_accepted(struct remote_job *job)
{
    if (job->accepted || job->detached)
        return;
    job->accepted = true;
    memcpy(job->epoch, link_info(job->link)->epoch, EPOCH_SIZE);
    if (job->events->on_accepted)
        job->events->on_accepted(job, job->user);
}

void remote_job_accepted(struct remote_job *job)
{
    if (job->accepted || job->detached)
        return;
    remote_job_tell_accepted(job);
    if (!job->detached)
        remote_input_start(job);
}

/* ---- giving the order ---- */

static void on_submit_sent(struct submit *submit, void *user)
{
    struct remote_job *job = user;

    (void)submit;
    remote_job_enter(job);
    if (job->follow)
        remote_output_start(job);
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
        remote_output_start(job);
    } else if (trouble) {
        remote_job_end(job, submit_verdict(fate, trouble), trouble);
    } else {
        remote_job_accepted(job);
        if (!job->follow && (state_is_ended(object->state.state) || !remote_input_is_due(job)))
            remote_job_end(job, object->state, NULL);
        else if (!state_is_ended(object->state.state))
            remote_job_tell_state(job, object->state);
        if (job->follow)
            remote_output_start(job);
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
    /* On a closed link all of it, to the detaching in on_end, happens here. */
    remote_job_enter(job);
    submit_start(job->submit);
    if (job->detached)
        *job_out = NULL;
    remote_job_leave(job);
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
    remote_output_start(job);
    if (job->detached)
        *job_out = NULL;
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

    errand.payload = buffer_slice(&payload);
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

uint64_t remote_job_frame(const struct remote_job *job)
{
    return job->frame;
}

uint64_t remote_job_taken(const struct remote_job *job)
{
    return job->taken;
}
