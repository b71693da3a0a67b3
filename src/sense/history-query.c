/* Asking the history. See history.h. */
#include "sense/history-private.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/limits.h"

/* Rows that make a good picture, and records that are read at once. */
enum { USUAL_ROWS = 360, WINDOW_BYTES = 32 * 1024, MS = 1000 };

struct history_query {
    struct history *history;
    enum history_ring ring;
    uint64_t since_ms, until_ms; /* as asked */
    uint64_t now_s;
    uint64_t step; /* seconds, a multiple of the ring's */
    uint64_t at;   /* of the next row, seconds: a multiple of the step */
    uint64_t end;  /* no row begins here or later */
    struct history_columns columns;
    struct history_merge merge;
    uint32_t window_first; /* the first slot in the window */
    uint32_t window_count;
    uint8_t window[WINDOW_BYTES];
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* The finest ring that reaches back so far, or the finest that is fine enough for the step. */
static enum history_ring choose_ring(const struct history_query *query, uint64_t step_s)
{
    const struct history_place *rings = query->history->layout.rings;
    int ring = HISTORY_FINE;

    while (ring + 1 < HISTORY_RING_COUNT) {
        uint64_t reach = (uint64_t)(rings[ring].slots - 1) * rings[ring].step;
        /* "24h ago" may have been said a moment before now. */
        bool reaches = query->since_ms / MS + reach + rings[ring].step >= query->now_s;

        if (reaches && step_s < rings[ring + 1].step)
            break;
        ring++;
    }
    return (enum history_ring)ring;
}

static void choose_step(struct history_query *query, uint64_t step_ms)
{
    uint64_t since = query->since_ms / MS;
    uint64_t until = round_up(query->until_ms, MS) / MS;
    uint64_t span = until - since;
    uint64_t least = span / (LIMIT_HISTORY_ROWS - 2) + 1;
    uint64_t step = round_up(step_ms, MS) / MS;
    uint64_t unit;

    if (step == 0)
        step = span / USUAL_ROWS;
    if (step < least)
        step = least;
    query->ring = choose_ring(query, step);
    unit = query->history->layout.rings[query->ring].step;
    query->step = round_up(step > 0 ? step : 1, unit);
    query->at = since / query->step * query->step;
    query->end = until;
}

static bool is_wanted(const struct vital_column *column, const struct vital_fields *fields)
{
    enum vital_label label = vital_info(column->vital)->label;

    return column->labelled ? (fields->labels & (1u << label)) != 0
                            : (fields->vitals & (1ull << column->vital)) != 0;
}

/* In the order of the vitals, not of the file: machines differ in that. */
static void choose_columns(struct history_query *query, const struct vital_fields *fields)
{
    const struct history *history = query->history;

    for (unsigned v = 0; v < 2 * VITAL_COUNT; v++) {
        for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
            const struct vital_column *column = &history->columns[i].column;

            if (history->columns[i].used && column->vital == v % VITAL_COUNT &&
                column->labelled == (v >= VITAL_COUNT) && is_wanted(column, fields))
                query->columns.places[query->columns.count++] = (uint8_t)i;
        }
    }
}

int history_query_new(struct history_query **query_out, struct history *history,
                      const struct vital_fields *fields, uint64_t since_ms, uint64_t until_ms,
                      uint64_t step_ms, uint64_t now_ms)
{
    const struct history_place *coarsest = &history->layout.rings[HISTORY_RING_COUNT - 1];
    uint64_t reach_ms = ((uint64_t)coarsest->slots * coarsest->step + coarsest->step) * MS;
    struct history_query *query;

    if (!history_keeps(fields))
        return 1;
    query = calloc(1, sizeof(*query));
    if (!query)
        return -ENOMEM;
    query->history = history;
    query->now_s = now_ms / MS;
    /* Where nothing can be, nothing is looked for. */
    query->since_ms = now_ms > reach_ms && since_ms < now_ms - reach_ms ? now_ms - reach_ms
                                                                        : since_ms;
    query->until_ms = until_ms < now_ms + MS ? until_ms : now_ms + MS;
    if (query->until_ms < query->since_ms)
        query->until_ms = query->since_ms;
    choose_step(query, step_ms);
    choose_columns(query, fields);
    history->queries++;
    *query_out = query;
    return 0;
}

struct history_query *history_query_free(struct history_query *query)
{
    if (!query)
        return NULL;
    query->history->queries--;
    if (query->history->is_over)
        history_free(query->history);
    free(query);
    return NULL;
}

/* ---- reading many records ---- */

/* Records of one ring in a row; the file is read in pieces. NULL if there is none of that period.
 */
