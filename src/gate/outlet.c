/* GET /v1/jobs/ID/output. See outlet.h. */
#define LOG_TAG "outlet"
#include "gate/outlet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/jobs.h"
#include "gate/receipt.h"
#include "gate/reply.h"
#include "gate/rings.h"
#include "gate/session.h"
#include "gate/tty.h"

/* What is copied at a time from a ring whose bytes may go to the spool meanwhile, or from there. */
enum { OUTLET_CHUNK = 64 * 1024 };

struct outlet {
    struct outlet_mark mark;
    struct job *job;
    struct request *request;
    uint8_t *chunk;      /* NULL: the ring's bytes are sent in place */
    uint64_t chunk_from; /* of its first byte */
    size_t chunk_size;
};

static void outlet_tell_room(struct job *job)
{
    /* Nothing waits for room in a ring of our own. When this fails the gate is leaving, and the
     * next one starts with the ring as it is. */
    if (!ring_is_apart(job->ring))
        (void)gate_send(job->gate, DOOR_ROOM, job->id, UUID_SIZE, -1);
}

static void outlet_release(struct job *job)
{
    if (ring_release(job->ring, outlet_release_to(&job->readers, ring_released(job->ring))))
        outlet_tell_room(job);
}

/* What is not there now will never be. */
static bool outlet_is_over(const struct outlet *outlet)
{
    return outlet->job->forgotten || session_is_leaving(outlet->request->session);
}

/* No bytes are there: are there ever? */
static enum body_state outlet_pause(struct outlet *outlet)
{
    struct job *job = outlet->job;

    /* There are some, in a spool that we do not have yet. */
    if (outlet->mark.at < ring_tail(job->ring))
        return BODY_WAIT;
    if (ring_is_ended(job->ring))
        return ring_head(job->ring) == outlet->mark.at ? BODY_END : BODY_MORE;
    if (outlet_is_over(outlet))
        return BODY_FAIL;
    return ring_wait_for_bytes(job->ring, outlet->mark.at) ? BODY_WAIT : BODY_MORE;
}

/* Returns how many bytes, 0 while the spool is on its way to us, or -errno. */
static int64_t spool_read(struct outlet *outlet, uint64_t at)
{
    struct job *job = outlet->job;
    uint64_t size = ring_tail(job->ring) - at;
    ssize_t got;

    if (job->spool < 0)
        return 0;
    if (size > OUTLET_CHUNK)
        size = OUTLET_CHUNK;
    if (size > job->spool_capacity - at % job->spool_capacity)
        size = job->spool_capacity - at % job->spool_capacity;
    do
        got = pread(job->spool, outlet->chunk, (size_t)size, (off_t)(at % job->spool_capacity));
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    return got < 0 ? -errno : -EIO;
}

/* Whether what was just seen may be the end of a job of which the gate does not know yet that it
 * has ended: the door tells that in a moment. A console that reads of the end may ask about the job
 * at once, and must not hear that it runs. */
static bool outlet_is_early(const struct outlet *outlet)
{
    const struct job *job = outlet->job;

    return ring_is_ending(job->ring) && !state_is_ended(job->state.state);
}

/* The bytes at `at` as a copy, which nobody writes over while it is encrypted. The same results as
 * ring_peek(); 0 also while the spool is on its way: its message wakes us. */
static int64_t outlet_copy(struct outlet *outlet, uint64_t at, const uint8_t **bytes_out)
{
    if (at < outlet->chunk_from || at >= outlet->chunk_from + outlet->chunk_size) {
        int64_t size;

        outlet->chunk_size = 0;
        size = ring_copy(outlet->job->ring, at, outlet->chunk, OUTLET_CHUNK);
        if (size == -ENODATA && at >= ring_first(outlet->job->ring))
            size = spool_read(outlet, at);
        if (size <= 0)
            return size;
        outlet->chunk_from = at;
        outlet->chunk_size = (size_t)size;
    }
    *bytes_out = outlet->chunk + (at - outlet->chunk_from);
    return (int64_t)(outlet->chunk_from + outlet->chunk_size - at);
}

