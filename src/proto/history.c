/* See history.h. */
#include "proto/history.h"

#include <string.h>

#include "proto/limits.h"

/* The first bytes of the file. Another version of the records is another magic. */
struct head {
    char magic[8];
    uint32_t order; /* tells another byte order */
    uint32_t columns;
    uint64_t size;
    struct {
        uint32_t step, slots, values, record;
    } rings[HISTORY_RING_COUNT];
};

_Static_assert(sizeof(struct head) <= HISTORY_FIXED, "the head fits");

static const char magic[8] = "HUNE-H1";
static const uint32_t byte_order = 0x01020304;

static const struct {
    uint32_t step, values;
    uint64_t keep, least;
} rings[] = {
#define X(name, step, values, keep, least) [HISTORY_##name] = {(step), (values), (keep), (least)},
    HISTORY_RINGS(X)
#undef X
};

uint64_t history_default_keep(enum history_ring ring)
{
    return rings[ring].keep;
}

uint64_t history_least_keep(enum history_ring ring)
{
    return rings[ring].least;
}

int history_layout_make(struct history_layout *layout_out,
                        const uint64_t keep_seconds[HISTORY_RING_COUNT])
{
    uint64_t offset = HISTORY_HEAD;

    for (size_t i = 0; i < HISTORY_RING_COUNT; i++) {
        /* One more than is kept: the period that is not over yet. */
        uint64_t slots = keep_seconds[i] / rings[i].step + 1;
        uint32_t record = (uint32_t)(HISTORY_RECORD_HEAD +
                                     HISTORY_COLUMNS * rings[i].values * sizeof(uint16_t));

        if (slots > LIMIT_HISTORY_FILE / record)
            return 1;
        layout_out->rings[i] = (struct history_place){
            .step = rings[i].step,
            .slots = (uint32_t)slots,
            .values = rings[i].values,
            .record = record,
            .offset = offset,
        };
        offset += slots * record;
    }
    layout_out->size = offset;
    return offset > LIMIT_HISTORY_FILE;
}

void history_head_write(const struct history_layout *layout, uint8_t head_out[HISTORY_FIXED])
{
    struct head head = {.order = byte_order, .columns = HISTORY_COLUMNS, .size = layout->size};

    memcpy(head.magic, magic, sizeof(head.magic));
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++) {
        const struct history_place *place = &layout->rings[i];

        head.rings[i].step = place->step;
        head.rings[i].slots = place->slots;
        head.rings[i].values = place->values;
        head.rings[i].record = place->record;
    }
    memset(head_out, 0, HISTORY_FIXED);
    memcpy(head_out, &head, sizeof(head));
}

enum history_head history_head_read(const uint8_t bytes[HISTORY_FIXED], uint64_t size,
                                    struct history_layout *layout_out)
{
    uint64_t keep[HISTORY_RING_COUNT];
    uint8_t expected[HISTORY_FIXED];
    struct head head;

    memcpy(&head, bytes, sizeof(head));
    if (memcmp(head.magic, magic, 6) != 0)
        return HISTORY_FOREIGN;
    if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.order != byte_order ||
        head.columns != HISTORY_COLUMNS)
        return HISTORY_OTHER_VERSION;
    /* All else follows from how long the rings are: anything that differs is damage. */
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++) {
        if (head.rings[i].slots == 0)
            return HISTORY_DAMAGED;
        keep[i] = (head.rings[i].slots - 1ull) * rings[i].step;
    }
    if (history_layout_make(layout_out, keep))
        return HISTORY_DAMAGED;
    history_head_write(layout_out, expected);
    return layout_out->size == size && memcmp(bytes, expected, HISTORY_FIXED) == 0
               ? HISTORY_GOOD
               : HISTORY_DAMAGED;
}

enum history_head history_head_read_any(const uint8_t bytes[HISTORY_FIXED],
                                        struct history_layout *layout_out)
{
    struct head head;

    memcpy(&head, bytes, sizeof(head));
    return history_head_read(bytes, head.size, layout_out);
}
