/* Writing the history. See history.h. */
#include "sense/history-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Of things, so many have columns of their own: the first that show anything. */
enum { KEPT_MOUNTS = 4, KEPT_INTERFACES = 3 };

/* The machine's vitals that are kept; what never changes, or follows from others, is not. */
static const enum vital kept[] = {
    VITAL_CPU_BUSY,
    VITAL_CPU_USER,
    VITAL_CPU_SYSTEM,
    VITAL_CPU_IOWAIT,
    VITAL_CPU_STEAL,
    VITAL_LOAD_1,
    VITAL_MEM_TOTAL,
    VITAL_MEM_USED,
    VITAL_MEM_CACHE,
    VITAL_MEM_LIMIT_USED,
    VITAL_SWAP_TOTAL,
    VITAL_SWAP_USED,
    VITAL_PRESSURE_CPU,
    VITAL_PRESSURE_IO,
    VITAL_PRESSURE_IO_FULL,
    VITAL_PRESSURE_MEMORY,
    VITAL_PRESSURE_MEMORY_FULL,
    VITAL_DISK_READ,
    VITAL_DISK_WRITE,
    VITAL_DISK_READ_OPS,
    VITAL_DISK_WRITE_OPS,
    VITAL_DISK_BUSY,
    VITAL_DISK_SIZE,
    VITAL_DISK_USED,
    VITAL_DISK_FULL,
    VITAL_INODE_FULL,
    VITAL_NET_RX,
    VITAL_NET_TX,
    VITAL_NET_RX_PACKETS,
    VITAL_NET_TX_PACKETS,
    VITAL_NET_ERRORS,
    VITAL_NET_DROPS,
    VITAL_TEMP,
    VITAL_PROC_COUNT,
    VITAL_PROC_THREADS,
    VITAL_PROC_RUNNING,
    VITAL_PROC_BLOCKED,
    VITAL_USERS,
};

/* And of each kept thing. */
static const enum vital kept_of_mounts[] = {VITAL_DISK_FULL, VITAL_DISK_USED};
static const enum vital kept_of_interfaces[] = {VITAL_NET_RX, VITAL_NET_TX};

_Static_assert(ELEMENTS_OF(kept) + KEPT_MOUNTS * ELEMENTS_OF(kept_of_mounts) +
                       KEPT_INTERFACES * ELEMENTS_OF(kept_of_interfaces) <=
                   HISTORY_COLUMNS,
               "a column for each");

/* ---- the file ---- */

