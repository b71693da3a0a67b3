/* Bounded, big-endian reading and writing of fixed layouts.
 *
 * A reader or writer that failed once stays failed: a whole structure is read without a test per
 * field, and one look at the end tells whether all of it was there. Reading past the end yields
 * zeros and NULL, never memory beyond the input.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct slice {
    const uint8_t *bytes;
    size_t size;
};

/* All that is in the buffer, for as long as that does not change. */
static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer_bytes(buffer), buffer_length(buffer)};
}

/* Whether the slice holds exactly the characters of `text`. */
bool slice_is_text(struct slice slice, const char *text);

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct reader reader_init(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    return (struct reader){.at = at, .end = at ? at + size : at};
}

static inline size_t reader_left(const struct reader *reader)
{
    return reader->failed ? 0 : (size_t)(reader->end - reader->at);
}

/* The next `size` bytes in place, or NULL (and failed) if there are not so many. */
const uint8_t *reader_bytes(struct reader *reader, size_t size);
/* Copies the next `size` bytes; zeros on failure. */
void reader_copy(struct reader *reader, void *to, size_t size);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
/* A run of bytes behind its u8 or u32 length; fails if longer than `max`. */
struct slice reader_slice8(struct reader *reader, size_t max);
struct slice reader_slice32(struct reader *reader, size_t max);
/* True if nothing failed and not one byte is left over. */
bool reader_done(const struct reader *reader);

struct writer {
    struct buffer *to;
    int error; /* 0, -ENOMEM, or -EMSGSIZE for a length that its prefix cannot hold */
};

static inline struct writer writer_init(struct buffer *to)
{
    return (struct writer){.to = to};
}

void writer_bytes(struct writer *writer, const void *bytes, size_t size);
void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
void writer_slice8(struct writer *writer, const void *bytes, size_t size);
void writer_slice32(struct writer *writer, const void *bytes, size_t size);
