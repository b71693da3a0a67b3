/* The file of the history, written by somebody else: names of columns, records with right sums and
 * wild values, and bytes anywhere. The gate must go on recording, and tell only what is JSON. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "proto/limits.h"
#include "sense/history-private.h"

static const uint64_t now_s = 1764133200;

/* A file with the shortest rings: to be quick. */
static int file_make(struct history_layout *layout_out)
{
    uint64_t keep[HISTORY_RING_COUNT];
    uint8_t head[HISTORY_FIXED];
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    must(fd >= 0);
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        keep[i] = history_least_keep((enum history_ring)i);
    must(history_layout_make(layout_out, keep) == 0);
    history_head_write(layout_out, head);
    must(ftruncate(fd, (off_t)layout_out->size) == 0);
    must(pwrite(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head));
    return fd;
}

/* 'n' COLUMN NAME..., 'r' RING AGE VALUES..., 'b' OFFSET(3) BYTES...: each 64 bytes of the input.
 */
static void write_piece(int fd, const struct history_layout *layout, const uint8_t *bytes,
                        size_t size)
{
    if (size < 5)
        return;
    if (bytes[0] == 'n') {
        (void)!pwrite(fd, bytes + 2, size - 2,
                      HISTORY_FIXED + bytes[1] % HISTORY_COLUMNS * HISTORY_NAME);
    } else if (bytes[0] == 'r') {
        const struct history_place *place = &layout->rings[bytes[1] % HISTORY_RING_COUNT];
        struct history_record record = {.period = (uint32_t)(now_s / place->step) - bytes[2],
                                        .count = bytes[3]};

        if (bytes[3] > 200)
            record.count = UINT32_MAX - bytes[3];
        for (size_t i = 0; i < sizeof(record.values); i++)
            ((uint8_t *)record.values)[i] = bytes[4 + i % (size - 4)];
        history_record_seal(&record, place->record);
        (void)!pwrite(
            fd, &record, place->record,
            (off_t)(place->offset + (uint64_t)(record.period % place->slots) * place->record));
    } else {
        uint64_t offset = (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];

        (void)!pwrite(fd, bytes + 4, size - 4, (off_t)(offset % layout->size));
    }
}

static void ask(struct history *history, uint64_t since_s, uint64_t until_s, uint64_t step_s)
{
    static const struct vital_fields all = {UINT64_MAX >> (64 - VITAL_COUNT),
                                            (1u << VITAL_LABEL_COUNT) - 1};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct history_query *query;
    size_t rows = 0;
    int r;

    must(history_query_new(&query, history, &all, since_s * 1000, until_s * 1000, step_s * 1000,
                           now_s * 1000) == 0);
    must(history_query_head(query, &out) == 0);
    while ((r = history_query_rows(query, buffer_length(&out) + 4096, &out)) == 0)
        ;
    must(r == 1);
    for (const char *at = (const char *)buffer_bytes(&out), *end = at + buffer_length(&out);
         at < end; rows++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        json_t *json;

        must(newline);
        json = json_loadb(at, (size_t)(newline - at), 0, NULL);
        must(json);
        json_decref(json);
        at = newline + 1;
    }
    must(rows <= LIMIT_HISTORY_ROWS + 1);
    history_query_free(query);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct history_layout layout;
    struct history *history;
    struct vitals vitals = {.wall_ms = now_s * 1000};
    int fd = file_make(&layout);

    for (size_t at = 0; at < size && at < 64 * 64; at += 64)
        write_piece(fd, &layout, bytes + at, size - at < 64 ? size - at : 64);
    for (size_t i = 0; i < VITAL_COUNT; i++)
        vitals.value[i] = i % 3 ? (double)i : NAN;
    if (history_new(&history, fd)) /* its head was hit */
        return 0;
    must(history_add(history, &vitals) == 0);
    ask(history, now_s - 3600, now_s + 10, 10);
    ask(history, now_s - 6 * 3600, now_s + 10, 0);
    ask(history, 0, UINT64_MAX / 1000 - 1, 0);
    history_free(history);
    return 0;
}
