/* See fill.h. Output is read straight to where it stays, except on the first way round a ring: its
 * pages come into being there, and the kernel makes them in one call for less than faults cost. */
#include "warden/fill.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "door/screen.h"
#include "warden/job-private.h"
#include "warden/overflow.h"
#include "warden/pty.h"
#define LOG_TAG "ring"
#include "base/log.h"

enum {
    FILL_EXIT_SIZE = FRAME_HEADER_SIZE + 8, /* always kept free for the last frame */
    FILL_RESERVE = FILL_EXIT_SIZE + 256,    /* and for a note about why nothing else goes in */
    FILL_LEAST = 4096,                      /* less room than this is waited out: no tiny frames */
    FILL_PIPE_FULL = 64 * 1024,             /* what a pipe holds before it was widened */
    FILL_PIPE_WIDE = 256 * 1024,
    /* One frame's payload: what is kept of an ended job begins with a whole frame. */
    FILL_FRAME = 32 * 1024,
    FILL_FRAMES = LIMIT_FRAME / FILL_FRAME, /* in one read */
    FILL_SCOOP = FILL_FRAMES * (FRAME_HEADER_SIZE + FILL_FRAME),
    FILL_ROUNDS = 4, /* reads per wake-up, so that one loud job does not starve the others */
};

_Static_assert((int)FILL_LEAST >= (int)SCREEN_PIECE, "the least room takes a terminal's piece");

bool fill_is_open(const struct job_pipe *pipe)
{
    return pipe->source.fd >= 0;
}

void fill_stop(struct job_pipe *pipe)
{
    if (!fill_is_open(pipe))
        return;
    loop_unwatch(&pipe->source);
    close(pipe->source.fd);
    pipe->source.fd = -1;
}

static uint32_t ms_since_start(const struct job *job)
{
    return (uint32_t)(clock_monotonic_ms() - job->started_monotonic_ms);
}

static void frame_begin(const struct job *job, uint8_t *at, enum frame_kind kind, size_t size)
{
    const struct frame_header header = {
        .kind = kind,
        .length = (uint32_t)size,
        .ms = ms_since_start(job),
    };

    frame_header_encode(&header, at);
}

static void frame_publish(struct job *job, size_t size)
{
    if (ring_publish(job->ring, FRAME_HEADER_SIZE + size))
        job->jobs->events->on_bytes(job, job->jobs->user);
}

/* Where frames may go; NULL when the ring is full and the gate was asked to say when it no longer
 * is. */
static uint8_t *frames_room(struct job *job, size_t *size_out)
{
    const size_t least = FRAME_HEADER_SIZE + FILL_LEAST + FILL_RESERVE;
    size_t size;
    uint8_t *at;

    do {
        at = ring_room(job->ring, FILL_SCOOP + FILL_RESERVE, &size);
        if (size >= least) {
            overflow_flows(job);
            *size_out = size - FILL_RESERVE;
            return at;
        }
        /* The second time after asking to be told: what was released in between tells nobody. */
    } while (overflow_make_room(job) || !ring_wait_for_room(job->ring, least) ||
             overflow_make_room(job));
    return NULL;
}

/* One read into several frames, with gaps for their headers. */
static ssize_t frames_read(int fd, uint8_t *at, size_t room)
{
    struct iovec parts[FILL_FRAMES];
    int count = 0;

    while (count < FILL_FRAMES && room > FRAME_HEADER_SIZE) {
        size_t size = room - FRAME_HEADER_SIZE < FILL_FRAME ? room - FRAME_HEADER_SIZE : FILL_FRAME;

        parts[count++] = (struct iovec){.iov_base = at + FRAME_HEADER_SIZE, .iov_len = size};
        at += FRAME_HEADER_SIZE + size;
        room -= FRAME_HEADER_SIZE + size;
    }
    return readv(fd, parts, count);
}

/* Of a terminal: one piece, after a byte that goes where the end of the frame's header will. */
static ssize_t screen_piece(int fd, uint8_t *at)
{
    ssize_t got = screen_read(fd, at, SCREEN_PIECE);

    if (got > 0)
        return got;
    errno = got < 0 ? (int)-got : EAGAIN;
    return -1;
}

