/* The things that are done on many machines. */
#include "fleet/run/fanout-task.h"

#include <stdlib.h>

#include "base/error.h"

/* ---- a job ---- */

struct job_visit {
    struct fanout_job *task;
    struct fanout_visit *visit;
    struct remote_job *job;
};

static void job_accepted(struct remote_job *job, void *user)
{
    struct job_visit *at = user;

    if (at->task->on_accepted)
        at->task->on_accepted(job, fanout_visit_machine(at->visit), at->task->user);
}

static void job_output(struct remote_job *job, enum frame_kind kind, const uint8_t *bytes,
                       size_t size, uint32_t ms, void *user)
{
    struct job_visit *at = user;

    fanout_visit_heard(at->visit, size);
    if (at->task->on_output)
        at->task->on_output(job, fanout_visit_machine(at->visit), kind, bytes, size, ms,
                            at->task->user);
}

static void job_note(struct remote_job *job, const char *text, size_t size, void *user)
{
    struct job_visit *at = user;

    if (at->task->on_note)
        at->task->on_note(job, fanout_visit_machine(at->visit), text, size, at->task->user);
}

static void job_interrupted(struct remote_job *job, bool interrupted, void *user)
{
    struct job_visit *at = user;

    if (at->task->on_interrupted)
        at->task->on_interrupted(job, fanout_visit_machine(at->visit), interrupted, at->task->user);
}

static void job_ended(struct remote_job *job, struct job_state state, const struct trouble *trouble,
                      void *user)
{
    struct job_visit *at = user;
    struct fanout_visit *visit = at->visit;
    struct trouble copy;

    if (trouble)
        copy = *trouble; /* the job's own */
    remote_job_detach(job);
    free(at);
    fanout_visit_end(visit, state, trouble ? &copy : NULL);
}

static const struct remote_job_events job_events = {
    .on_accepted = job_accepted,
    .on_output = job_output,
    .on_note = job_note,
    .on_interrupted = job_interrupted,
    .on_end = job_ended,
};

static int job_start(struct fanout_visit *visit, void *user)
{
    struct job_visit *at = calloc(1, sizeof(*at));
    struct fanout_job *task = user;
    int error;

    if (!at)
        return -ENOMEM;
    at->task = task;
    at->visit = visit;
    fanout_visit_set_data(visit, at);
    error = remote_job_start(&at->job, fanout_visit_link(visit), &task->errand, !task->detach,
                             &job_events, at);
    if (error) {
        free(at);
        return error;
    }
    if (task->has_input)
        remote_job_write_whole(at->job, task->input);
    return 0;
}

static enum state job_abandon(struct fanout_visit *visit, void *user)
{
    struct job_visit *at = fanout_visit_data(visit);
    enum state state = STATE_UNSENT;

    (void)user;
    if (remote_job_is_accepted(at->job))
        state = STATE_RUNNING;
    else if (remote_job_is_sent(at->job))
        state = STATE_UNREACHABLE;
    remote_job_detach(at->job);
    free(at);
    return state;
}

void fanout_job_init(struct fanout_job *job)
{
    job->task = (struct fanout_task){.start = job_start, .abandon = job_abandon, .user = job};
}

struct remote_job *fanout_job_at(const struct fanout *fanout, uint32_t position)
{
    struct fanout_visit *visit = fanout_visit_at(fanout, position);
    struct job_visit *at = visit ? fanout_visit_data(visit) : NULL;

    return at ? at->job : NULL;
}

/* ---- a document ---- */

struct document_visit {
    struct fanout_document *task;
    struct fanout_visit *visit;
    struct request *request;
};

static void document_done(json_t *root, const struct trouble *trouble, void *user)
{
    struct document_visit *at = user;
    struct fanout_visit *visit = at->visit;
    struct fanout_document *task = at->task;

    free(at);
    fanout_visit_set_data(visit, NULL);
    if (trouble) {
        fanout_visit_end(visit, outcome_of_trouble(trouble), trouble);
        return;
    }
    task->on_document(fanout_visit_machine(visit), root, task->user);
    fanout_visit_end(visit, (struct job_state){STATE_EXITED, 0}, NULL);
}

