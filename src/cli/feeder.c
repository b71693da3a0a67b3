#include "cli/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { READ_MAX = 64 * 1024 };

struct feeder {
    uv_poll_t poll;
    uv_idle_t idle; /* for what cannot be polled: a file is always readable */
    struct remote_job *job;
    int fd;      /* -1 after its end */
    int poll_fd; /* the same, for as long as it is open */
    int flags;   /* of the descriptor, before */
    bool polled;
    uint8_t bytes[READ_MAX]; /* read, not yet taken by the job */
    size_t size;
};

static void rest(struct feeder *feeder)
{
    if (feeder->polled)
        uv_poll_stop(&feeder->poll);
    else
        uv_idle_stop(&feeder->idle);
}

static void finish(struct feeder *feeder)
{
    rest(feeder);
    feeder->fd = -1;
}

/* Hands on what was read. False if the job takes no more now (feeder_resume() follows) or ever. */
static bool hand_on(struct feeder *feeder)
{
    int error;

    if (feeder->size == 0)
        return true;
    error = remote_job_write(feeder->job, feeder->bytes, feeder->size);
    if (error == -EAGAIN)
        rest(feeder);
    else if (error)
        finish(feeder);
    else
        feeder->size = 0;
    return error == 0;
}

/* One read for each turn of the loop, so that output keeps flowing meanwhile. */
static void move(struct feeder *feeder)
{
    ssize_t got;

    if (!hand_on(feeder))
        return;
    got = read(feeder->fd, feeder->bytes, sizeof(feeder->bytes));
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        finish(feeder);
        remote_job_write_end(feeder->job);
        return;
    }
    feeder->size = (size_t)got;
    hand_on(feeder);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    move(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
    move(idle->data);
}

static void wait_for_more(struct feeder *feeder)
{
    if (feeder->fd < 0)
        return;
    if (feeder->polled)
        uv_poll_start(&feeder->poll, UV_READABLE | UV_DISCONNECT, on_readable);
    else
        uv_idle_start(&feeder->idle, on_idle);
}

int feeder_start(struct feeder **feeder_out, uv_loop_t *loop, int fd, struct remote_job *job)
{
    struct feeder *feeder = calloc(1, sizeof(*feeder));
    struct stat stat;
    bool is_file = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);

    if (!feeder)
        return -ENOMEM;
    *feeder = (struct feeder){.job = job, .fd = fd, .poll_fd = fd, .flags = fcntl(fd, F_GETFL)};
    /* epoll refuses files, directories and /dev/null. */
    if (!is_file && uv_poll_init(loop, &feeder->poll, fd) == 0) {
        feeder->polled = true;
        feeder->poll.data = feeder;
    } else {
        uv_idle_init(loop, &feeder->idle);
        feeder->idle.data = feeder;
    }
    wait_for_more(feeder);
    *feeder_out = feeder;
    return 0;
}

void feeder_resume(struct feeder *feeder)
{
    if (feeder)
        wait_for_more(feeder);
}

static void on_close(uv_handle_t *handle)
{
    free(handle->data);
}

struct feeder *feeder_stop(struct feeder *feeder)
{
    if (!feeder)
        return NULL;
    /* libuv made it non-blocking, and that would outlive us: it may be the shell's own terminal. */
    if (feeder->polled && feeder->flags >= 0)
        fcntl(feeder->poll_fd, F_SETFL, feeder->flags);
    uv_close(feeder->polled ? (uv_handle_t *)&feeder->poll : (uv_handle_t *)&feeder->idle,
             on_close);
    return NULL;
}