/* The next piece of `left` bytes that makes a frame; 0 when there is none. */
static size_t frame_piece(size_t *left)
{
    size_t piece = *left < FILL_FRAME ? *left : FILL_FRAME;

    *left -= piece;
    return piece;
}

/* Makes frames of `size` bytes that were read to `at`; returns how long they are together. */
static size_t frames_begin(const struct job_pipe *pipe, uint8_t *at, size_t size)
{
    uint8_t *const begin = at;
    size_t piece;

    while ((piece = frame_piece(&size)) > 0) {
        frame_begin(pipe->job, at, pipe->kind, piece);
        at += FRAME_HEADER_SIZE + piece;
    }
    return (size_t)(at - begin);
}

static void frames_publish(struct job_pipe *pipe, size_t size)
{
    size_t piece;

    while ((piece = frame_piece(&size)) > 0)
        frame_publish(pipe->job, piece);
}

/* NULL without memory. As with the ring, a job's child has no business with it. */
static uint8_t *scoop_new(void)
{
    void *scoop = mmap(NULL, FILL_SCOOP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0);

    if (scoop == MAP_FAILED)
        return NULL;
    madvise(scoop, FILL_SCOOP, MADV_DONTFORK);
    return scoop;
}

void fill_end(struct jobs *jobs)
{
    if (jobs->scoop)
        munmap(jobs->scoop, FILL_SCOOP);
    jobs->scoop = NULL;
}

/* What all jobs read to, or NULL. */
static uint8_t *scoop_of(struct jobs *jobs)
{
    if (!jobs->scoop)
        jobs->scoop = scoop_new();
    return jobs->scoop;
}

/* Where to read to: into the ring, or, while that has no memory yet, to where memory is. */
static uint8_t *scoop_instead(struct job *job, uint8_t *at, size_t room)
{
    uint8_t *scoop = ring_is_fresh(job->ring, room) ? scoop_of(job->jobs) : NULL;

    return scoop ? scoop : at;
}

/* The job says its first word: from here on it has a ring. False, and it is not heard any more,
 * when there can be none. */
static bool ring_begin(struct job *job)
{
    bool is_mapped;
    int r = rings_take(&job->jobs->rings, job->fingerprint, &job->ring, &is_mapped);

    if (!r) {
        job->jobs->events->on_ring(job, is_mapped, job->jobs->user);
        return true;
    }
    log_order(LOG_LEVEL_ERROR, job->id, "its output cannot be kept: %s", strerror(-r));
    fill_stop(&job->output);
    fill_stop(&job->errors);
    return false;
}

/* Frames what was read to `to`, and puts it to `at` in the ring if it is not there. */
static void frames_take(struct job_pipe *pipe, uint8_t *to, const uint8_t *at, size_t got)
{
    size_t size = frames_begin(pipe, to, got);

    if (to != at)
        ring_put(pipe->job->ring, to, size);
    frames_publish(pipe, got);
    if (got == FILL_PIPE_FULL)
        fcntl(pipe->source.fd, F_SETPIPE_SZ, FILL_PIPE_WIDE);
}

/* A read brought no bytes. Returns true if it is worth another. */
static bool fill_dry(struct job_pipe *pipe, ssize_t got)
{
    if (got < 0 && errno == EINTR)
        return true;
    if (got == 0 || errno != EAGAIN)
        fill_stop(pipe);
    return false;
}

/* Hears a job that has said nothing yet. Returns true if there may be more at once. */
static bool fill_first(struct job_pipe *pipe)
{
    uint8_t *scoop = scoop_of(pipe->job->jobs);
    ssize_t got;

    if (!scoop)
        return ring_begin(pipe->job);
    got = frames_read(pipe->source.fd, scoop, FILL_SCOOP);
    if (got <= 0)
        return fill_dry(pipe, got);
    if (!ring_begin(pipe->job))
        return false;
    frames_take(pipe, scoop, NULL, (size_t)got);
    return (size_t)got >= FILL_PIPE_FULL;
}

