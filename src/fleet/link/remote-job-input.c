/* The way into a job: a bounded queue, of which every byte stays until the machine gave window back
 * for it, so that a broken connection loses none and repeats none. */
#include "fleet/link/remote-job-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fleet/link/document.h"
#include "proto/limits.h"

/* What the machine may not have yet. */
static struct slice input_pending(const struct remote_input *input)
{
    if (input->source.bytes)
        return input->source.bytes(input->source.user);
    if (!input->whole.bytes)
        return (struct slice){mirror_bytes(&input->queue), mirror_length(&input->queue)};
    return (struct slice){input->whole.bytes + input->base, input->whole.size - input->base};
}

static size_t input_room(const struct remote_input *input)
{
    return LIMIT_INPUT_AHEAD - mirror_length(&input->queue);
}

static void input_drop(struct remote_input *input)
{
    mirror_close(&input->queue);
    input->source = (struct remote_job_source){0};
    input->sent = 0;
}

/* ---- the body ---- */

static enum body_state input_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct remote_job *job = user;
    struct remote_input *input = &job->input;
    struct slice pending = input_pending(input);
    size_t left = pending.size - input->sent;

    bytes_out->bytes = left ? pending.bytes + input->sent : NULL;
    bytes_out->size = left < max ? left : max;
    if (left > max)
        return BODY_MORE;
    if (input->is_ended)
        return BODY_END;
    input->is_waiting = left == 0;
    return left ? BODY_MORE : BODY_WAIT;
}

static void input_took(void *user, size_t size)
{
    struct remote_job *job = user;

    job->input.sent += size;
}

/* ---- the request ---- */

/* The machine has all input before `base`. */
static void input_forget(struct remote_job *job, uint64_t base)
{
    struct remote_input *input = &job->input;
    size_t queued = input_pending(input).size;
    uint64_t size = base > input->base ? base - input->base : 0;

    if (size == 0)
        return;
    if (size > queued)
        size = queued;
    if (input->source.bytes)
        input->source.taken(input->source.user, (size_t)size);
    else if (!input->whole.bytes)
        mirror_consume(&input->queue, (size_t)size);
    input->base += size;
    link_note_gain(job->link);
    input->sent = input->sent > size ? input->sent - (size_t)size : 0;
    if (input->wants_room && input_room(input) >= LIMIT_INPUT_AHEAD / 2) {
        input->wants_room = false;
        if (job->events->on_writable)
            job->events->on_writable(job, job->user);
    }
    if (!job->detached && input_pending(input).size == 0 && job->events->on_drained)
        job->events->on_drained(job, job->user);
}

static int on_input_send(struct request *request, void *user)
{
    struct remote_job *job = user;
    struct remote_input *input = &job->input;
    const struct wire_body body = {.peek = input_peek, .took = input_took, .user = job};
    char id[UUID_TEXT_SIZE], path[160];
    struct trouble trouble;
    int error;

    uuid_format(job->id, id);
    if (input->writer)
        snprintf(path, sizeof(path), "/v1/jobs/%s/input?from=%" PRIu64 "&writer=%" PRIu64, id,
                 input->base, input->writer);
    else
        snprintf(path, sizeof(path), "/v1/jobs/%s/input?from=%" PRIu64, id, input->base);
    error = request_set_path(request, path);
    if (error) {
        trouble_set_errno(&trouble, link_where(job->link), error);
        request_fail(request, &trouble);
        return -1;
    }
    input->start = input->base;
    input->sent = 0;
    input->is_waiting = false;
    request_set_body(request, &body);
    return 0;
}

static void on_input_acknowledged(struct request *request, void *user)
{
    struct remote_job *job = user;

    remote_job_enter(job);
    input_forget(job, job->input.start + request_acknowledged(request));
    remote_job_leave(job);
}

/* The machine's answer: what it has need not be sent again, and a line that breaks again and again
 * still gets it all across. */
static void on_taken(json_t *root, const struct trouble *trouble, void *user)
{
    struct remote_job *job = user;
    uint64_t taken = 0, writer = 0;

    remote_job_enter(job);
    job->input.question = NULL;
    if (!trouble) {
        document_u64(root, "input", &taken);
        document_u64(root, "writer", &writer);
    }
    /* Of another console's input it tells us nothing. */
    if (writer == job->input.writer && taken > job->input.base) {
        link_note_gain(job->link);
        input_forget(job, taken);
    }
    remote_input_start(job);
    remote_job_leave(job);
}

