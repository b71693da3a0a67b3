/* See parcel.h. */
#define LOG_TAG "parcel"
#include "gate/parcel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/belt.h"
#include "base/log.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/jobs.h"
#include "gate/reply.h"
#include "gate/session.h"

struct parcel {
    uv_poll_t poll; /* first: uv_close() comes back with it */
    struct job *job;
    struct request *reader; /* the one console that reads now, or NULL; its work is this parcel */
    struct belt belt;       /* its place: what is acknowledged */
    uint64_t from;          /* where the reader began */
    uint64_t at;            /* and where it is */
    int bell;
    bool is_whole; /* nothing follows what is on the belt */
    bool is_over;  /* the job has ended */
};

static void ring(const struct parcel *parcel)
{
    /* What does not fit is a word too many, and one that is gone tells so itself. */
    (void)!send(parcel->bell, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The console has everything before `offset`. */
static void acknowledge(struct parcel *parcel, uint64_t offset)
{
    if (offset > parcel->belt.at && belt_take(&parcel->belt, (size_t)(offset - parcel->belt.at)))
        ring(parcel);
}

static uint64_t written(const struct parcel *parcel)
{
    size_t size;

    (void)belt_bytes(&parcel->belt, &size);
    return parcel->belt.at + size;
}

static void look_again(const struct parcel *parcel)
{
    if (!parcel->reader)
        return;
    wire_stream_resume(parcel->reader->stream);
    session_said(parcel->reader->session);
}

static void on_bell(uv_poll_t *poll, int status, int events)
{
    struct parcel *parcel = (struct parcel *)(void *)poll;
    uint8_t bells[256];
    ssize_t got = status < 0 ? 0 : recv(parcel->bell, bells, sizeof(bells), MSG_DONTWAIT);

    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        parcel->is_whole = true;
        uv_poll_stop(poll);
    }
    look_again(parcel);
}

int parcel_new(struct parcel **parcel_out, struct job *job, int bell, int belt_fd)
{
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    int r = parcel ? belt_map(&parcel->belt, belt_fd, BELT_READS) : -ENOMEM;

    if (!r)
        r = uv_poll_init(&job->gate->loop, &parcel->poll, bell);
    if (r) {
        if (parcel)
            belt_close(&parcel->belt);
        free(parcel);
        close(bell);
        return r;
    }
    parcel->job = job;
    parcel->bell = bell;
    (void)uv_poll_start(&parcel->poll, UV_READABLE, on_bell);
    /* The gate before us may have taken something and died before it said so. */
    ring(parcel);
    *parcel_out = parcel;
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void let_go(struct parcel *parcel)
{
    parcel->reader->work = NULL;
    parcel->reader = NULL;
}

struct parcel *parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return NULL;
    if (parcel->reader) {
        look_again(parcel);
        let_go(parcel);
    }
    /* Out of the poll set at once; the memory is the loop's for one more turn. */
    uv_close((uv_handle_t *)&parcel->poll, on_poll_closed);
    close(parcel->bell);
    belt_close(&parcel->belt);
    return NULL;
}

void parcel_end(struct job *job)
{
    struct parcel *parcel = job->parcel;

    parcel->is_whole = parcel->is_over = true;
    if (parcel->reader)
        look_again(parcel);
    else
        job->parcel = parcel_free(parcel);
}

/* ---- the body ---- */

/* No bytes are there: are there ever? */
static enum body_state wait_for_more(struct parcel *parcel)
{
    /* First whether it is whole: the other way round the last bytes could slip in between. */
    if (parcel->is_whole)
        return written(parcel) == parcel->at ? BODY_END : BODY_MORE;
    if (parcel->job->forgotten || session_is_leaving(parcel->reader->session))
        return BODY_FAIL;
    return belt_wait_for_bytes(&parcel->belt, (size_t)(parcel->at - parcel->belt.at) + 1)
               ? BODY_WAIT
               : BODY_MORE;
}

static enum body_state parcel_peek(void *user, size_t max, struct slice *bytes_out)
{
    const struct request *request = user;
    struct parcel *parcel = request->work;
    enum body_state state = BODY_MORE;

    *bytes_out = (struct slice){NULL, 0};
    if (!parcel)
        return BODY_FAIL;
    /* At most twice: the second time after bytes came between looking and going to sleep. */
    while (state == BODY_MORE && bytes_out->size == 0) {
        size_t sent = (size_t)(parcel->at - parcel->belt.at);
        size_t size;
        const uint8_t *bytes = belt_bytes(&parcel->belt, &size);

        if (size <= sent)
            state = wait_for_more(parcel);
        else
            *bytes_out = (struct slice){bytes + sent, size - sent < max ? size - sent : max};
    }
    return state;
}

static void parcel_took(void *user, size_t size)
{
    const struct request *request = user;
    struct parcel *parcel = request->work;

    if (parcel)
        parcel->at += size;
}

/* ---- the request ---- */

/* A console that comes back takes over from the stream of its lost connection. */
static void attach(struct parcel *parcel, struct request *request)
{
    struct request *before = parcel->reader;

    if (before) {
        let_go(parcel);
        wire_stream_cancel(before->stream);
        session_said(before->session);
    }
    request->work = parcel;
    parcel->reader = request;
    parcel->from = parcel->at = request->match.from;
    acknowledge(parcel, parcel->from);
    log_order(LOG_LEVEL_DEBUG, parcel->job->id, "connection %u reads files from byte %" PRIu64,
              request->session->number, parcel->from);
}

static void begin(struct request *request)
{
    const struct job *job = jobs_find(&request->session->gate->jobs, request->match.id);
    const struct wire_body body = {.peek = parcel_peek, .took = parcel_took, .user = request};

    if (!job) {
        reply_problem(request, PROBLEM_NO_SUCH_JOB, NULL);
    } else if (!session_may_touch(request->session, job->fingerprint)) {
        reply_problem(request, PROBLEM_RIGHT_MISSING, NULL);
    } else if (!job->parcel || request->match.from < job->parcel->belt.at) {
        reply_problem(request, PROBLEM_GONE, NULL);
    } else if (request->match.from > written(job->parcel)) {
        reply_problem(request, PROBLEM_BAD_REQUEST, NULL);
    } else {
        attach(job->parcel, request);
        (void)reply_stream(request, "application/vnd.hune.parcel", &body);
    }
}

static void acknowledged(struct request *request)
{
    struct parcel *parcel = request->work;
    uint64_t given, held;

    if (!parcel)
        return;
    /* A peer that claims more than it was sent has what it was sent. */
    given = parcel->at - parcel->from;
    held = wire_stream_acknowledged(request->stream);
    acknowledge(parcel, parcel->from + (held < given ? held : given));
}

static void done(struct request *request)
{
    struct parcel *parcel = request->work;
    struct job *job;

    if (!parcel)
        return;
    let_go(parcel);
    job = parcel->job;
    if (parcel->is_over)
        job->parcel = parcel_free(parcel);
}

static void leave(struct request *request)
{
    if (request->work)
        wire_stream_resume(request->stream);
}

const struct request_handler handler_PARCEL = {
    .begin = begin,
    .acknowledged = acknowledged,
    .close = done,
    .leave = leave,
};