/* Returns true if there may be more at once. */
static bool fill_once(struct job_pipe *pipe)
{
    struct job *job = pipe->job;
    uint8_t *at, *to;
    size_t room;
    ssize_t got;

    if (!job->ring)
        return fill_first(pipe);
    at = frames_room(job, &room);
    if (!at) {
        loop_unwatch(&pipe->source);
        return false;
    }
    to = job->pty ? at : scoop_instead(job, at, room);
    got = job->pty ? screen_piece(pipe->source.fd, at) : frames_read(pipe->source.fd, to, room);
    if (got <= 0)
        return fill_dry(pipe, got);
    frames_take(pipe, to, at, (size_t)got);
    return (size_t)got >= FILL_PIPE_FULL;
}

void fill_now(struct job_pipe *pipe)
{
    struct pty *pty;

    if (!fill_is_open(pipe))
        return;
    pty = pipe->job->pty;
    if (pty && (!pty_take(pty) || pty_is_lent(pty))) {
        loop_unwatch(&pipe->source);
        return;
    }
    for (int round = 0; round < FILL_ROUNDS && fill_is_open(pipe); round++) {
        if (!fill_once(pipe))
            return;
    }
}

bool fill_frame(struct job *job, const struct frame_header *header, const uint8_t *payload)
{
    size_t room;
    uint8_t *at = frames_room(job, &room);

    if (!at)
        return false;
    memcpy(at + FRAME_HEADER_SIZE, payload, header->length);
    frame_header_encode(header, at);
    frame_publish(job, header->length);
    return true;
}

int fill_start(struct job *job, struct job_pipe *pipe, enum frame_kind kind, int fd)
{
    pipe->job = job;
    pipe->kind = kind;
    pipe->source.fd = fd;
    return loop_watch(job->jobs->loop, &pipe->source, EPOLLIN);
}

void fill_note(struct job *job, const char *text)
{
    size_t wanted = FRAME_HEADER_SIZE + strlen(text) + FILL_EXIT_SIZE;
    size_t size = 0;
    uint8_t *at = job->ring ? ring_room(job->ring, wanted, &size) : NULL;

    /* What the gate reads from a terminal has its place in the ring already. */
    if (size < wanted || (job->pty && pty_is_lent(job->pty)))
        return;
    memcpy(at + FRAME_HEADER_SIZE, text, strlen(text));
    frame_begin(job, at, FRAME_NOTE, strlen(text));
    frame_publish(job, strlen(text));
}

struct exit_words {
    uint32_t state, detail;
};

static struct exit_words exit_words(struct job_state state)
{
    return (struct exit_words){htobe32(state.state), htobe32(state.detail)};
}

int fill_append_exit(struct buffer *out, struct job_state state, uint32_t ms)
{
    const struct frame_header header = {
        .kind = FRAME_EXIT, .length = sizeof(struct exit_words), .ms = ms};
    const struct exit_words words = exit_words(state);
    uint8_t bytes[FRAME_HEADER_SIZE];
    int r;

    frame_header_encode(&header, bytes);
    r = buffer_append(out, bytes, sizeof(bytes));
    return r ? r : buffer_append(out, &words, sizeof(words));
}

void fill_exit(struct job *job)
{
    const struct exit_words words = exit_words(job->state);
    size_t size = 0;
    uint8_t *at;

    if (!job->ring && !fill_append_exit(&job->kept, job->state, ms_since_start(job)))
        return;
    at = job->ring ? ring_room(job->ring, FILL_EXIT_SIZE, &size) : NULL;
    if (size < FILL_EXIT_SIZE) {
        log_order(LOG_LEVEL_ERROR, job->id, "no room for the last frame");
        return;
    }
    memcpy(at + FRAME_HEADER_SIZE, &words, sizeof(words));
    frame_begin(job, at, FRAME_EXIT, sizeof(words));
    /* The gate is not told of these bytes: it passes them on when it is told the job's state. */
    ring_begin_end(job->ring);
    (void)ring_publish(job->ring, FRAME_HEADER_SIZE + sizeof(words));
    ring_set_kept(job->ring, job_keeps_from(job));
    ring_end(job->ring);
}
