/* The file of the history: where what stands in it. The warden makes the file and looks whether one
 * that is there is as it should be; the gate fills it. Pure functions on bytes.
 *
 * A head of HISTORY_HEAD bytes, then three rings of records of fixed size, one after the other. A
 * ring keeps one record for each period of its step; the record of period p (the wall clock in
 * seconds divided by the step) has the place p modulo the slots, and says p itself: so nothing has
 * to be remembered about where a ring begins, an old record is known by its number, and a torn one
 * by its sum. Everything is in this machine's byte order: the file never leaves it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_HEAD = 4096,
    HISTORY_FIXED = 256, /* of the head; then the names of the columns */
    HISTORY_COLUMNS = 56,
    HISTORY_NAME = 64, /* with its NUL; "" for a column that is still free */
    HISTORY_FIRST = HISTORY_FIXED + HISTORY_COLUMNS * HISTORY_NAME, /* 64 bits: when it began, s */
    HISTORY_RECORD_HEAD = 16,
};

_Static_assert(HISTORY_FIRST + 8 <= HISTORY_HEAD, "names and beginning fit");

/* X(NAME, step in seconds, values of each column, kept by default in seconds, at least) */
#define HISTORY_RINGS(X)                        \
    X(FINE, 10, 1, 24 * 3600, 3600)             \
    X(MEDIUM, 120, 3, 14 * 24 * 3600, 6 * 3600) \
    X(COARSE, 3600, 3, 365 * 24 * 3600, 24 * 3600)

enum history_ring {
#define X(name, step, values, keep, least) HISTORY_##name,
    HISTORY_RINGS(X)
#undef X
        HISTORY_RING_COUNT,
};

struct history_place {
    uint32_t step;   /* seconds */
    uint32_t slots;  /* periods that are kept */
    uint32_t values; /* of each column: 1, or mean, min and max */
    uint32_t record; /* bytes */
    uint64_t offset; /* of the first record */
};

struct history_layout {
    struct history_place rings[HISTORY_RING_COUNT];
    uint64_t size; /* of the file */
};

/* How long each ring is kept, in seconds, by default and at least. */
uint64_t history_default_keep(enum history_ring ring);
uint64_t history_least_keep(enum history_ring ring);
/* Returns 0, or 1 if the file would be larger than LIMIT_HISTORY_FILE. */
int history_layout_make(struct history_layout *layout_out,
                        const uint64_t keep_seconds[HISTORY_RING_COUNT]);

/* The fixed part of the head. */
void history_head_write(const struct history_layout *layout, uint8_t head_out[HISTORY_FIXED]);
/* Why a head is none, or is of no use here; in the order in which it is looked at. */
enum history_head { HISTORY_GOOD, HISTORY_FOREIGN, HISTORY_OTHER_VERSION, HISTORY_DAMAGED };
/* Reads the layout out of a head of a file of `size` bytes. */
enum history_head history_head_read(const uint8_t head[HISTORY_FIXED], uint64_t size,
                                    struct history_layout *layout_out);
/* The same for a file that may have been cut short, or grown. */
enum history_head history_head_read_any(const uint8_t head[HISTORY_FIXED],
                                        struct history_layout *layout_out);
