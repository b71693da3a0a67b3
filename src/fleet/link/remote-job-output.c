/* The output of a job: frames out of a stream that resumes at any byte, held while somebody pauses.
 */
#include "fleet/link/remote-job-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "fleet/home/i18n.h"
#include "fleet/link/outcome.h"

/* A stream that ends without the exit frame is asked for again from where it stopped, so many times
 * without a byte in between. */
enum { RESTARTS = 3 };

/* ---- frames ---- */

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

/* The machine told the end. Called when the stream has ended too. Of an order that was sent again
 * the output may be here before the answer: the machine has the job all the same. */
static void exit_obey(struct remote_job *job)
{
    struct reader reader = reader_init(job->exit, sizeof(job->exit));
    struct job_state state;
    struct trouble trouble;

    remote_job_tell_accepted(job);
    state.state = reader_u32(&reader);
    state.detail = reader_u32(&reader);
    if (!state_name(state.state) || !state_is_ended(state.state)) {
        trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link), _("an unknown end state"));
        remote_job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        return;
    }
    if (state.state == STATE_REFUSED) {
        trouble_set(&trouble, state.detail, link_where(job->link), NULL);
        remote_job_end(job, state, &trouble);
        return;
    }
    remote_job_end(job, state, NULL);
}

/* Ending the job now would reset a stream that ends by itself in the next frame, and many resets
 * are what an attacker does (LIMIT_RESET_BURST): the end waits for the stream's. */
static void take_exit(struct remote_job *job, const struct frame_piece *piece)
{
    struct trouble trouble;

    if (piece->header.length != sizeof(job->exit)) {
        trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link), _("a malformed exit frame"));
        remote_job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        return;
    }
    memcpy(job->exit + piece->offset, piece->bytes, piece->size);
    if (piece->offset + piece->size < sizeof(job->exit))
        return;
    job->has_exit = true;
    if (!job->output) /* it was held until the stream had ended */
        exit_obey(job);
}

static void take_piece(struct remote_job *job, const struct frame_piece *piece)
{
    job->frame = job->taken - piece->size - piece->offset - FRAME_HEADER_SIZE;
    switch (piece->header.kind) {
    case FRAME_OUT:
    case FRAME_ERR:
        if (job->state.state == STATE_QUEUED)
            remote_job_tell_state(job, (struct job_state){STATE_RUNNING, 0});
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

    while (left > 0 && !job->paused && !job->ended && !job->detached && !job->has_exit) {
        const uint8_t *before = at;
        struct frame_piece piece;
        int result = frame_reader_next(&job->reader, &at, &left, &piece);

        job->taken += (uint64_t)(at - before);
        if (result < 0) {
            struct trouble trouble;

            trouble_set(&trouble, PROBLEM_NOT_HUNE, link_where(job->link),
                        _("its output is not made of frames"));
            remote_job_end(job, (struct job_state){STATE_LOST, 0}, &trouble);
        } else if (result == 1) {
            take_piece(job, &piece);
        }
    }
    return size - left;
}

/* ---- the request ---- */

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
    remote_job_interrupted(job, false);
    if (job->is_attached)
        remote_job_accepted(job);
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
    remote_job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &trouble);
}

static void on_output_data(struct request *request, const uint8_t *bytes, size_t size, void *user)
{
    struct remote_job *job = user;
    size_t taken = 0;

    remote_job_enter(job);
    job->received += size;
    job->restarts = 0;
    link_note_gain(job->link);
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
    if (job->has_exit)
        exit_obey(job);
    else
        remote_job_interrupted(job, true);
    remote_job_leave(job);
}

/* What the job came to when its output cannot be had. */
static struct job_state output_verdict(const struct remote_job *job, const struct trouble *trouble)
{
    bool same = memcmp(job->epoch, link_info(job->link)->epoch, EPOCH_SIZE) == 0;

    if (job->accepted && trouble->code == PROBLEM_NO_SUCH_JOB)
        return (struct job_state){STATE_LOST, same ? LOST_AGENT : LOST_MACHINE};
    return outcome_of_trouble(trouble);
}

static void on_look(json_t *root, const struct trouble *trouble, void *user)
{
    struct remote_job *job = user;
    struct job_object object;

    (void)trouble;
    remote_job_enter(job);
    job->look = NULL;
    if (job_object_decode(root, &object) && object.state.state == STATE_LOST)
        remote_job_end(job, object.state, NULL);
    else
        remote_job_end(job, output_verdict(job, &job->trouble), &job->trouble);
    remote_job_leave(job);
}

/* The output cannot be had. An agent that was killed knows the job's fate, but no byte of its
 * output, not even how many there were. */
static void output_failed(struct remote_job *job, const struct trouble *trouble)
{
    char path[16 + UUID_TEXT_SIZE] = "/v1/jobs/";

    if (job->accepted && !job->looked && trouble_is_from_machine(trouble)) {
        job->looked = true;
        job->trouble = *trouble;
        uuid_format(job->id, path + strlen(path));
        if (request_document(job->link, path, on_look, job, &job->look) == 0)
            return;
        job->look = NULL;
    }
    remote_job_end(job, output_verdict(job, trouble), trouble);
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
    } else if (job->has_exit) {
        exit_obey(job);
    } else if (buffer_length(&job->held) > 0) {
        /* The end may be among what is held; what is held comes first. */
        job->has_late_trouble = trouble != NULL;
        if (trouble)
            job->trouble = *trouble;
    } else if (trouble) {
        output_failed(job, trouble);
    } else if (!job->ended && job->restarts++ < RESTARTS) {
        remote_output_start(job);
    } else if (!job->ended) {
        trouble_set(&broken, PROBLEM_LOST, link_where(job->link), _("the output has no end"));
        remote_job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &broken);
    }
    remote_job_leave(job);
}

void remote_output_start(struct remote_job *job)
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
        remote_job_end(job, (struct job_state){STATE_UNREACHABLE, 0}, &trouble);
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
        remote_job_tell_end(job);
    } else if (!job->detached && !job->output && buffer_length(&job->held) == 0) {
        struct trouble trouble = job->trouble;

        if (job->has_late_trouble)
            output_failed(job, &trouble);
        else if (job->accepted)
            remote_output_start(job);
    }
    remote_job_leave(job);
}
