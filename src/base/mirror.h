/* A bounded queue of bytes in memory that is mapped twice in a row: what is in it is always one
 * run, and neither putting in nor taking out moves a byte. For streams that are carried through; a
 * buffer (buffer.h) is better for what is small or rare. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct mirror {
    uint8_t *data; /* NULL until mirror_open() */
    size_t capacity;
    size_t begin, length;
};

/* `capacity` is a multiple of the page size. Returns 0 or -errno. Zeroed, a mirror is closed; to
 * one that is open this does nothing. */
int mirror_open(struct mirror *mirror, size_t capacity);
void mirror_close(struct mirror *mirror);

static inline size_t mirror_length(const struct mirror *mirror)
{
    return mirror->length;
}

static inline uint8_t *mirror_bytes(const struct mirror *mirror)
{
    return mirror->data + mirror->begin;
}

/* Where the next bytes go, and how many fit. */
static inline uint8_t *mirror_room(const struct mirror *mirror, size_t *size_out)
{
    *size_out = mirror->capacity - mirror->length;
    return mirror->data + (mirror->begin + mirror->length) % (mirror->capacity ?: 1);
}

/* Counts bytes that were written there. */
void mirror_commit(struct mirror *mirror, size_t size);
/* Drops bytes from the front; at most mirror_length(). */
void mirror_consume(struct mirror *mirror, size_t size);
