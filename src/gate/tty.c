/* See tty.h. */
#define LOG_TAG "tty"
#include "gate/tty.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

#include "base/belt.h"
#include "base/clock.h"
#include "base/log.h"
#include "door/screen.h"
#include "gate/gate.h"
#include "gate/jobs.h"
#include "gate/outlet.h"
#include "proto/terminal.h"
#include "wire/busy-poll.h"

enum {
    /* As much as this on the belt, and the warden shall take it. */
    TTY_MUCH = LIMIT_SCREEN_BELT / 4,
    /* Room that is waited for when the belt is full. */
    TTY_ROOM = LIMIT_SCREEN_BELT / 2,
    /* Reads at once: what comes together is sent together, and others have their turn. */
    TTY_ROUNDS = 4,
    TTY_ANSWER_NS = 400 * 1000, /* how long a program may take to answer a key that is awaited */
    TTY_LAST_ROUNDS = 32,       /* reads when it is given back; a program may still be writing */
};

struct tty {
    uv_poll_t poll; /* first: uv_close() comes back with it */
    struct job *job;
    int fd; /* -1 once it is given back */
    struct belt belt;
    uint64_t told; /* the belt's end when the warden was last told to take */
    struct busy_poll answer;
};

static void on_screen(uv_poll_t *poll, int status, int events);