/* Returns 0, -ENODATA if there are not so many bytes, or -errno. */
static int read_at(int fd, uint64_t offset, void *bytes_out, size_t size)
{
    ssize_t got;

    do
        got = pread(fd, bytes_out, size, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return -errno;
    return (size_t)got == size ? 0 : -ENODATA;
}

static int write_at(int fd, uint64_t offset, const void *bytes, size_t size)
{
    ssize_t put;

    do
        put = pwrite(fd, bytes, size, (off_t)offset);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return -errno;
    return (size_t)put == size ? 0 : -ENOSPC; /* a part of a record is none: its sum tells */
}

static uint64_t name_offset(size_t column)
{
    return HISTORY_FIXED + column * HISTORY_NAME;
}

/* The columns' names, and when it began. */
static int load_names(struct history *history)
{
    for (size_t i = 0; i < HISTORY_COLUMNS; i++) {
        char name[HISTORY_NAME];
        int r = read_at(history->fd, name_offset(i), name, sizeof(name));

        if (r)
            return r;
        name[sizeof(name) - 1] = '\0';
        history->columns[i].used = vital_column_parse(name, strlen(name),
                                                      &history->columns[i].column);
    }
    return read_at(history->fd, HISTORY_FIRST, &history->began_s, sizeof(history->began_s));
}

/* ---- columns ---- */

static bool is_same(const struct vital_column *a, const struct vital_column *b)
{
    return a->vital == b->vital && a->labelled == b->labelled && strcmp(a->thing, b->thing) == 0;
}

/* Its place; HISTORY_COLUMNS if it has none. */
static size_t find_column(const struct history *history, const struct vital_column *column)
{
    size_t i = 0;

    while (i < HISTORY_COLUMNS &&
           !(history->columns[i].used && is_same(&history->columns[i].column, column)))
        i++;
    return i;
}

/* Takes a free column for it, if there is one and it has none yet. Returns 0 or -errno. */
static int claim(struct history *history, const struct vital_column *column)
{
    char name[HISTORY_NAME] = "";
    size_t at = HISTORY_COLUMNS;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int r;

    if (find_column(history, column) < HISTORY_COLUMNS)
        return 0;
    for (size_t i = HISTORY_COLUMNS; i-- > 0;) {
        if (!history->columns[i].used)
            at = i;
    }
    if (at == HISTORY_COLUMNS)
        return 0;
    r = vital_column_append(column, &text);
    if (r || buffer_length(&text) >= sizeof(name)) /* a mount with a very long name */
        return r;
    memcpy(name, buffer_bytes(&text), buffer_length(&text));
    r = write_at(history->fd, name_offset(at), name, sizeof(name));
    if (!r) {
        history->columns[at].used = true;
        history->columns[at].column = *column;
    }
    return r;
}

/* How many things of a label have columns already. */
static size_t count_kept(const struct history *history, enum vital vital)
{
    size_t count = 0;

    for (size_t i = 0; i < HISTORY_COLUMNS; i++)
        count += history->columns[i].used && history->columns[i].column.labelled &&
                 history->columns[i].column.vital == vital;
    return count;
}

int history_claim(struct history *history, const struct vital_column *column, uint8_t *place_out)
{
    enum vital_label label = vital_info(column->vital)->label;
    size_t most = !column->labelled            ? HISTORY_COLUMNS
                  : label == VITAL_LABEL_MOUNT ? KEPT_MOUNTS
                                               : KEPT_INTERFACES;
    int r = count_kept(history, column->vital) < most ? claim(history, column) : 0;

    *place_out = (uint8_t)find_column(history, column);
    return r;
}

bool history_keeps(const struct vital_fields *fields)
{
    const uint32_t labels = 1u << VITAL_LABEL_MOUNT | 1u << VITAL_LABEL_INTERFACE;

    for (size_t i = 0; i < ELEMENTS_OF(kept); i++)
        if (fields->vitals & (1ull << kept[i]))
            return true;
    return (fields->labels & labels) != 0;
}

int history_begin_no_later(struct history *history, uint64_t first_s, uint64_t now_s)
{
    if (first_s == 0 || first_s > now_s || (history->began_s > 0 && history->began_s <= first_s))
        return 0;
    history->began_s = first_s;
    return write_at(history->fd, HISTORY_FIRST, &first_s, sizeof(first_s));
}

uint64_t history_reach_ms(const struct history *history)
{
    const struct history_place *coarsest = &history->layout.rings[HISTORY_RING_COUNT - 1];

    return (uint64_t)(coarsest->slots - 1) * coarsest->step * 1000;
}

uint64_t history_oldest_ms(struct history *history, uint64_t now_ms)
{
    uint64_t reach = history_reach_ms(history) / 1000;
    uint64_t now_s = now_ms / 1000;
    uint64_t first;

    if (read_at(history->fd, HISTORY_FIRST, &first, sizeof(first)) || first == 0 || first > now_s)
        return 0;
    return (now_s - first > reach ? now_s - reach : first) * 1000;
}

int history_new(struct history **history_out, int fd)
{
    _cleanup_close_ int owned = fd;
    _cleanup_free_ struct history *history = calloc(1, sizeof(*history));
    uint8_t head[HISTORY_FIXED];
    struct stat info;
    int r;

    if (!history)
        return -ENOMEM;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode) || (uint64_t)info.st_size < HISTORY_HEAD)
        return 1;
    history->fd = fd;
    r = read_at(fd, 0, head, sizeof(head));
    if (!r && history_head_read(head, (uint64_t)info.st_size, &history->layout) != HISTORY_GOOD)
        return 1;
    if (!r)
        r = load_names(history);
    if (r)
        return r;
    /* On a full disk this is tried again with each sample. */
    for (size_t i = 0; i < ELEMENTS_OF(kept); i++)
        (void)claim(history, &(struct vital_column){.vital = kept[i]});
    (void)steal_fd(&owned);
    *history_out = steal_pointer(history);
    return 0;
}

