/* See pipe.h. The signals stay blocked but for the moments of waiting, so that none slips through
 * between a look at the flag and the wait. */
#include "courier/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_READ = 256 * 1024, PIPE_SIZE = 1 << 20 };

static volatile sig_atomic_t stopped;
static sigset_t waiting; /* what is blocked while waiting */

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

void pipe_catch_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    for (size_t i = 0; i < ELEMENTS_OF(numbers); i++) {
        sigaddset(&blocked, numbers[i]);
        sigaction(numbers[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &blocked, &waiting);
}

/* Whether one of the blocked signals has come. */
static bool is_stopped(void)
{
    sigset_t pending;

    return stopped || (sigpending(&pending) == 0 &&
                       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
                        sigismember(&pending, SIGHUP) == 1));
}

static int wait_for(const struct pipe_end *end, short events)
{
    const struct timespec patience = {.tv_sec = end->patience_s};
    struct pollfd poll = {.fd = end->fd, .events = events};
    int ready = ppoll(&poll, 1, end->patience_s ? &patience : NULL, &waiting);

    if (stopped)
        return -ECANCELED;
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    return ready == 0 ? -ETIMEDOUT : 0;
}

static ssize_t pipe_read(void *user, const uint8_t **bytes_out)
{
    struct pipe_end *end = user;

    *bytes_out = end->bytes;
    for (;;) {
        ssize_t got;
        int r;

        if (is_stopped())
            return -ECANCELED;
        got = read(end->fd, end->bytes, PIPE_READ);
        if (got >= 0)
            return got;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        r = wait_for(end, POLLIN);
        if (r)
            return r;
    }
}

static int pipe_write(void *user, const void *bytes, size_t size)
{
    const struct pipe_end *end = user;
    const uint8_t *at = bytes;

    while (size > 0) {
        ssize_t written;
        int r = 0;

        if (is_stopped())
            return -ECANCELED;
        written = write(end->fd, at, size);
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (written < 0)
            r = wait_for(end, POLLOUT);
        if (r)
            return r;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

static int pipe_begin(struct pipe_end *end, int fd, uint32_t patience_s)
{
    *end = (struct pipe_end){.fd = fd, .patience_s = patience_s};
    /* More room, fewer wake-ups; where the user's share of pipes is used up, what there is will do.
     */
    (void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -errno : 0;
}

int pipe_source(struct pipe_end *end, int fd, uint32_t patience_s, struct parcel_source *source_out)
{
    int r = pipe_begin(end, fd, patience_s);

    if (r)
        return r;
    end->bytes = malloc(PIPE_READ);
    *source_out = (struct parcel_source){.read = pipe_read, .user = end};
    return end->bytes ? 0 : -ENOMEM;
}

int pipe_sink(struct pipe_end *end, int fd, uint32_t patience_s, struct parcel_sink *sink_out)
{
    *sink_out = (struct parcel_sink){.write = pipe_write, .user = end};
    return pipe_begin(end, fd, patience_s);
}

void pipe_end_deinit(struct pipe_end *end)
{
    free(end->bytes);
    *end = (struct pipe_end){.fd = -1};
}