int tty_new(struct tty **tty_out, struct job *job, int fd, int belt_fd)
{
    struct tty *tty = calloc(1, sizeof(*tty));
    int r = tty ? belt_map(&tty->belt, belt_fd, BELT_WRITES) : -ENOMEM;

    if (!r)
        r = uv_poll_init(&job->gate->loop, &tty->poll, fd);
    if (r) {
        if (tty)
            belt_close(&tty->belt);
        free(tty);
        close(fd);
        return r;
    }
    tty->job = job;
    tty->fd = fd;
    tty->told = belt_written(&tty->belt);
    busy_poll_init(&tty->answer, &job->gate->loop, TTY_ANSWER_NS);
    tty_resume(tty);
    *tty_out = tty;
    return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

struct tty *tty_free(struct tty *tty)
{
    if (!tty)
        return NULL;
    uv_close((uv_handle_t *)&tty->poll, on_poll_closed);
    if (tty->fd >= 0)
        close(tty->fd);
    belt_close(&tty->belt);
    return NULL;
}

/* ---- what it shows ---- */

uint64_t tty_head(const struct tty *tty)
{
    uint64_t head = ring_head(tty->job->ring);
    uint64_t ours = ring_lent_origin(tty->job->ring) + belt_written(&tty->belt);

    /* The warden goes on by itself once it has the terminal back. */
    return ours > head ? ours : head;
}

int64_t tty_peek(const struct tty *tty, uint64_t offset, const uint8_t **bytes_out)
{
    uint64_t origin = ring_lent_origin(tty->job->ring);

    if (offset < origin)
        return -ENODATA;
    return belt_look_back(&tty->belt, offset - origin, bytes_out);
}

static void tty_tell(const struct tty *tty, enum door_type type)
{
    /* When this fails we are leaving, and the warden finds what is on the belt. */
    (void)gate_send(tty->job->gate, type, tty->job->id, UUID_SIZE, -1);
}

/* Says that there is much to be taken, not more often than there is. */
static void tty_tell_much(struct tty *tty)
{
    if (belt_written(&tty->belt) - tty->told < TTY_MUCH)
        return;
    tty->told = belt_written(&tty->belt);
    tty_tell(tty, DOOR_ROOM);
}

static void tty_give_back(struct tty *tty)
{
    if (tty->fd < 0)
        return;
    uv_poll_stop(&tty->poll);
    close(tty->fd);
    tty->fd = -1;
    tty_tell(tty, DOOR_RETURNED);
}

/* The belt is full. True if it has room by now. */
static bool tty_wait(struct tty *tty)
{
    if (!belt_wait_for_room(&tty->belt, TTY_ROOM))
        return true;
    uv_poll_stop(&tty->poll);
    tty->told = belt_written(&tty->belt);
    tty_tell(tty, DOOR_ROOM);
    return false;
}

static void on_screen(uv_poll_t *poll, int status, int events)
{
    struct tty *tty = (struct tty *)(void *)poll;
    ssize_t size = status;
    bool any = false;

    (void)events;
    /* libuv's word for an error on the descriptor; the read tells which. */
    if (status == 0 || status == UV_EBADF) {
        for (int round = 0; round < TTY_ROUNDS; round++) {
            size = screen_put(&tty->belt, tty->job->ring, tty->fd);
            any |= size > 0;
            if (size >= 0 ? size < SCREEN_PIECE / 2 : size != -ENOBUFS || !tty_wait(tty))
                break;
        }
    }
    if (any)
        outlet_resume_all(tty->job);
    tty_tell_much(tty);
    if (size < 0 && size != -ENOBUFS)
        tty_give_back(tty);
}

void tty_resume(struct tty *tty)
{
    int r;

    if (tty->fd < 0 || uv_is_active((uv_handle_t *)&tty->poll))
        return;
    r = uv_poll_start(&tty->poll, UV_READABLE, on_screen);
    if (r)
        tty_give_back(tty);
}

void tty_return(struct tty *tty)
{
    if (tty->fd < 0)
        return;
    /* What does not fit waits in the terminal, for the warden. */
    for (int round = 0; round < TTY_LAST_ROUNDS; round++) {
        if (screen_put(&tty->belt, tty->job->ring, tty->fd) <= 0)
            break;
    }
    outlet_resume_all(tty->job);
    tty_give_back(tty);
}

void tty_expect(struct tty *tty)
{
    if (tty->fd >= 0 && uv_is_active((uv_handle_t *)&tty->poll) && busy_poll_wait(&tty->answer))
        on_screen(&tty->poll, 0, UV_READABLE);
}

/* ---- what is typed ---- */

/* The keys of the frame that stands at the end of the job's input, from where they stopped. They
 * are counted before they are typed: a gate that dies in between has typed them at most once.
 * Returns 1 once all are typed, 0 when the terminal takes no more now, or -errno. */
static int keys_type(const struct job *job, int fd, struct slice keys)
{
    uint64_t begin = ring_input(job->ring) + TERMINAL_INPUT_HEADER;
    uint64_t typed = ring_typed(job->ring);
    size_t done = typed > begin ? (size_t)(typed - begin) : 0;

    while (done < keys.size) {
        ssize_t written;

        ring_set_typed(job->ring, begin + keys.size);
        written = write(fd, keys.bytes + done, keys.size - done);
        if (written > 0)
            done += (size_t)written;
        if (done < keys.size)
            ring_set_typed(job->ring, begin + done);
        if (written < 0 && errno != EINTR)
            return errno == EAGAIN ? 0 : -errno;
        if (written == 0)
            return 0;
    }
    return 1;
}

static void terminal_resize(int fd, const struct terminal_size *size)
{
    const struct winsize window = {
        .ws_row = size->rows,
        .ws_col = size->columns,
        .ws_xpixel = size->width,
        .ws_ypixel = size->height,
    };

    ioctl(fd, TIOCSWINSZ, &window);
}

ssize_t tty_type(struct job *job, int fd, const uint8_t *bytes, size_t size)
{
    struct terminal_input frame;
    size_t taken = 0;
    int r;

    while ((r = terminal_input_next(&frame, (struct slice){bytes + taken, size - taken})) == 1) {
        if (frame.kind == TERMINAL_KEYS) {
            r = keys_type(job, fd, frame.keys);
            if (r <= 0)
                break;
        } else {
            terminal_resize(fd, &frame.size);
        }
        ring_add_input(job->ring, frame.taken);
        taken += frame.taken;
    }
    return r < 0 && taken == 0 ? r : (ssize_t)taken;
}
