/* What becomes of the files of before when a new one begins. See history.h. */
#include "sense/history-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "proto/limits.h"

enum { WINDOW_BYTES = 32 * 1024, NO_PLACE = HISTORY_COLUMNS };

typedef int (*record_function)(const struct history_record *record, void *user);

/* Calls the function with each record of the ring that is whole. Returns 0, or what it returned
 * that was not 0. */
static int walk(const struct history *history, enum history_ring ring, record_function function,
                void *user)
{
    const struct history_place *place = &history->layout.rings[ring];
    uint8_t window[WINDOW_BYTES];
    uint32_t count;
    int r = 0;

    for (uint32_t slot = 0; slot < place->slots && !r; slot += count) {
        uint32_t many = WINDOW_BYTES / place->record;
        ssize_t got;

        if (many > place->slots - slot)
            many = place->slots - slot;
        do
            got = pread(history->fd, window, (size_t)many * place->record,
                        (off_t)(place->offset + (uint64_t)slot * place->record));
        while (got < 0 && errno == EINTR);
        count = got > 0 ? (uint32_t)((size_t)got / place->record) : 0;
        if (count == 0) /* cut short: there is no more */
            break;
        for (uint32_t i = 0; i < count && !r; i++) {
            struct history_record record;

            memcpy(&record, window + (size_t)i * place->record, place->record);
            if (record.period % place->slots == slot + i &&
                history_record_is_sealed(&record, place->record))
                r = function(&record, user);
        }
    }
    return r;
}

static int take_newest(const struct history_record *record, void *user)
{
    uint32_t *newest = user;

    if (record->period > *newest)
        *newest = record->period;
    return 0;
}

uint64_t history_newest_ms(const struct history *history)
{
    uint32_t newest = 0;

    (void)walk(history, HISTORY_FINE, take_newest, &newest);
    return (uint64_t)newest * history->layout.rings[HISTORY_FINE].step * 1000;
}

/* ---- carrying over ---- */

struct carrying {
    struct history *to;
    enum history_ring ring;
    uint64_t now_s;
    uint64_t oldest_s;               /* of what was carried; 0: nothing was */
    uint8_t places[HISTORY_COLUMNS]; /* where a column of the old file stands in the new one */
};

static int carry_record(const struct history_record *record, void *user)
{
    struct carrying *carrying = user;
    const struct history_place *place = &carrying->to->layout.rings[carrying->ring];
    uint32_t now = (uint32_t)(carrying->now_s / place->step);
    struct history_record carried = {.period = record->period, .count = record->count}, there;
    uint64_t begins_s = (uint64_t)record->period * place->step;

    if (record->period > now || now - record->period >= place->slots ||
        history_load(carrying->to, carrying->ring, record->period, false, &there))
        return 0;
    if (carrying->oldest_s == 0 || begins_s < carrying->oldest_s)
        carrying->oldest_s = begins_s;
    memset(carried.values, 0xff, sizeof(carried.values));
    for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
        for (size_t v = 0; v < place->values && carrying->places[i] != NO_PLACE; v++)
            carried.values[v * HISTORY_COLUMNS + carrying->places[i]] =
                record->values[v * HISTORY_COLUMNS + i];
    }
    return history_store(carrying->to, carrying->ring, &carried);
}

static int carry_columns(struct carrying *carrying, const struct history *from)
{
    int r = 0;

    for (size_t i = 0; i < HISTORY_COLUMNS && !r; i++) {
        carrying->places[i] = NO_PLACE;
        if (from->columns[i].used)
            r = history_claim(carrying->to, &from->columns[i].column, &carrying->places[i]);
    }
    return r;
}

static int carry_one(struct history *to, const struct history *from, uint64_t now_s)
{
    struct carrying carrying = {.to = to, .now_s = now_s};
    int r = carry_columns(&carrying, from);

    for (int ring = 0; ring < HISTORY_RING_COUNT && !r; ring++) {
        carrying.ring = (enum history_ring)ring;
        r = walk(from, carrying.ring, carry_record, &carrying);
    }
    /* A clock that was wrong when the old one began says nothing. */
    if (carrying.oldest_s < from->began_s)
        carrying.oldest_s = carrying.oldest_s > 0 ? from->began_s : 0;
    return r ? r : history_begin_no_later(to, carrying.oldest_s, now_s);
}

/* A file of before, and from when to when it was recorded: zeros if it holds nothing. */
struct old {
    struct history history;
    uint64_t began_s, newest_s;
};

static int old_open(struct old *old_out, int fd)
{
    int r = history_open_old(&old_out->history, fd);

    if (r)
        return r;
    old_out->newest_s = history_newest_ms(&old_out->history) / 1000;
    old_out->began_s = old_out->history.began_s;
    if (old_out->began_s == 0 || old_out->began_s > old_out->newest_s)
        old_out->began_s = old_out->newest_s;
    return 0;
}

/* Whether it has anything to say: a file that is in use already has what was there when it began,
 * but not what was recorded since then, by another clock, until this one was right again. */
static bool is_missed(const struct old *old, uint64_t newest_s, uint64_t now_s)
{
    return newest_s == 0 || (old->newest_s > newest_s && old->newest_s <= now_s);
}

int history_carry(struct history *to, const int *fds, size_t count, uint64_t now_s)
{
    uint64_t newest_s = count > 0 ? history_newest_ms(to) / 1000 : 0;
    struct old olds[HISTORY_OLD_MAX];
    size_t known = 0;
    bool swap;
    int r = 0;

    for (size_t i = 0; i < count && known < HISTORY_OLD_MAX; i++) {
        if (old_open(&olds[known], fds[i]) == 0 && is_missed(&olds[known], newest_s, now_s))
            known++;
    }
    /* The one that was recorded for longer first: what is there already stays. */
    swap = known == 2 && olds[1].newest_s - olds[1].began_s > olds[0].newest_s - olds[0].began_s;
    for (size_t i = 0; i < known && !r; i++)
        r = carry_one(to, &olds[swap ? 1 - i : i].history, now_s);
    return r;
}
