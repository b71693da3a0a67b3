/* See ends.h: parcels over a belt. The descriptor is one end of a socket pair; a byte through it
 * says "look again", its end that nothing follows. */
#include "courier/ends.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { BELLS = 256 };

/* Returns 0, or -EPIPE: nobody is there. */
static int ring(const struct end *end)
{
    /* What does not fit is a word too many. */
    return send(end->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN &&
                   errno != EINTR
               ? -EPIPE
               : 0;
}

/* Waits for a word. Returns 0, 1 if the other side is gone, or -errno. */
static int listen_for_bell(const struct end *end)
{
    uint8_t bells[BELLS];
    ssize_t got;
    int r = ends_wait(end, POLLIN, end->patience_ms);

    if (r)
        return r;
    got = recv(end->fd, bells, sizeof(bells), MSG_DONTWAIT);
    if (got == 0)
        return 1;
    return got < 0 && errno != EAGAIN && errno != EINTR ? 1 : 0;
}

static int belt_begin(struct end *end, int fd, int belt, uint32_t patience_s, enum belt_role role)
{
    int r = end_begin(end, fd, patience_s);

    return r ? r : belt_map(&end->belt, belt, role);
}

/* ---- in ---- */

/* Waits until there are `wanted` bytes; fewer at the end. Returns how many or -errno. */
static ssize_t wait_for_bytes(struct end *end, size_t wanted)
{
    size_t before = 0;
    size_t there;

    for (;;) {
        int r;

        (void)belt_bytes(&end->belt, &there);
        if (there >= wanted || end->window.ended)
            return (ssize_t)there;
        if (ends_are_stopped())
            return -ECANCELED;
        if (!belt_wait_for_bytes(&end->belt, wanted))
            continue;
        before = there;
        r = listen_for_bell(end);
        (void)belt_bytes(&end->belt, &there);
        /* Slow is not silent. */
        if (r < 0 && !(r == -ETIMEDOUT && there != before))
            return r;
        if (r == 1)
            end->window.ended = true;
    }
}

/* Lends them where they are. */
static ssize_t belt_read(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out)
{
    struct end *end = user;
    size_t there;
    ssize_t r;

    if (taken > 0 && belt_take(&end->belt, taken))
        (void)ring(end); /* one that is gone needs no room */
    r = wait_for_bytes(end, wanted);
    *bytes_out = belt_bytes(&end->belt, &there);
    return r;
}

int belt_source(struct end *end, int fd, int belt, bool is_shared, uint32_t patience_s,
                struct parcel_source *source_out)
{
    *source_out = (struct parcel_source){.read = belt_read, .user = end, .is_shared = is_shared};
    return belt_begin(end, fd, belt, patience_s, BELT_READS);
}

/* ---- out ---- */

/* Waits until `size` bytes fit. Returns 0 or -errno. */
static int wait_for_room(struct end *end, size_t size)
{
    size_t before;
    size_t room;

    for (;;) {
        int r;

        (void)belt_room(&end->belt, &room);
        if (room >= size)
            return 0;
        if (ends_are_stopped())
            return -ECANCELED;
        if (!belt_wait_for_room(&end->belt, size))
            continue;
        before = room;
        r = listen_for_bell(end);
        (void)belt_room(&end->belt, &room);
        if (r == 1)
            return -EPIPE;
        if (r < 0 && !(r == -ETIMEDOUT && room != before))
            return r;
    }
}

static int belt_lend(void *user, size_t size, uint8_t **room_out)
{
    struct end *end = user;
    size_t room;
    int r = wait_for_room(end, size);

    *room_out = belt_room(&end->belt, &room);
    return r;
}

static int belt_write(void *user, const void *bytes, size_t size)
{
    struct end *end = user;
    uint8_t *room;
    int r = belt_lend(user, size, &room);

    if (r)
        return r;
    if (ends_are_stopped())
        return -ECANCELED;
    if (room != bytes)
        memcpy(room, bytes, size);
    return belt_put(&end->belt, size) ? ring(end) : 0;
}

int belt_sink(struct end *end, int fd, int belt, uint32_t patience_s, struct parcel_sink *sink_out)
{
    *sink_out = (struct parcel_sink){.lend = belt_lend, .write = belt_write, .user = end};
    return belt_begin(end, fd, belt, patience_s, BELT_WRITES);
}

int belt_stay(struct end *end)
{
    shutdown(end->fd, SHUT_WR);
    return wait_for_room(end, end->belt.capacity);
}
