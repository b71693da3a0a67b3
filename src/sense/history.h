/* The memory of the vital signs: a file of three rings (proto/history.h) that this process may read
 * and write but does not own.
 *
 * A sample is one record, written with one call. Periods of the coarser rings are made from the
 * finer ring when they are over, so nothing is kept in memory that a crash could lose. What the
 * file holds is not trusted: a record with a wrong number or sum is not there, and a file that
 * shrinks under us has gaps. */
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
struct history *history_free(struct history *history);

/* Records a sample at its wall clock. Returns 0 or -errno: a full disk. */
int history_add(struct history *history, const struct vitals *vitals);
/* The first moment of the oldest record that is kept; 0 if there is none. */
uint64_t history_oldest_ms(struct history *history, uint64_t now_ms);

/* ---- asking ---- */

struct history_query;

/* `step_ms` 0: some hundred rows. Resolution and step are chosen here: no more rows than
 * LIMIT_HISTORY_ROWS. The history must outlive the query. Returns 0, 1 if none of the fields is
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
