/* POST /v1/jobs/ID/input. See input.h. */
#define LOG_TAG "input"
#include "gate/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#include "gate/tty.h"
#include "proto/terminal.h"
#include "proto/verb.h"

/* Room on a belt that is waited for: less of it means more wake-ups. */
enum { BELT_ROOM = 256 * 1024 };

/* So little input to a terminal at once was typed by hand. */
enum { INPUT_TYPED = 16 };

struct input {
    uv_poll_t poll; /* first: uv_close() comes back with it */
    struct job *job;
    struct request *writer; /* the one console that sends now, or NULL; its work is this input */
    uint64_t at;            /* where in its input the writer's next byte belongs */
    int fd;
    struct belt belt; /* mapped: input goes there, and `fd` is a socket, its bell */
    size_t kept;      /* of the writer's window: on the belt, and not given back */
    bool waits;       /* for room in the pipe, or until more is taken from the belt */
    bool is_terminal; /* the input is made of the frames of proto/terminal.h */
};

static bool has_belt(const struct input *input)
{
    return input->belt.page != NULL;
}

/* Returns 0, or -EPIPE: nobody hears it. */
static int belt_ring(const struct input *input)
{
    /* What does not fit is a word too many. */
    return send(input->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN ? -EPIPE : 0;
}

/* The gate before us may have died between any two steps: the belt knows what it did, and the
 * courier may not have been told. */
static void belt_adopt(struct input *input)
{
    uint64_t written = belt_written(&input->belt);
    uint64_t told = ring_input(input->job->ring);

    if (written > told)
        ring_add_input(input->job->ring, (size_t)(written - told));
    (void)belt_ring(input);
}

static void on_ready(uv_poll_t *poll, int status, int events);

int input_new(struct input **input_out, struct job *job, int fd, int belt_fd)
{
    struct input *input = calloc(1, sizeof(*input));
    int r = input ? 0 : -ENOMEM;

    if (!r && fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        r = -errno;
    if (!r && belt_fd >= 0)
        r = belt_map(&input->belt, belt_fd, BELT_WRITES);
    if (!r)
        r = uv_poll_init(&job->gate->loop, &input->poll, fd);
    if (r) {
        if (input)
            belt_close(&input->belt);
        free(input);
        close(fd);
        return r;
    }
    input->job = job;
    input->fd = fd;
    input->is_terminal = job->verb == VERB_SHELL;
    if (has_belt(input))
        belt_adopt(input);
    *input_out = input;
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

struct input *input_free(struct input *input)
{
    if (!input)
        return NULL;
    if (input->writer)
        input->writer->work = NULL;
    /* Out of the poll set at once; the memory is the loop's for one more turn. */
    uv_close((uv_handle_t *)&input->poll, on_poll_closed);
    close(input->fd);
    belt_close(&input->belt);
    return NULL;
}

static void input_detach(struct request *request);

/* The writer has its answer: how much of the input the job was given. What it still sends is let
 * pass. */
static void input_answer(struct request *request, const struct job *job)
{
    wire_stream_consume(request->stream, buffer_length(&request->body));
    buffer_deinit(&request->body);
    reply_json(request, 200, json_pack("{s:I}", "taken", (json_int_t)ring_writer_input(job->ring)));
}

/* The writer is told why it may send no more; the input stays open for another. */
static void input_refuse(struct request *writer, enum problem_code problem, const char *detail)
{
    input_detach(writer);
    wire_stream_consume(writer->stream, buffer_length(&writer->body));
    buffer_deinit(&writer->body);
    reply_problem(writer, problem, detail);
    session_said(writer->session);
}

void input_close(struct job *job)
{
    struct request *writer = job->input->writer;

    job->input = input_free(job->input);
    log_order(LOG_LEVEL_DEBUG, job->id, "standard input is closed after %" PRIu64 " bytes",
              ring_input(job->ring));
    /* A warden that keeps the pipe open would keep the job waiting for its end. */
    if (!job->forgotten && !state_is_ended(job->state.state))
        (void)gate_send(job->gate, DOOR_INPUT_END, job->id, UUID_SIZE, -1);
    if (writer)
        input_answer(writer, job);
}

/* How many of the bytes may be written at once; 0: none yet; -EBADMSG: they are no input. For a
 * terminal these are whole frames: whatever becomes of the writer, or of us, the next one finds a
 * frame's border. */
static ssize_t input_unit(const struct input *input, const uint8_t *bytes, size_t size)
{
    struct terminal_input frame;
    size_t unit = 0;
    int r;

    if (!input->is_terminal)
        return (ssize_t)size;
    while ((r = terminal_input_next(&frame, (struct slice){bytes + unit, size - unit})) == 1 &&
           unit + frame.taken <= LIMIT_TERMINAL_INPUT)
        unit += frame.taken;
    return unit == 0 && r < 0 ? r : (ssize_t)unit;
}

static ssize_t pipe_write(const struct input *input, const uint8_t *bytes, size_t size)
{
    ssize_t written;

    do
        written = write(input->fd, bytes, size);
    while (written < 0 && errno == EINTR);
    if (written < 0)
        return errno == EAGAIN ? 0 : -errno;
    return written;
}

static ssize_t belt_write(struct input *input, const uint8_t *bytes, size_t size)
{
    size_t room;
    uint8_t *at = belt_room(&input->belt, &room);

    if (size > room)
        size = room;
    if (bytes != at)
        memcpy(at, bytes, size);
    if (size > 0 && belt_put(&input->belt, size) && belt_ring(input))
        return -EPIPE;
    return (ssize_t)size;
}

/* How many of `size` bytes the job took, 0 if there is no room or not enough of them, or -errno. */
static ssize_t input_write(struct input *input, const uint8_t *bytes, size_t size)
{
    ssize_t unit = input_unit(input, bytes, size);
    ssize_t written;

    if (unit <= 0)
        return unit;
    if (input->is_terminal)
        written = tty_type(input->job, input->fd, bytes, (size_t)unit);
    else
        written = has_belt(input) ? belt_write(input, bytes, (size_t)unit)
                                  : pipe_write(input, bytes, (size_t)unit);
    if (written <= 0)
        return written;
    if (!input->is_terminal) /* which counts by itself */
        ring_add_input(input->job->ring, (size_t)written);
    if (has_belt(input))
        input->kept += (size_t)written;
    else
        wire_stream_consume(input->writer->stream, (size_t)written);
    return written;
}

/* The writer gets its window back as far as what it then lets come finds room on the belt. Returns
 * whether more of it is kept, and the bell rings once there is more room. */
static bool belt_give_back(struct input *input)
{
    size_t room, keeps;

    do {
        (void)belt_room(&input->belt, &room);
        keeps = room < LIMIT_INPUT_WINDOW ? LIMIT_INPUT_WINDOW - room : 0;
        if (input->kept > keeps) {
            wire_stream_consume(input->writer->stream, input->kept - keeps);
            input->kept = keeps;
        }
    } while (input->kept > 0 && !belt_wait_for_room(&input->belt, room + BELT_ROOM));
    return input->kept > 0;
}

static int input_listen(struct input *input)
{
    /* No word to the kernel where nothing changes: most keys find room. */
    return input->waits
               ? 0
               : uv_poll_start(&input->poll, has_belt(input) ? UV_READABLE : UV_WRITABLE, on_ready);
}

/* Waits for room. Returns 0, 1 if there is some by now, or -errno. */
static int input_wait(struct input *input, size_t size)
{
    if (has_belt(input) && !belt_wait_for_room(&input->belt, size < BELT_ROOM ? size : BELT_ROOM))
        return 1;
    return input_listen(input);
}

/* What follows from a write of ours, whose result is `written`: waits for room, or for more from
 * the writer; or the job reads no more, or has it all; or what came is no input. */
static void input_go_on(struct input *input, ssize_t written)
{
    struct request *writer = input->writer;
    struct buffer *body = &writer->body;
    bool keeps = false;
    ssize_t unit;
    int r = 0;

    while ((unit = input_unit(input, buffer_bytes(body), buffer_length(body))) > 0 &&
           written >= 0 && (r = input_wait(input, (size_t)unit)) == 1) {
        written = input_write(input, buffer_bytes(body), buffer_length(body));
        if (written > 0)
            buffer_consume(body, (size_t)written);
    }
    if (unit == 0 && written >= 0 && has_belt(input))
        keeps = belt_give_back(input);
    if (keeps)
        r = input_listen(input);
    else if (unit <= 0 && input->waits)
        uv_poll_stop(&input->poll);
    input->waits = unit > 0 || keeps;
    if (unit == -EBADMSG || written == -EBADMSG)
        input_refuse(writer, PROBLEM_BAD_REQUEST, "The input of a terminal is made of frames.");
    else if (written < 0 || r < 0 || (unit == 0 && writer->ended))
        input_close(input->job);
}

/* The words that came. Returns 0, or -EPIPE: the job reads no more. */
static int belt_listen(const struct input *input)
{
    uint8_t bells[256];
    ssize_t got = recv(input->fd, bells, sizeof(bells), MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) ? -EPIPE : 0;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct input *input = (struct input *)(void *)poll;
    struct request *writer = input->writer;
    struct buffer *body = &writer->body;
    ssize_t written = status < 0 ? status : 0;

    (void)events;
    if (status == 0 && has_belt(input))
        written = belt_listen(input);
    if (written == 0)
        written = input_write(input, buffer_bytes(body), buffer_length(body));
    if (written > 0)
        buffer_consume(body, (size_t)written);
    session_said(writer->session); /* the window that went back */
    input_go_on(input, written);
}

/* Drops what the job was given before; returns how many bytes that was. */
static size_t input_skip(struct input *input, size_t size)
{
    uint64_t taken = ring_writer_input(input->job->ring) + buffer_length(&input->writer->body);
    uint64_t known = taken > input->at ? taken - input->at : 0;
    size_t skip = known < size ? (size_t)known : size;

    if (skip > 0)
        wire_stream_consume(input->writer->stream, skip);
    input->at += skip;
    return skip;
}

static void input_data(struct request *request, const uint8_t *bytes, size_t size)
{
    struct input *input = request->work;
    ssize_t written = 0;
    struct job *job;
    size_t skip;

    if (!input) {
        wire_stream_consume(request->stream, size);
        return;
    }
    job = input->job;
    skip = input_skip(input, size);
    bytes += skip;
    size -= skip;
    if (size == 0)
        return;
    input->at += size;
    if (buffer_length(&request->body) == 0)
        written = input_write(input, bytes, size);
    if (written >= 0 && (size_t)written < size &&
        buffer_append(&request->body, bytes + written, size - (size_t)written)) {
        /* Bytes are lost: the console must send them again over a new stream. */
        wire_stream_cancel(request->stream);
        return;
    }
    input_go_on(input, written);
    if (job->tty && written > 0 && written <= INPUT_TYPED)
        tty_expect(job->tty);
}

static void input_end(struct request *request)
{
    struct input *input = request->work;

    if (input)
        input_go_on(input, 0);
}

static void input_detach(struct request *request)
{
    struct input *input = request->work;

    request->work = NULL;
    wire_stream_set_place(request->stream, NULL);
    if (!input)
        return;
    input->writer = NULL;
    input->kept = 0;
    input->waits = false;
    uv_poll_stop(&input->poll);
}

/* Nothing may wait before what comes: neither what the job was given before, nor what it had no
 * room for. */
static uint8_t *input_room(void *user, size_t *size_out)
{
    const struct request *request = user;
    const struct input *input = request->work;

    if (!input || buffer_length(&request->body) > 0 ||
        input->at < ring_writer_input(input->job->ring))
        return NULL;
    return belt_room(&input->belt, size_out);
}

/* A console that comes back takes over from the stream of its lost connection. */
static void input_attach(struct input *input, struct request *request)
{
    struct request *before = input->writer;
    const struct wire_place place = {.room = input_room, .user = request};
    struct ring *ring = input->job->ring;
    uint64_t writer = request->match.writer;

    if (before && writer > ring_writer(ring)) {
        input_refuse(before, PROBLEM_TAKEN_OVER, NULL);
    } else if (before) {
        input_detach(before);
        wire_stream_cancel(before->stream);
        session_said(before->session);
    }
    if (writer > ring_writer(ring))
        ring_take_input(ring, writer);
    input->writer = request;
    input->at = request->match.from;
    request->work = input;
    if (has_belt(input))
        wire_stream_set_place(request->stream, &place);
    log_order(LOG_LEVEL_DEBUG, input->job->id, "connection %u sends input from byte %" PRIu64,
              request->session->number, input->at);
}

/* How much of this console's input the job has: nothing, of one that takes over. */
static uint64_t input_taken(const struct request *request, const struct job *job)
{
    return request->match.writer > ring_writer(job->ring) ? 0 : ring_writer_input(job->ring);
}

static void input_begin(struct request *request)
{
    struct job *job = jobs_find(&request->session->gate->jobs, request->match.id);
    char detail[96];

    if (!job) {
        reply_problem(request, PROBLEM_NO_SUCH_JOB, NULL);
    } else if (!session_may_touch(request->session, job->fingerprint)) {
        reply_problem(request, PROBLEM_RIGHT_MISSING, NULL);
    } else if (request->match.writer < ring_writer(job->ring)) {
        reply_problem(request, PROBLEM_TAKEN_OVER, NULL);
    } else if (request->match.from > input_taken(request, job)) {
        snprintf(detail, sizeof(detail), "The job has taken %" PRIu64 " bytes; send from there.",
                 input_taken(request, job));
        reply_problem(request, PROBLEM_BAD_REQUEST, detail);
    } else if (!job->input) {
        input_answer(request, job);
    } else {
        input_attach(job->input, request);
    }
}

/* The job's input stays open for the console to come back to. */
static void input_leave(struct request *request)
{
    if (!request->work)
        return;
    input_detach(request);
    wire_stream_cancel(request->stream);
}

const struct request_handler handler_INPUT = {
    .begin = input_begin,
    .data = input_data,
    .end = input_end,
    .close = input_detach,
    .leave = input_leave,
};
