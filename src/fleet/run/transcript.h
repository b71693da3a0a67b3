/* What many machines say, held together: cut into pieces, of which equal ones are held once, so
 * that a thousand equal answers cost one; and what is too much for memory lies in a file without a
 * name that goes with the process. A machine that never stops talking is cut off at a limit, and a
 * full disk cuts off everybody; both are told, never hidden.
 *
 *  1. A transcript grows with transcript_add() and is complete after transcript_finish().
 *  2. Finished transcripts of one store are equal exactly if they hold the same pieces: comparing
 *     them never reads their bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct transcripts;

/* Equal outputs are cut at the same places, because every piece but the last has this size. */
enum { TRANSCRIPT_PIECE = 16 * 1024, TRANSCRIPT_HASH_SIZE = 32 };

struct transcripts_settings {
    size_t memory_max;     /* bytes of pieces in memory; 0 = 64 MiB */
    uint64_t each_max;     /* bytes held of one transcript; 0 = 256 MiB */
    uint64_t disk_max;     /* bytes of pieces on the disk; 0 = as far as it has room */
    const char *directory; /* for the file; NULL: nothing is put on disk. Borrowed for the call */
};

/* What one machine said. Zeroed, it is an empty one. */
struct transcript {
    uint32_t *pieces;
    uint32_t count;
    uint32_t room;
    struct buffer tail; /* less than a piece */
    uint64_t size;      /* all bytes that were said */
    uint64_t held;      /* of these, from the first on, held here */
};

/* Returns 0 or -errno. */
int transcripts_new(struct transcripts **store_out, const struct transcripts_settings *settings);
/* Transcripts may be deinitialised before or after. Takes NULL, returns NULL. */
struct transcripts *transcripts_free(struct transcripts *store);
/* Bytes in memory and on disk. */
size_t transcripts_memory(const struct transcripts *store);
uint64_t transcripts_on_disk(const struct transcripts *store);
/* Nothing more is put on disk. */
void transcripts_hold_no_more(struct transcripts *store);
/* What is on disk is let go; what is in memory stays. Nothing may be added afterwards. */
void transcripts_let_go(struct transcripts *store);
/* 0, or the errno (positive) for which nothing more could be put on disk. */
int transcripts_disk_error(const struct transcripts *store);

/* What cannot be held is counted in `size` all the same. Returns 0 or -ENOMEM. */
int transcript_add(struct transcripts *store, struct transcript *text, const void *bytes,
                   size_t size);
int transcript_finish(struct transcripts *store, struct transcript *text);
void transcript_deinit(struct transcript *text);
static inline bool transcript_is_cut(const struct transcript *text)
{
    return text->held < text->size;
}

/* The first bytes of it that are here, while it grows and after. */
uint64_t transcript_here(const struct transcripts *store, const struct transcript *text);

bool transcript_equal(const struct transcript *a, const struct transcript *b);
/* For tables in memory. */
uint64_t transcript_key(const struct transcript *text);
/* What equal transcripts have in common in every process: for outputs that are kept. */
int transcript_hash(const struct transcripts *store, const struct transcript *text,
                    uint8_t hash_out[TRANSCRIPT_HASH_SIZE]);

/* Hands out the bytes in order, in pieces; stops when `each` returns nonzero and returns that. Else
 * 0 or -errno (the disk). Of an unfinished transcript, what is complete of it. */
int transcript_read(const struct transcripts *store, const struct transcript *text,
                    int (*each)(const uint8_t *bytes, size_t size, void *user), void *user);
/* Appends at most `max` bytes, those from `from` on, to `out`, without reading what is before; of
 * an unfinished transcript, too, all that was said. Returns 0 or -errno. */
int transcript_copy_from(const struct transcripts *store, const struct transcript *text,
                         uint64_t from, uint64_t max, struct buffer *out);
/* Appends the first bytes, at most `max`, to `out`. Returns 0 or -errno. */
int transcript_copy(const struct transcripts *store, const struct transcript *text, uint64_t max,
                    struct buffer *out);
