/* What is in a folder of a machine: what a `get` order with TRANSFER_LIST puts on the job's output
 * in place of a parcel.
 *
 *   8 bytes "HUNE-L1\0"   u32 length, the folder's absolute path
 *   entries: u8 1, u8 flags, u32 mode (as st_mode), u64 size, u64 modified (seconds, two's
 * complement), u32 length, name   u32 length, where a symbolic link leads u8 0, u8 1 if there is
 * more than a listing may hold, else 0
 *
 * A name is any bytes but NUL and '/', and not "." or "..". Pure functions on bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

enum listing_flag { LISTING_FOLDER = 1, LISTING_UNKNOWN = 2, LISTING_FLAGS_KNOWN = 3 };

struct listing_entry {
    uint8_t flags; /* LISTING_FOLDER: a folder, or a link to one; LISTING_UNKNOWN: only its name and
                      kind are known */
    uint32_t mode;
    uint64_t size;
    int64_t modified_s;
    struct slice name;
    struct slice target; /* of a symbolic link; may be empty */
};

/* Each returns 0 or -ENOMEM. */
int listing_put_head(struct buffer *out, struct slice path);
int listing_put_entry(struct buffer *out, const struct listing_entry *entry);
int listing_put_end(struct buffer *out, bool has_more);

enum listing_step { LISTING_ENTRY, LISTING_END, LISTING_MALFORMED };

struct listing {
    struct reader reader;
    struct slice path;
    bool has_more; /* once LISTING_END was told */
};

/* Begins to read a whole listing, which must outlive what is read of it. Returns 0 or 1 for
 * something that is none. */
int listing_begin(struct listing *listing_out, struct slice bytes);
/* After LISTING_END not one byte is left over. */
enum listing_step listing_next(struct listing *listing, struct listing_entry *entry_out);
