/* See ends.h: parcels through pipes.
 *
 * What is written is not copied into the pipe: its pages go in as they are (vmsplice), and are used
 * again when the reader has read past them. Where that cannot be done, it is written. */
#include "courier/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
    PIPE_SIZE = 1 << 20,
    SHELF_PAGE = 4096,
    /* A record and a page for its length, which ends where the record's first page begins. */
    SHELF_PLACE = LIMIT_PARCEL_RECORD + SHELF_PAGE,
    SHELF_PLACES = PIPE_SIZE / LIMIT_PARCEL_RECORD + 2,
};

struct ends_shelf {
    uint8_t *places[SHELF_PLACES];
    uint64_t ends[SHELF_PLACES]; /* where in the stream what lies there ends */
    unsigned next;
    uint64_t written;
    bool plain;          /* not a pipe, or one that takes no pages */
    const uint8_t *lent; /* what the next write may begin with */
};

static int pipe_begin(struct end *end, int fd, uint32_t patience_s)
{
    int r = end_begin(end, fd, patience_s);

    /* More room, fewer wake-ups; where the user's share of pipes is used up, what there is will do.
     */
    (void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
    return r;
}

/* ---- in ---- */

static ssize_t pipe_fill(struct end *end, uint8_t *to, size_t least, size_t most)
{
    size_t have = 0;

    while (have < least) {
        ssize_t got;
        int r = 0;

        if (ends_are_stopped())
            return -ECANCELED;
        got = read(end->fd, to + have, most - have);
        if (got == 0)
            break;
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (got < 0)
            r = ends_wait(end, POLLIN, end->patience_ms);
        if (r)
            return r;
        if (got > 0)
            have += (size_t)got;
    }
    return (ssize_t)have;
}

static ssize_t pipe_read(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out)
{
    return ends_window_read(user, pipe_fill, taken, wanted, bytes_out);
}

int pipe_source(struct end *end, int fd, uint32_t patience_s, struct parcel_source *source_out)
{
    int r = pipe_begin(end, fd, patience_s);

    *source_out = (struct parcel_source){.read = pipe_read, .user = end};
    return r ? r : ends_window_open(end);
}

/* ---- out ---- */

static uint8_t *place_new(void)
{
    uint8_t *place = mmap(NULL, SHELF_PLACE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          -1, 0);

    return place == MAP_FAILED ? NULL : place;
}

/* Whether the reader has read all that lay there. */
static bool place_is_free(const struct end *end, unsigned at)
{
    const struct ends_shelf *shelf = end->shelf;
    int unread = 0;

    if (shelf->plain || shelf->ends[at] == 0)
        return true;
    return ioctl(end->fd, FIONREAD, &unread) == 0 && unread >= 0 &&
           shelf->ends[at] <= shelf->written - (uint64_t)unread;
}

static int pipe_lend(void *user, size_t size, uint8_t **room_out)
{
    struct end *end = user;
    struct ends_shelf *shelf = end->shelf;
    uint8_t **place = &shelf->places[shelf->next];

    if (size > SHELF_PLACE)
        return -EINVAL;
    if (*place && !place_is_free(end, shelf->next)) {
        /* A pipe that is larger than it was made: the pages are the reader's until it is done. */
        munmap(*place, SHELF_PLACE);
        *place = NULL;
    }
    if (!*place)
        *place = place_new();
    if (!*place)
        return -ENOMEM;
    shelf->ends[shelf->next] = 0;
    *room_out = *place + SHELF_PLACE - size;
    shelf->lent = *room_out;
    return 0;
}

/* How much of it went in, or -1 with errno. */
static ssize_t push(const struct end *end, const uint8_t *bytes, size_t size, bool in_place)
{
    const struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    ssize_t done = -1;

    if (in_place && !end->shelf->plain) {
        done = vmsplice(end->fd, &part, 1, SPLICE_F_NONBLOCK);
        if (done >= 0 || errno == EAGAIN || errno == EINTR || errno == EPIPE)
            return done;
        end->shelf->plain = true;
    }
    return write(end->fd, bytes, size);
}

static int pipe_write(void *user, const void *bytes, size_t size)
{
    const struct end *end = user;
    struct ends_shelf *shelf = end->shelf;
    const uint8_t *at = bytes;
    bool in_place = at == shelf->lent;

    while (size > 0) {
        ssize_t written;
        int r = 0;

        if (ends_are_stopped())
            return -ECANCELED;
        written = push(end, at, size, in_place);
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (written < 0)
            r = ends_wait(end, POLLOUT, end->patience_ms);
        if (r)
            return r;
        if (written > 0) {
            at += written;
            size -= (size_t)written;
            shelf->written += (uint64_t)written;
        }
    }
    if (in_place) {
        shelf->ends[shelf->next] = shelf->written;
        shelf->next = (shelf->next + 1) % SHELF_PLACES;
        shelf->lent = NULL;
    }
    return 0;
}

int pipe_sink(struct end *end, int fd, uint32_t patience_s, struct parcel_sink *sink_out)
{
    int r = pipe_begin(end, fd, patience_s);

    *sink_out = (struct parcel_sink){.lend = pipe_lend, .write = pipe_write, .user = end};
    end->shelf = calloc(1, sizeof(*end->shelf));
    if (!r && !end->shelf)
        r = -ENOMEM;
    return r;
}

void end_deinit(struct end *end)
{
    for (unsigned i = 0; end->shelf && i < SHELF_PLACES; i++) {
        if (end->shelf->places[i])
            munmap(end->shelf->places[i], SHELF_PLACE);
    }
    free(end->shelf);
    free(end->window.bytes);
    belt_close(&end->belt);
    *end = (struct end){.fd = -1};
}