static int64_t outlet_look(struct outlet *outlet, const uint8_t **bytes_out)
{
    struct job *job = outlet->job;

    if (job->tty && outlet->mark.at >= ring_head(job->ring))
        return tty_peek(job->tty, outlet->mark.at, bytes_out);
    return outlet->chunk ? outlet_copy(outlet, outlet->mark.at, bytes_out)
                         : ring_peek(outlet->job->ring, outlet->mark.at, bytes_out);
}

static enum body_state outlet_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct outlet *outlet = user;
    enum body_state state = BODY_MORE;
    int64_t size = 0;

    *bytes_out = (struct slice){NULL, 0};
    /* At most twice: the second time after bytes came between looking and going to sleep. */
    while (state == BODY_MORE && size == 0) {
        size = outlet_look(outlet, &bytes_out->bytes);
        if (size < 0) {
            log_order(LOG_LEVEL_ERROR, outlet->job->id, "byte %" PRIu64 " cannot be read: %s",
                      outlet->mark.at, strerror((int)-size));
            return BODY_FAIL;
        }
        if (size == 0)
            state = outlet_pause(outlet);
    }
    if (outlet_is_early(outlet))
        return outlet_is_over(outlet) ? BODY_FAIL : BODY_WAIT;
    bytes_out->size = (uint64_t)size < max ? (size_t)size : max;
    /* The very last bytes say so themselves, and save an empty frame. "Ended" first: the head of an
     * ended ring stands still. */
    if (size > 0 && bytes_out->size == (uint64_t)size && ring_is_ended(outlet->job->ring) &&
        ring_head(outlet->job->ring) == outlet->mark.at + (uint64_t)size)
        state = BODY_END;
    return state;
}

static void outlet_took(void *user, size_t size)
{
    struct outlet *outlet = user;

    outlet->mark.at += size;
}

/* Reads the job's ring from here on. False without memory for what that asks for. */
static bool outlet_attach(struct outlet *outlet)
{
    struct ring *ring = outlet->job->ring;

    ring_add_reader(ring);
    if (!ring_spools(ring) || outlet->chunk)
        return true;
    outlet->chunk = malloc(OUTLET_CHUNK);
    return outlet->chunk != NULL;
}

void outlet_change_ring(struct job *job)
{
    struct outlet *outlet;

    list_for_each (&job->readers, struct outlet, mark.link, outlet)
        if (!outlet_attach(outlet))
            wire_stream_cancel(outlet->request->stream);
}

static struct outlet *outlet_new(struct request *request, struct job *job)
{
    struct outlet *outlet = calloc(1, sizeof(*outlet));
    uint64_t from = request->match.from;

    if (!outlet)
        return NULL;
    outlet->mark = (struct outlet_mark){.from = from, .at = from, .held = from};
    outlet->job = job;
    outlet->request = request;
    if (!outlet_attach(outlet)) {
        ring_remove_reader(job->ring);
        free(outlet);
        return NULL;
    }
    request->work = outlet;
    list_append(&job->readers, &outlet->mark.link);
    return outlet;
}

/* Makes sure that everything from `from` on is there and stays there. */
static enum problem_code outlet_hold(struct job *job, uint64_t from)
{
    uint64_t released = ring_released(job->ring);
    int r;

    /* What the warden of before told of its output is not what this one tells. */
    if (job->state.state == STATE_LOST && from > 0)
        return PROBLEM_GONE;
    if (from > job_head(job))
        return PROBLEM_BAD_REQUEST;
    if (from < ring_first(job->ring))
        return PROBLEM_GONE;
    r = ring_hold(job->ring, from < ring_head(job->ring) ? from : ring_head(job->ring));
    if (r && ring_release(job->ring, released))
        outlet_tell_room(job);
    /* The warden may sleep until more is released than was before; as that number has changed under
     * it, it must look again. */
    if (!r && from < released)
        outlet_tell_room(job);
    return r ? PROBLEM_GONE : PROBLEM_NONE;
}