int history_open_old(struct history *history_out, int fd)
{
    uint8_t head[HISTORY_FIXED];

    *history_out = (struct history){.fd = fd};
    if (read_at(fd, 0, head, sizeof(head)) ||
        history_head_read_any(head, &history_out->layout) != HISTORY_GOOD)
        return 1;
    return load_names(history_out) ? 1 : 0;
}

struct history *history_free(struct history *history)
{
    if (!history)
        return NULL;
    history->is_over = true;
    if (history->queries > 0) /* the last of them frees it */
        return NULL;
    close(history->fd);
    free(history);
    return NULL;
}

/* ---- records ---- */

static uint64_t record_offset(const struct history_place *place, uint32_t period)
{
    return place->offset + (uint64_t)(period % place->slots) * place->record;
}

static void all_columns(const struct history *history, struct history_columns *columns_out)
{
    columns_out->count = 0;
    for (size_t i = 0; i < HISTORY_COLUMNS; i++)
        if (history->columns[i].used)
            columns_out->places[columns_out->count++] = (uint8_t)i;
}

static bool make_from_finer(struct history *history, enum history_ring ring, uint32_t period,
                            bool make, struct history_record *record_out)
{
    const struct history_place *place = &history->layout.rings[ring];
    const struct history_place *finer = place - 1;
    uint32_t ratio = place->step / finer->step;
    struct history_columns columns;
    struct history_merge merge;

    all_columns(history, &columns);
    history_merge_begin(&merge);
    for (uint32_t i = 0; i < ratio; i++) {
        struct history_record record;

        if (history_load(history, ring - 1, period * ratio + i, make, &record))
            history_merge_add(&merge, history, &columns, &record, finer->values);
    }
    if (merge.count == 0)
        return false;
    *record_out = (struct history_record){.period = period};
    history_merge_end(&merge, history, record_out);
    return true;
}

bool history_load(struct history *history, enum history_ring ring, uint32_t period, bool make,
                  struct history_record *record_out)
{
    const struct history_place *place = &history->layout.rings[ring];

    if (!read_at(history->fd, record_offset(place, period), record_out, place->record) &&
        record_out->period == period && history_record_is_sealed(record_out, place->record))
        return true;
    return make && ring > 0 && make_from_finer(history, ring, period, make, record_out);
}

int history_store(struct history *history, enum history_ring ring, struct history_record *record)
{
    const struct history_place *place = &history->layout.rings[ring];

    history_record_seal(record, place->record);
    return write_at(history->fd, record_offset(place, record->period), record, place->record);
}

/* Writes a period of a coarser ring that is over, if there is anything of it. */
static int close_period(struct history *history, enum history_ring ring, uint32_t period)
{
    struct history_record record;

    return make_from_finer(history, ring, period, false, &record)
               ? history_store(history, ring, &record)
               : 0;
}

/* What was not closed because nobody was there when it was over: from now backwards, to the last
 * period that was, or to where the finer ring ends. */
static int catch_up(struct history *history, uint64_t now_s)
{
    int r = 0;

    for (int ring = HISTORY_FINE + 1; ring < HISTORY_RING_COUNT && !r; ring++) {
        const struct history_place *place = &history->layout.rings[ring];
        const struct history_place *finer = place - 1;
        uint64_t reach = (uint64_t)finer->slots * finer->step;
        uint64_t oldest = now_s > reach ? now_s - reach : 0;
        uint32_t first;
        struct history_record record;

        if (oldest < history->began_s)
            oldest = history->began_s;
        first = (uint32_t)(oldest / place->step);
        for (uint32_t period = (uint32_t)(now_s / place->step); period-- > first && !r;) {
            if (history_load(history, (enum history_ring)ring, period, false, &record))
                break;
            r = close_period(history, (enum history_ring)ring, period);
        }
    }
    return r;
}

