/* The memory of the vital signs: a file of three rings (proto/history.h) that this process may read
 * and write but does not own.
 *
 * A sample is one record, written with one call. Periods of the coarser rings are made from the
 * finer ring when they are over, so nothing is kept in memory that a crash could lose. What the
 * file holds is not trusted: a record with a wrong number or sum is not there, and a file that
 * shrinks under us has gaps.
 *
 * When a new file begins (the clock jumped, the settings changed, the old file was cut short), it
 * gets what the files of before hold and it can hold: of the one in use until now, and of the one
 * that was kept aside the time before. So a clock that is wrong for a while, and right again, costs
 * nothing: what was recorded before the first jump is in the file that was kept aside then, and
 * comes back with the second. What is later than the clock now is left out: it stays in the file
 * that is kept aside. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "proto/history.h"
#include "proto/vitals.h"
#include "sense/vitals.h"

struct history;

/* Takes the descriptor over, also on error. Names the columns of a new file. Returns 0, 1 for a
 * file that is no history of this layout, or -errno. */
int history_new(struct history **history_out, int fd);
/* Queries that are not over yet keep it readable until they are. */
struct history *history_free(struct history *history);

enum { HISTORY_OLD_MAX = 2 };

/* Fills a new history with what the files of before hold up to `now_s`: of the same moment, what
 * the one has that was recorded for longer. One that is in use gets only what was recorded later
 * than its own newest sample: it was made by a clock that was wrong, and nobody was there when that
 * became right. Files that are no history are left out; the descriptors stay the caller's. Returns
 * 0 or -errno. */
int history_carry(struct history *to, const int *fds, size_t count, uint64_t now_s);
/* The beginning of the newest period of ten seconds in it; 0 if it holds none. */
uint64_t history_newest_ms(const struct history *history);

/* Records a sample at its wall clock. Returns 0 or -errno: a full disk. */
int history_add(struct history *history, const struct vitals *vitals);
/* How long anything is kept. */
uint64_t history_reach_ms(const struct history *history);
/* The first moment of the oldest record that is kept; 0 if there is none. */
uint64_t history_oldest_ms(struct history *history, uint64_t now_ms);

/* ---- asking ---- */

struct history_query;

/* `step_ms` 0: some hundred rows. Resolution and step are chosen here: no more rows than
 * LIMIT_HISTORY_ROWS. Returns 0, 1 if none of the fields is
 * ever kept, or -ENOMEM. */
int history_query_new(struct history_query **query_out, struct history *history,
                      const struct vital_fields *fields, uint64_t since_ms, uint64_t until_ms,
                      uint64_t step_ms, uint64_t now_ms);
struct history_query *history_query_free(struct history_query *query);
/* The head's line. Returns 0 or -ENOMEM. */
int history_query_head(struct history_query *query, struct buffer *out);
/* Appends rows until about `size` bytes are there. Returns 0 with some, 1 when these were the last,
 * or -ENOMEM. */
int history_query_rows(struct history_query *query, size_t size, struct buffer *out);