static void output_problem(struct request *request, struct job *job, enum problem_code problem)
{
    char detail[128];

    snprintf(detail, sizeof(detail),
             "from=%" PRIu64 " is not within the output that is kept: bytes %" PRIu64 " to %" PRIu64
             ".",
             request->match.from, ring_first(job->ring), job_head(job));
    reply_problem(request, problem, detail);
}

static void output_begin(struct request *request)
{
    struct job *job = jobs_find(&request->session->gate->jobs, request->match.id);
    struct wire_body body = {.peek = outlet_peek, .took = outlet_took};
    enum problem_code problem;

    if (!job) {
        reply_problem(request, PROBLEM_NO_SUCH_JOB, NULL);
        return;
    }
    if (!session_may_touch(request->session, job->fingerprint)) {
        reply_problem(request, PROBLEM_RIGHT_MISSING, NULL);
        return;
    }
    problem = outlet_hold(job, request->match.from);
    if (problem) {
        output_problem(request, job, problem);
        return;
    }
    body.user = outlet_new(request, job);
    if (!body.user) {
        reply_problem(request, PROBLEM_INTERNAL, NULL);
        return;
    }
    /* Who asks from here on holds what is before. Nothing else may tell so: in a ring that is full
     * of what the console has, its last window update died with the gate before. */
    outlet_release(job);
    log_order(LOG_LEVEL_DEBUG, job->id, "connection %u reads from byte %" PRIu64,
              request->session->number, request->match.from);
    (void)reply_stream(request, "application/vnd.hune.frames", &body);
}

static void output_acknowledged(struct request *request)
{
    struct outlet *outlet = request->work;

    if (!outlet)
        return;
    outlet_mark_acknowledge(&outlet->mark, wire_stream_acknowledged(request->stream));
    outlet_release(outlet->job);
}

/* Disk room need not wait until everybody is gone. */
static void outlet_spare_disk(struct job *job)
{
    if (ring_is_ended(job->ring) && ring_spools(job->ring) && list_is_empty(&job->readers) &&
        !job->forgotten)
        outlet_tell_room(job);
}

void outlet_received(struct job *job, uint64_t offset)
{
    uint64_t head = ring_head(job->ring);

    if (ring_release(job->ring, outlet_held_by_all(&job->readers, offset < head ? offset : head)))
        outlet_tell_room(job);
    outlet_spare_disk(job);
    rings_give_back(job);
}

static void output_close(struct request *request)
{
    struct outlet *outlet = request->work;
    struct job *job;

    if (!outlet)
        return;
    job = outlet->job;
    /* What fills no window is not acknowledged otherwise. */
    if (request->sent_whole && !ring_is_apart(job->ring))
        receipt_ask(request->session, job, outlet->mark.at);
    log_order(LOG_LEVEL_DEBUG, job->id, "connection %u read up to byte %" PRIu64 ", holds %" PRIu64,
              request->session->number, outlet->mark.at, outlet->mark.held);
    list_remove(&outlet->mark.link);
    ring_remove_reader(job->ring);
    free(outlet->chunk);
    free(outlet);
    outlet_release(job); /* this one may have been the last that lagged behind */
    outlet_spare_disk(job);
    rings_give_back(job);
    job_release(job);
}

static void output_leave(struct request *request)
{
    if (request->work)
        wire_stream_resume(request->stream);
}

void outlet_resume_all(struct job *job)
{
    struct outlet *outlet;

    list_for_each (&job->readers, struct outlet, mark.link, outlet) {
        wire_stream_resume(outlet->request->stream);
        session_said(outlet->request->session);
    }
}

const struct request_handler handler_OUTPUT = {
    .begin = output_begin,
    .acknowledged = output_acknowledged,
    .close = output_close,
    .leave = output_leave,
};
