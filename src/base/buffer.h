/* A growable run of bytes that is written at its end and consumed from its front. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct buffer {
    uint8_t *data;
    size_t begin; /* first byte not yet consumed */
    size_t end;   /* one past the last byte written */
    size_t capacity;
};

#define BUFFER_INIT ((struct buffer){0})

/* Frees the memory and leaves an empty buffer behind. */
void buffer_deinit(struct buffer *buffer);
/* The same, but wipes the bytes first: for keys and codes. */
void buffer_wipe(struct buffer *buffer);
#define _cleanup_buffer_ _cleanup_(buffer_deinit)
#define _cleanup_wipe_   _cleanup_(buffer_wipe)

static inline size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->begin;
}

static inline uint8_t *buffer_bytes(const struct buffer *buffer)
{
    return buffer->data ? buffer->data + buffer->begin : NULL;
}

/* Makes room for `size` more bytes and returns where they go; follow with buffer_commit().
 * Returns 0 or -ENOMEM (also when the sum would overflow). */
int buffer_reserve(struct buffer *buffer, size_t size, uint8_t **room_out);
/* Counts `size` bytes, written where buffer_reserve() said, as part of the buffer. */
void buffer_commit(struct buffer *buffer, size_t size);
/* Drops `size` bytes from the front; at most buffer_length(). Keeps the memory. */
void buffer_consume(struct buffer *buffer, size_t size);
/* Drops all bytes, keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* Gives the memory back if nothing is in it: for buffers of connections that fell idle. */
void buffer_trim(struct buffer *buffer);

/* All of these return 0 or -ENOMEM; on error the buffer is as it was. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t size);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Adds a NUL behind the bytes, not counted in the length, and returns the text; NULL for no memory.
 */
const char *buffer_text(struct buffer *buffer);
