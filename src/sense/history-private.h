/* What the files of the history share: history.c (writing), history-record.c (records as bytes),
 * history-query.c (asking), history-carry.c (files of before). */
#pragma once

#include <stdbool.h>

#include "sense/history.h"

struct history {
    int fd;
    struct history_layout layout;
    struct {
        bool used;
        struct vital_column column;
    } columns[HISTORY_COLUMNS];
    uint64_t began_s;                  /* when the file got its first record; 0: it has none */
    uint32_t last[HISTORY_RING_COUNT]; /* the period that was written last; 0: none yet */
    uint32_t queries;                  /* that look into it */
    bool is_over;                      /* freed, but for its queries */
};

/* A record; the values as they stand in it, column by column: first all means, then minima, then
 * maxima where the ring has them. */
struct history_record {
    uint32_t period;
    uint32_t sum;
    uint32_t count; /* samples in it */
    uint32_t unused;
    uint16_t values[3 * HISTORY_COLUMNS];
};

_Static_assert(offsetof(struct history_record, values) == HISTORY_RECORD_HEAD, "as laid out");

/* history-record.c: a value in 16 bits, six of them the exponent: from 2^-14 to 2^48 with an error
 * below 1/2000. */
enum { HISTORY_UNKNOWN = 0xffff };
uint16_t history_pack(enum vital vital, double value);
double history_unpack(enum vital vital, uint16_t packed); /* NAN for HISTORY_UNKNOWN */
/* Fills in the sum. `size` is that of the ring's records. */
void history_record_seal(struct history_record *record, size_t size);
bool history_record_is_sealed(const struct history_record *record, size_t size);

/* Which columns somebody wants. */
struct history_columns {
    size_t count;
    uint8_t places[HISTORY_COLUMNS];
};

/* Several records put together, as one step of an answer or a period of a coarser ring. */
struct history_merge {
    uint32_t count;
    struct {
        double sum, min, max; /* sum of mean * samples */
        uint32_t samples;
    } columns[HISTORY_COLUMNS];
};
void history_merge_begin(struct history_merge *merge);
void history_merge_add(struct history_merge *merge, const struct history *history,
                       const struct history_columns *columns, const struct history_record *record,
                       uint32_t values);
/* Fills the record with what came together. */
void history_merge_end(const struct history_merge *merge, const struct history *history,
                       struct history_record *record_out);

/* history.c: whether some column of these could be in a history at all. */
bool history_keeps(const struct vital_fields *fields);
/* The record of a period; false if there is none. A coarser one that is not written yet
 * is made from finer ones when `make` says so. */
bool history_load(struct history *history, enum history_ring ring, uint32_t period, bool make,
                  struct history_record *record_out);
/* Seals and writes it. Returns 0 or -errno. */
int history_store(struct history *history, enum history_ring ring, struct history_record *record);
/* Where the column stands; a free place is taken for it if it has none and there are few of its
 * kind. HISTORY_COLUMNS: nowhere. Returns 0 or -errno. */
int history_claim(struct history *history, const struct vital_column *column, uint8_t *place_out);
/* Notes that something of then is in it, if `first_s` is not 0 and not after `now_s`. Returns 0 or
 * -errno. */
int history_begin_no_later(struct history *history, uint64_t first_s, uint64_t now_s);
/* For reading, of any settings, and cut short perhaps; the descriptor stays the caller's. Returns
 * 0, or 1 for one that is none. */
int history_open_old(struct history *history_out, int fd);