static void on_input_interrupted(struct request *request, void *user)
{
    struct remote_job *job = user;
    struct remote_input *input = &job->input;
    char id[UUID_TEXT_SIZE], path[128];

    (void)request;
    remote_job_enter(job);
    uuid_format(job->id, id);
    snprintf(path, sizeof(path), "/v1/jobs/%s", id);
    /* Without memory it is sent again from where we know of. */
    if (request_document(job->link, path, on_taken, job, &input->question) == 0) {
        input->request = request_cancel(input->request);
        input->sent = 0;
    } else {
        input->question = NULL;
    }
    remote_job_leave(job);
}

/* Refused input is no end of the job: its output tells what becomes of it. */
static void on_input_done(struct request *request, const struct trouble *trouble, void *user)
{
    struct remote_job *job = user;
    struct remote_input *input = &job->input;

    (void)request;
    remote_job_enter(job);
    input->request = NULL;
    input->is_closed = true;
    if (!trouble && input->is_ended)
        input_forget(job, input->base + input->sent);
    input_drop(input);
    if (input->wants_room && !job->detached && job->events->on_writable) {
        input->wants_room = false;
        job->events->on_writable(job, job->user);
    }
    if (!job->detached && job->events->on_input_end)
        job->events->on_input_end(job, trouble, job->user);
    if (!job->follow)
        remote_job_end(job, job->state, NULL);
    remote_job_leave(job);
}

void remote_input_start(struct remote_job *job)
{
    static const struct request_events events = {
        .on_send = on_input_send,
        .on_acknowledged = on_input_acknowledged,
        .on_interrupted = on_input_interrupted,
        .on_done = on_input_done,
    };
    struct remote_input *input = &job->input;

    if (input->request || input->question || input->is_closed || job->ended || job->detached ||
        !job->accepted || (input_pending(input).size == 0 && !input->is_ended))
        return;
    /* Without memory: the next write tries again. */
    if (request_new(&input->request, job->link, "POST", "/", &events, job) != 0) {
        input->request = NULL;
        return;
    }
    request_send(input->request);
}

bool remote_input_is_due(const struct remote_job *job)
{
    return !job->input.is_closed && (job->input.is_expected || job->input.is_ended);
}

void remote_input_stop(struct remote_job *job)
{
    struct remote_input *input = &job->input;

    input->is_closed = true;
    input->request = request_cancel(input->request);
    input->question = request_cancel(input->question);
    input_drop(input);
}

/* ---- for the caller ---- */

static void input_wake(struct remote_job *job)
{
    struct remote_input *input = &job->input;

    if (!input->request) {
        remote_input_start(job);
    } else if (input->is_waiting) {
        input->is_waiting = false;
        request_resume(input->request);
    }
}

void remote_job_take_input(struct remote_job *job, uint64_t writer)
{
    job->input.writer = writer;
}

int remote_job_write(struct remote_job *job, const void *bytes, size_t size)
{
    struct remote_input *input = &job->input;
    size_t room;
    int error;

    if (input->is_ended || input->is_closed || job->ended)
        return -EPIPE;
    if (size > input_room(input)) {
        input->wants_room = true;
        return -EAGAIN;
    }
    error = mirror_open(&input->queue, LIMIT_INPUT_AHEAD);
    if (error || size == 0)
        return error;
    memcpy(mirror_room(&input->queue, &room), bytes, size);
    mirror_commit(&input->queue, size);
    input_wake(job);
    return 0;
}

void remote_job_write_from(struct remote_job *job, const struct remote_job_source *source)
{
    if (job->input.is_closed || job->ended)
        return;
    job->input.source = *source;
    input_wake(job);
}

void remote_job_expect_input(struct remote_job *job)
{
    job->input.is_expected = true;
}

void remote_job_write_end(struct remote_job *job)
{
    if (job->input.is_ended)
        return;
    job->input.is_ended = true;
    input_wake(job);
}

void remote_job_write_whole(struct remote_job *job, struct slice bytes)
{
    job->input.whole = bytes;
    remote_job_write_end(job);
}

size_t remote_job_write_room(const struct remote_job *job)
{
    const struct remote_input *input = &job->input;

    return input->is_ended || input->is_closed || job->ended ? 0 : input_room(input);
}

bool remote_job_input_is_sent(const struct remote_job *job)
{
    return job->input.sent == input_pending(&job->input).size;
}

uint64_t remote_job_input_taken(const struct remote_job *job)
{
    return job->input.base;
}
