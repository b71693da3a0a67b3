/* The payload of a `get` or `put` order: what is to be packed, or where it is to be unpacked, and
 * within which bounds. The bytes of the files themselves travel as a parcel (proto/parcel.h) on the
 * job's output (get) or input (put); a listing takes the place of a parcel.
 *
 *   u8 flags   u32 patience in seconds   u64 bytes at most   u64 entries at most (0 = no bound)
 *   u16 count, count x {u32 length, bytes}   paths; exactly one for `put`
 *
 * No path may be empty or hold a NUL; one that is relative begins at the user's home. Like a
 * command, this is parsed after its reader dropped to its user, so decoding allocates nothing.
 */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

enum transfer_flag {
    TRANSFER_PLAIN = 1, /* the bytes of one file without its name, mode and times */
    TRANSFER_COUNT = 2, /* get: count first what there is, so that somebody can see how far it is */
    TRANSFER_LITERAL = 4, /* the paths are just that: no home, no patterns */
    TRANSFER_STREAM = 8,  /* standard input (get) or output (put) instead of the path */
    TRANSFER_LIST = 16,   /* get: no parcel, but what is in the one path (proto/listing.h) */
    TRANSFER_FLAGS_KNOWN = 31,
};

/* Where a courier finds the payload that it was started for, and the belt (base/belt.h) that its
 * parcel goes over; without one it is a pipe. */
enum { TRANSFER_ORDER_FD = 4, TRANSFER_BELT_FD = 5 };
/* Its second argument, if any: `put`, the belt is shared with somebody who may be taken over. */
#define TRANSFER_COPIES "copies"
/* `get`: it must not end before all of the parcel was taken from the belt. */
#define TRANSFER_STAYS "stays"

struct transfer {
    uint8_t flags;
    uint32_t patience_s;  /* without a byte in either direction; then it gives up. 0 = for ever */
    uint64_t bytes_max;   /* put: of all files together, 0 = no bound */
    uint64_t entries_max; /* put: files, folders and links; 0 = no bound */
    uint16_t count;       /* of the paths */
    struct slice paths;   /* as they stand in the payload */
};

/* `paths` is NULL-terminated. Returns 0, -ENOMEM, -EINVAL for no path or an empty one, or -EMSGSIZE
 * when it would exceed LIMIT_ORDER_PAYLOAD or LIMIT_ARGUMENTS. */
int transfer_encode(const struct transfer *transfer, const char *const *paths, struct buffer *out);
/* Checks every length and text. Returns 0 or 1 for a malformed payload. */
int transfer_decode(struct transfer *transfer_out, struct slice payload);
/* Copies the paths, each with a NUL, to `storage` (at least the payload's size) and their addresses
 * to `paths` (room for transfer->count + 1), NULL-ended. */
void transfer_unpack(const struct transfer *transfer, char *storage, char **paths);