static const struct history_record *window_record(struct history_query *query, uint32_t period,
                                                  struct history_record *record_out)
{
    const struct history_place *place = &query->history->layout.rings[query->ring];
    uint32_t slot = period % place->slots;

    if (slot < query->window_first || slot >= query->window_first + query->window_count) {
        uint32_t many = WINDOW_BYTES / place->record;
        ssize_t got;

        if (many > place->slots - slot)
            many = place->slots - slot;
        do
            got = pread(query->history->fd, query->window, (size_t)many * place->record,
                        (off_t)(place->offset + (uint64_t)slot * place->record));
        while (got < 0 && errno == EINTR);
        query->window_first = slot;
        query->window_count = got > 0 ? (uint32_t)((size_t)got / place->record) : 0;
    }
    if (slot >= query->window_first + query->window_count)
        return NULL;
    memcpy(record_out, query->window + (size_t)(slot - query->window_first) * place->record,
           place->record);
    return record_out->period == period && history_record_is_sealed(record_out, place->record)
               ? record_out
               : NULL;
}

/* Periods that are just over, or go on, are not in the coarser rings yet. */
static bool is_recent(const struct history_query *query, uint32_t period, uint32_t step)
{
    return ((uint64_t)period + 2) * step > query->now_s;
}

static void merge_period(struct history_query *query, uint32_t period)
{
    const struct history_place *place = &query->history->layout.rings[query->ring];
    struct history_record record;

    if (window_record(query, period, &record) ||
        (query->ring > 0 && is_recent(query, period, place->step) &&
         history_load(query->history, query->ring, period, true, &record)))
        history_merge_add(&query->merge, query->history, &query->columns, &record, place->values);
}

/* ---- writing rows ---- */

static int append_values(struct history_query *query, const char *opening, int which,
                         struct buffer *out)
{
    int r = buffer_append_text(out, opening);

    for (size_t i = 0; i < query->columns.count && !r; i++) {
        size_t place = query->columns.places[i];
        double value = NAN;

        if (query->merge.columns[place].samples > 0)
            value = which < 0 ? query->merge.columns[place].min
                    : which > 0
                        ? query->merge.columns[place].max
                        : query->merge.columns[place].sum / query->merge.columns[place].samples;
        if (i > 0)
            r = buffer_append(out, ",", 1);
        if (!r)
            r = vitals_append_value(query->history->columns[place].column.vital, value, out);
    }
    return r ? r : buffer_append(out, "]", 1);
}

static int append_row(struct history_query *query, struct buffer *out)
{
    int r = buffer_printf(out, "{\"t\":%" PRIu64, query->at * MS);

    if (!r)
        r = append_values(query, ",\"v\":[", 0, out);
    if (!r && query->merge.count > 1)
        r = append_values(query, ",\"min\":[", -1, out);
    if (!r && query->merge.count > 1)
        r = append_values(query, ",\"max\":[", 1, out);
    return r ? r : buffer_append_text(out, "}\n");
}

int history_query_rows(struct history_query *query, size_t size, struct buffer *out)
{
    const struct history_place *place = &query->history->layout.rings[query->ring];
    uint64_t looked = 0;
    int r = 0;

    /* A long stretch without any records is cut short too: others wait for this loop. */
    while (query->at < query->end && !r && buffer_length(out) < size && looked < 4 * size) {
        uint32_t first = (uint32_t)(query->at / place->step);
        uint32_t count = (uint32_t)(query->step / place->step);

        history_merge_begin(&query->merge);
        for (uint32_t i = 0; i < count; i++)
            merge_period(query, first + i);
        looked += (uint64_t)count * place->record;
        if (query->merge.count > 0)
            r = append_row(query, out);
        query->at += query->step;
    }
    return r ? r : query->at >= query->end;
}

int history_query_head(struct history_query *query, struct buffer *out)
{
    int r = buffer_append_text(out, "{\"columns\":[");

    for (size_t i = 0; i < query->columns.count && !r; i++) {
        _cleanup_buffer_ struct buffer name = BUFFER_INIT;

        if (i > 0)
            r = buffer_append(out, ",", 1);
        if (!r)
            r = vital_column_append(&query->history->columns[query->columns.places[i]].column,
                                    &name);
        if (!r)
            r = text_append_json(out, buffer_bytes(&name), buffer_length(&name));
    }
    if (r)
        return r;
    return buffer_printf(out,
                         "],\"since\":%" PRIu64 ",\"until\":%" PRIu64 ",\"step_ms\":%" PRIu64
                         ",\"oldest\":%" PRIu64 "}\n",
                         query->since_ms, query->until_ms, query->step * MS,
                         history_oldest_ms(query->history, query->now_s * MS));
}
