/* Output frames: 12 bytes {u8 kind, u8 zero[3], u32 length, u32 ms since the job's start}, payload.
 * A byte offset into the stream of frames is what resumes it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"

enum { FRAME_HEADER_SIZE = 12 };

/* X(number, NAME, "word") */
#define HUNE_FRAMES(X)                                             \
    X(1, OUT, "out")   /* standard output, or the terminal's */    \
    X(2, ERR, "err")   /* standard error */                        \
    X(3, EXIT, "exit") /* the last frame: u32 state, u32 detail */ \
    X(4, NOTE, "note") /* a sentence from the agent about this job, UTF-8 */

enum frame_kind {
#define X(number, name, word) FRAME_##name = (number),
    HUNE_FRAMES(X)
#undef X
};

struct frame_header {
    enum frame_kind kind;
    uint32_t length;
    uint32_t ms;
};

void frame_header_encode(const struct frame_header *header, uint8_t bytes_out[FRAME_HEADER_SIZE]);
/* Returns 0, or 1 for bytes that are no frame header (unknown kind, non-zero filler, over
 * LIMIT_FRAME). */
int frame_header_decode(struct frame_header *header_out, const uint8_t bytes[FRAME_HEADER_SIZE]);

/* Takes the stream in pieces of any size and hands out whole headers and payload pieces in place.
 */
struct frame_reader {
    uint8_t partial[FRAME_HEADER_SIZE];
    size_t partial_size;
    struct frame_header header;
    uint32_t payload_left; /* of the frame being read */
};

/* A piece of one frame's payload; `offset` is where the piece starts in the payload. An empty
 * payload yields one empty piece. */
struct frame_piece {
    struct frame_header header;
    uint32_t offset;
    const uint8_t *bytes;
    size_t size;
};

/* Takes the next piece off the front of `*bytes`. Returns 1 with a piece, 0 when more bytes are
 * needed (all of `*bytes` was taken), or -EBADMSG for a stream that is not made of frames. */
int frame_reader_next(struct frame_reader *reader, const uint8_t **bytes, size_t *size,
                      struct frame_piece *piece_out);