static int document_start(struct fanout_visit *visit, void *user)
{
    struct document_visit *at = calloc(1, sizeof(*at));
    struct fanout_document *task = user;
    int error;

    if (!at)
        return -ENOMEM;
    at->task = task;
    at->visit = visit;
    fanout_visit_set_data(visit, at);
    error = request_document(fanout_visit_link(visit), task->path, document_done, at, &at->request);
    if (error)
        free(at);
    return error;
}

static enum state document_abandon(struct fanout_visit *visit, void *user)
{
    struct document_visit *at = fanout_visit_data(visit);

    (void)user;
    if (at) {
        request_cancel(at->request);
        free(at);
    }
    return STATE_UNREACHABLE;
}

void fanout_document_init(struct fanout_document *document)
{
    document->task = (struct fanout_task){
        .start = document_start, .abandon = document_abandon, .user = document};
}

/* ---- an order ---- */

static struct job_state order_outcome(enum submit_fate fate, const struct trouble *trouble)
{
    switch (fate) {
    case SUBMIT_NOT_SENT: return (struct job_state){STATE_UNSENT, 0};
    case SUBMIT_UNKNOWN: return (struct job_state){STATE_UNREACHABLE, 0};
    case SUBMIT_LOST: return (struct job_state){STATE_LOST, 0};
    case SUBMIT_ANSWERED: break;
    }
    return outcome_of_trouble(trouble);
}

static void order_done(struct submit *submit, enum submit_fate fate,
                       const struct job_object *object, const struct trouble *trouble, void *user)
{
    struct fanout_visit *visit = user;

    (void)submit;
    fanout_visit_end(visit, trouble ? order_outcome(fate, trouble) : object->state, trouble);
}

static int order_start(struct fanout_visit *visit, void *user)
{
    static const struct submit_events events = {.on_done = order_done};
    struct fanout_order *task = user;
    struct submit *submit;
    int error = submit_new(&submit, fanout_visit_link(visit), &task->errand, &events, visit);

    if (error)
        return error;
    fanout_visit_set_data(visit, submit);
    submit_start(submit);
    return 0;
}

static enum state order_abandon(struct fanout_visit *visit, void *user)
{
    struct submit *submit = fanout_visit_data(visit);
    enum state state = submit_is_sent(submit) ? STATE_UNREACHABLE : STATE_UNSENT;

    (void)user;
    submit_cancel(submit);
    return state;
}

void fanout_order_init(struct fanout_order *order)
{
    order->task = (struct fanout_task){
        .start = order_start, .abandon = order_abandon, .user = order};
}

/* ---- a look ---- */

struct probe_visit {
    struct link_watcher watcher;
    struct fanout_probe *task;
    struct fanout_visit *visit;
};

static struct fanout_visit *probe_leave(struct probe_visit *at)
{
    struct fanout_visit *visit = at->visit;

    link_unwatch(fanout_visit_link(visit), &at->watcher);
    link_release(fanout_visit_link(visit));
    free(at);
    return visit;
}

static void probe_ready(struct link *link, const struct link_info *info, void *user)
{
    struct probe_visit *at = user;

    (void)link;
    if (at->task->on_info)
        at->task->on_info(fanout_visit_machine(at->visit), info, at->task->user);
    fanout_visit_end(probe_leave(at), (struct job_state){STATE_EXITED, 0}, NULL);
}

static void probe_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                         void *user)
{
    struct trouble copy = *trouble;

    (void)link;
    (void)retry_ms;
    fanout_visit_end(probe_leave(user), outcome_of_trouble(&copy), &copy);
}

static int probe_start(struct fanout_visit *visit, void *user)
{
    static const struct link_events events = {.on_ready = probe_ready, .on_failed = probe_failed};
    struct probe_visit *at = calloc(1, sizeof(*at));
    struct link *link = fanout_visit_link(visit);

    if (!at)
        return -ENOMEM;
    at->task = user;
    at->visit = visit;
    at->watcher = (struct link_watcher){.events = &events, .user = at};
    fanout_visit_set_data(visit, at);
    link_hold(link);
    link_watch(link, &at->watcher);
    if (link_state(link) == LINK_READY)
        probe_ready(link, link_info(link), at);
    return 0;
}

static enum state probe_abandon(struct fanout_visit *visit, void *user)
{
    (void)user;
    probe_leave(fanout_visit_data(visit));
    return STATE_UNREACHABLE;
}

void fanout_probe_init(struct fanout_probe *probe)
{
    probe->task = (struct fanout_task){
        .start = probe_start, .abandon = probe_abandon, .user = probe};
}
