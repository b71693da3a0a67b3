/* See ends.h. The signals stay blocked but for the moments of waiting, so that none slips through
 * between a look at the flag and the wait. */
#include "courier/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static volatile sig_atomic_t stopped;
static sigset_t waiting; /* what is blocked while waiting */

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

void ends_catch_signals(void)
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

bool ends_are_stopped(void)
{
    sigset_t pending;

    return stopped || (sigpending(&pending) == 0 &&
                       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
                        sigismember(&pending, SIGHUP) == 1));
}

int ends_wait(const struct end *end, short events, uint64_t ms)
{
    const struct timespec patience = {.tv_sec = (time_t)(ms / 1000),
                                      .tv_nsec = (long)(ms % 1000) * 1000000};
    struct pollfd poll = {.fd = end->fd, .events = events};
    int ready = ppoll(&poll, 1, ms ? &patience : NULL, &waiting);

    if (stopped)
        return -ECANCELED;
    if (ready < 0)
        return errno == EINTR ? 0 : -errno;
    return ready == 0 ? -ETIMEDOUT : 0;
}

int end_begin(struct end *end, int fd, uint32_t patience_s)
{
    *end = (struct end){.fd = fd, .patience_ms = patience_s * UINT64_C(1000)};
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0 ? -errno : 0;
}

/* ---- bytes in one run ---- */

int ends_window_open(struct end *end)
{
    end->window.bytes = malloc(ENDS_WINDOW);
    return end->window.bytes ? 0 : -ENOMEM;
}

ssize_t ends_window_read(struct end *end, ends_fill fill, size_t taken, size_t wanted,
                         const uint8_t **bytes_out)
{
    struct ends_window *window = &end->window;

    window->begin += taken;
    window->size -= taken;
    if (window->size < wanted && !window->ended) {
        size_t least = wanted - window->size;
        ssize_t got;

        /* What is left is less than a record, and most often nothing. */
        memmove(window->bytes, window->bytes + window->begin, window->size);
        window->begin = 0;
        got = fill(end, window->bytes + window->size, least, ENDS_WINDOW - window->size);
        if (got < 0)
            return got;
        window->size += (size_t)got;
        window->ended = (size_t)got < least;
    }
    *bytes_out = window->bytes + window->begin;
    return (ssize_t)window->size;
}
