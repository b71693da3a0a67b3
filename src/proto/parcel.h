/* A parcel: files on their way, as a stream of bytes that tells where it ends and whether all of it
 * arrived.
 *
 *   8 bytes "HUNE-P2\0"   u8 kind   u64 bytes of all files, u64 entries (zeros: not counted)
 *   records: u32 length (1 to LIMIT_PARCEL_RECORD), bytes   ...   u32 0
 *   u8 1 if the packer gave up on the way, else 0   u32 things that it had to leave out
 *   32 bytes the sum (proto/tally.h): over the head as it is, each record in pieces, and the two
 *   fields of the tail as they are
 *
 * The records together are an archive in the pax format (kind 0), or the plain bytes of one file
 * (kind 1). Nothing of a parcel may be put into place before its end was seen and its sum agrees.
 *
 * No I/O here: bytes go to a sink and come from a source of the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "proto/crypto.h"
#include "proto/limits.h"
#include "proto/tally.h"

enum parcel_kind { PARCEL_ARCHIVE = 0, PARCEL_PLAIN = 1 };

enum {
    PARCEL_HEAD_SIZE = 8 + 1 + 8 + 8,
    PARCEL_TAIL_SIZE = 1 + 4 + SHA256_SIZE,
};

struct parcel_head {
    enum parcel_kind kind;
    uint64_t bytes, entries;
};

struct parcel_tail {
    bool gave_up;
    uint32_t left_out;
    uint8_t sum[SHA256_SIZE];
};

/* ---- writing ---- */

struct parcel_sink {
    /* Lends room for `size` bytes, where they lie until the next write(). NULL if the sink has
     * none: then it is given bytes that lie elsewhere. Returns 0 or -errno. */
    int (*lend)(void *user, size_t size, uint8_t **room_out);
    /* Takes all of the bytes; those that begin where the room begins that it lent are in their
     * place. Returns 0 or -errno, which ends the writing. */
    int (*write)(void *user, const void *bytes, size_t size);
    void *user;
};

struct parcel_writer {
    struct parcel_sink sink;
    struct tally tally;
    uint8_t *own;    /* room for a record, of a sink that lends none */
    uint8_t *record; /* the record at hand, behind room for its length; NULL: none is begun */
    size_t size;
    int error; /* stays */
};

/* Each returns 0 or -errno. */
int parcel_writer_init(struct parcel_writer *writer, const struct parcel_sink *sink,
                       const struct parcel_head *head);
/* Where bytes may lie that the next parcel_write() gives: then they are not copied. How much there
 * is, at least 1, is up to the records. */
int parcel_room(struct parcel_writer *writer, uint8_t **room_out, size_t *size_out);
int parcel_write(struct parcel_writer *writer, const void *bytes, size_t size);
/* The tail; its sum is told in `tail`. */
int parcel_finish(struct parcel_writer *writer, struct parcel_tail *tail);
void parcel_writer_deinit(struct parcel_writer *writer);

/* ---- reading ---- */

struct parcel_source {
    /* Takes back the first `taken` bytes of what it lent before, and lends what follows: `wanted`
     * bytes (at most a record and its length; 0: what there is) or more, fewer at the end alone.
     * They stay valid until the next call. Returns how many, or -errno. */
    ssize_t (*read)(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out);
    void *user;
    /* Whoever writes may be taken over by an enemy, and change bytes while we look at them: they
     * are copied before. */
    bool is_shared;
};

enum parcel_error {
    PARCEL_E_NO_PARCEL = 1, /* it does not begin like one, or a record is too long */
    PARCEL_E_CUT,           /* it ended early */
    PARCEL_E_SUM,           /* its sum does not agree */
    PARCEL_E_GAVE_UP,       /* its packer gave up */
};

struct parcel_reader {
    struct parcel_source source;
    struct tally tally;
    struct slice ahead; /* lent by the source, not read yet */
    size_t taken;       /* lent by the source and read, not given back yet */
    uint8_t *own;       /* of a source that is shared: a record */
    bool done;
    struct parcel_head head;
    struct parcel_tail tail; /* once it is done */
};

/* Reads the head. Returns 0, -errno or PARCEL_E_NO_PARCEL, PARCEL_E_CUT. */
int parcel_reader_init(struct parcel_reader *reader, const struct parcel_source *source);
/* The next record's bytes, valid until the next call; none (size 0) at the end, when the tail
 * was there and agrees. Returns 0, -errno or an enum parcel_error. */
int parcel_read(struct parcel_reader *reader, struct slice *bytes_out);
void parcel_reader_deinit(struct parcel_reader *reader);