/* ---- samples ---- */

static const double *values_of(const struct vitals *vitals, enum vital_label label, size_t index)
{
    return vitals->things[label].values + index * vital_label_width(label);
}

/* Columns for things that have none, as long as there are few. */
static int claim_things(struct history *history, const struct vitals *vitals,
                        enum vital_label label, const enum vital *of_each, size_t of_each_count,
                        size_t most)
{
    const struct vitals_things *things = &vitals->things[label];
    int r = 0;

    for (size_t i = 0; i < things->count && !r && count_kept(history, of_each[0]) < most; i++) {
        struct vital_column column = {.labelled = true};
        const double *values = values_of(vitals, label, i);
        bool shows = false;

        /* An interface through which nothing goes would only take the place of another. */
        for (size_t v = 0; v < of_each_count; v++)
            shows |= values[vital_label_place(of_each[v])] > 0;
        if (!shows || text_equal(things->names[i], "lo"))
            continue;
        memcpy(column.thing, things->names[i], sizeof(column.thing));
        for (size_t v = 0; v < of_each_count && !r; v++) {
            column.vital = of_each[v];
            r = claim(history, &column);
        }
    }
    return r;
}

static int claim_all(struct history *history, const struct vitals *vitals)
{
    int r = 0;

    for (size_t i = 0; i < ELEMENTS_OF(kept) && !r; i++)
        r = claim(history, &(struct vital_column){.vital = kept[i]});
    if (!r)
        r = claim_things(history, vitals, VITAL_LABEL_MOUNT, kept_of_mounts,
                         ELEMENTS_OF(kept_of_mounts), KEPT_MOUNTS);
    if (!r)
        r = claim_things(history, vitals, VITAL_LABEL_INTERFACE, kept_of_interfaces,
                         ELEMENTS_OF(kept_of_interfaces), KEPT_INTERFACES);
    return r;
}

static double value_of(const struct vitals *vitals, const struct vital_column *column)
{
    enum vital_label label = vital_info(column->vital)->label;
    const struct vitals_things *things;

    if (!column->labelled)
        return vitals->value[column->vital];
    things = &vitals->things[label];
    for (size_t i = 0; i < things->count; i++)
        if (strcmp(things->names[i], column->thing) == 0)
            return values_of(vitals, label, i)[vital_label_place(column->vital)];
    return __builtin_nan("");
}

/* The periods that ended since the last sample, and any that nobody closed. */
static int close_periods(struct history *history, uint64_t now_s)
{
    int r = 0;

    if (history->last[HISTORY_FINE] == 0) {
        r = history->began_s > 0 ? 0 : history_begin_no_later(history, now_s, now_s);
        if (!r)
            r = catch_up(history, now_s);
    }
    for (int ring = HISTORY_FINE + 1; ring < HISTORY_RING_COUNT && !r; ring++) {
        uint32_t period = (uint32_t)(now_s / history->layout.rings[ring].step);

        if (history->last[ring] != 0 && history->last[ring] != period)
            r = close_period(history, (enum history_ring)ring, history->last[ring]);
        history->last[ring] = period;
    }
    return r;
}

int history_add(struct history *history, const struct vitals *vitals)
{
    uint64_t now_s = vitals->wall_ms / 1000;
    struct history_record record = {
        .period = (uint32_t)(now_s / history->layout.rings[HISTORY_FINE].step), .count = 1};
    int r = claim_all(history, vitals);
    int closing = close_periods(history, now_s);

    memset(record.values, 0xff, sizeof(record.values));
    for (size_t i = 0; i < HISTORY_COLUMNS; i++)
        if (history->columns[i].used)
            record.values[i] = history_pack(history->columns[i].column.vital,
                                            value_of(vitals, &history->columns[i].column));
    if (!r)
        r = history_store(history, HISTORY_FINE, &record);
    history->last[HISTORY_FINE] = record.period;
    return r ? r : closing;
}
