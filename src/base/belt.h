/* A belt: a bounded stream of bytes from one process to another through memory that both map, so
 * that nothing is copied between them: the writer puts bytes where they shall lie, the reader takes
 * them from there. The data is mapped twice in a row: what is on the belt is always one run.
 *
 * A belt has no bell. Where a function says that the other side must be told, the caller does that,
 * over a socket pair or the like whose end also tells that the other side is gone; a word too many
 * does no harm.
 *
 * Each side believes what the other one says of its own place only as far as it makes sense: the
 * worst that a side gone mad can do is to pass wrong bytes, or none. But bytes may change while
 * they are looked at: who does not trust the writer copies before it looks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BELT_PAGE = 4096 };

enum belt_role { BELT_WRITES, BELT_READS };

struct belt {
    struct belt_page *page; /* NULL: not mapped */
    uint8_t *data;
    size_t capacity;
    uint64_t at; /* our own place: of the next byte to be written, or to be read */
    enum belt_role role;
};

/* A new, empty belt. `capacity` is a multiple of BELT_PAGE. Returns a descriptor, for both
 * sides, or -errno. */
int belt_make(size_t capacity);
/* `fd` stays the caller's. A side that comes after another one goes on where that stopped. Returns
 * 0, -errno, or -EBADMSG for a file that is no belt. */
int belt_map(struct belt *belt, int fd, enum belt_role role);
/* Zeroed or closed, a belt may be closed again. */
void belt_close(struct belt *belt);

/* ---- the writer ---- */

/* Where the next bytes go, and how many fit. */
uint8_t *belt_room(const struct belt *belt, size_t *size_out);
/* That many were written there. True if the reader waits and must be told. */
bool belt_put(struct belt *belt, size_t size);
/* Asks to be told once `wanted` bytes fit. False if they do now. */
bool belt_wait_for_room(struct belt *belt, size_t wanted);
/* How many bytes were ever written. */
uint64_t belt_written(const struct belt *belt);
/* The bytes from byte `from` on that were written and not yet written over, whether they were
 * taken or not. Returns how many, or -ERANGE when they are not there (any more). */
int64_t belt_look_back(const struct belt *belt, uint64_t from, const uint8_t **bytes_out);

/* ---- the reader ---- */

const uint8_t *belt_bytes(const struct belt *belt, size_t *size_out);
/* That many are done with. True if the writer waits and must be told. */
bool belt_take(struct belt *belt, size_t size);
/* Asks to be told once there are `wanted` bytes. False if there are now. */
bool belt_wait_for_bytes(struct belt *belt, size_t wanted);
