/* See screen.h. */
#include "door/screen.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

/* The gate's word about a read: the belt's end at that time, whether the read is done, and how many
 * bytes it was for; 0 for none. The end is part of it, so that a frame that was put is not put
 * again. */
enum { WORD_SIZE_BITS = 15, WORD_DONE = 1 << WORD_SIZE_BITS, WORD_END_SHIFT = WORD_SIZE_BITS + 1 };

_Static_assert((int)SCREEN_PIECE < (int)WORD_DONE, "a piece's size fits into the word");

static uint64_t word_make(uint64_t end, size_t size)
{
    return end << WORD_END_SHIFT | size;
}

ssize_t screen_read(int terminal, uint8_t *frame, size_t size)
{
    ssize_t got;

    /* One byte alone is a change of flow control, or no data: then there may be some behind it. */
    do
        got = read(terminal, frame + FRAME_HEADER_SIZE - 1, 1 + size);
    while ((got < 0 && errno == EINTR) || (got == 1 && frame[FRAME_HEADER_SIZE - 1] != 0));
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    return got > 0 ? got - 1 : -EPIPE;
}

static void frame_finish(struct belt *belt, const struct ring *ring, uint8_t *frame, size_t size)
{
    const struct frame_header header = {
        .kind = FRAME_OUT,
        .length = (uint32_t)size,
        .ms = (uint32_t)(clock_monotonic_ms() - ring_lent_began_ms(ring)),
    };

    frame_header_encode(&header, frame);
    (void)belt_put(belt, FRAME_HEADER_SIZE + size);
}

ssize_t screen_put(struct belt *belt, struct ring *ring, int terminal)
{
    size_t room;
    uint8_t *frame = belt_room(belt, &room);
    uint64_t word;
    int waiting = 0;
    ssize_t size;

    if (room < FRAME_HEADER_SIZE + SCREEN_PIECE)
        return -ENOBUFS;
    /* The terminal has no other reader, so this is what a read will give. */
    if (ioctl(terminal, FIONREAD, &waiting) < 0 || waiting < 0)
        return -errno;
    if (waiting > SCREEN_PIECE)
        waiting = SCREEN_PIECE;
    word = word_make(belt_written(belt), (size_t)waiting);
    frame[FRAME_HEADER_SIZE - 1] = SCREEN_UNREAD;
    ring_set_reading(ring, word);
    size = screen_read(terminal, frame, (size_t)waiting);
    if (size > 0) {
        ring_set_reading(ring, word_make(belt_written(belt), (size_t)size) | WORD_DONE);
        frame_finish(belt, ring, frame, (size_t)size);
    }
    ring_set_reading(ring, 0);
    return size;
}

int screen_recover(const struct ring *ring, int belt_fd)
{
    uint64_t word = ring_reading(ring);
    size_t size = word & (WORD_DONE - 1);
    struct belt belt;
    uint8_t *frame;
    size_t room;
    int r;

    if (size == 0)
        return 0;
    r = belt_map(&belt, belt_fd, BELT_WRITES);
    if (r)
        return r;
    frame = belt_room(&belt, &room);
    if (word_make(belt_written(&belt), 0) == word_make(word >> WORD_END_SHIFT, 0) &&
        size <= SCREEN_PIECE && room >= FRAME_HEADER_SIZE + size &&
        ((word & WORD_DONE) || frame[FRAME_HEADER_SIZE - 1] != SCREEN_UNREAD))
        frame_finish(&belt, ring, frame, size);
    belt_close(&belt);
    return 0;
}

int screen_next(const struct belt *belt, struct frame_header *header_out,
                const uint8_t **payload_out)
{
    uint8_t header[FRAME_HEADER_SIZE];
    size_t size;
    const uint8_t *bytes = belt_bytes(belt, &size);

    if (size == 0)
        return 0;
    if (size < FRAME_HEADER_SIZE)
        return -EBADMSG;
    memcpy(header, bytes, sizeof(header));
    if (frame_header_decode(header_out, header) || header_out->kind != FRAME_OUT ||
        header_out->length == 0 || header_out->length > SCREEN_PIECE ||
        header_out->length > size - FRAME_HEADER_SIZE)
        return -EBADMSG;
    *payload_out = bytes + FRAME_HEADER_SIZE;
    return 1;
}
