/* See history.h. What happens to files that are not as they should be: warden/test-history.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "proto/history.h"
#include "proto/limits.h"

static struct history_layout default_layout(void)
{
    uint64_t keep[HISTORY_RING_COUNT];
    struct history_layout layout;

    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        keep[i] = history_default_keep(i);
    assert_int_equal(history_layout_make(&layout, keep), 0);
    return layout;
}

/* One ring behind the other, none over another or the head, and each keeps what it is to keep. */
static void test_layout(void **state)
{
    struct history_layout layout = default_layout();
    uint64_t offset = HISTORY_HEAD;

    (void)state;
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++) {
        const struct history_place *place = &layout.rings[i];

        assert_int_equal(place->offset, offset);
        assert_int_equal(place->record,
                         HISTORY_RECORD_HEAD + HISTORY_COLUMNS * place->values * sizeof(uint16_t));
        assert_int_equal((place->slots - 1) * place->step, history_default_keep(i));
        assert_true(history_least_keep(i) <= history_default_keep(i));
        offset += (uint64_t)place->slots * place->record;
    }
    assert_int_equal(layout.size, offset);
    assert_true(layout.size <= LIMIT_HISTORY_FILE);
}

static void test_too_long(void **state)
{
    struct history_layout layout;

    (void)state;
    for (size_t i = 0; i < HISTORY_RING_COUNT; i++) {
        uint64_t keep[HISTORY_RING_COUNT] = {0};

        keep[i] = UINT64_MAX;
        assert_int_equal(history_layout_make(&layout, keep), 1);
        keep[i] = (uint64_t)UINT32_MAX << 8;
        assert_int_equal(history_layout_make(&layout, keep), 1);
        keep[i] = 0;
        assert_int_equal(history_layout_make(&layout, keep), 0);
    }
    /* Each may be, but not all of them together. */
    uint64_t all[HISTORY_RING_COUNT] = {300000 * 10ull, 90000 * 120ull, 90000 * 3600ull};

    assert_int_equal(history_layout_make(&layout, all), 1);
}

static void test_there_and_back(void **state)
{
    struct history_layout layout = default_layout();
    struct history_layout read;
    uint8_t head[HISTORY_FIXED];

    (void)state;
    history_head_write(&layout, head);
    assert_int_equal(history_head_read(head, layout.size, &read), HISTORY_GOOD);
    assert_memory_equal(&read, &layout, sizeof(read));
    /* Cut short, or grown. */
    assert_int_equal(history_head_read(head, layout.size - 1, &read), HISTORY_DAMAGED);
    assert_int_equal(history_head_read(head, layout.size + 1, &read), HISTORY_DAMAGED);
    assert_int_equal(history_head_read(head, 0, &read), HISTORY_DAMAGED);
    assert_int_equal(history_head_read_any(head, &read), HISTORY_GOOD);
    assert_memory_equal(&read, &layout, sizeof(read));
}

/* Whatever bit is wrong, what is read fits into the file or is not taken. */
static void test_every_bit_counts(void **state)
{
    struct history_layout layout = default_layout();
    struct history_layout read;
    uint8_t head[HISTORY_FIXED];

    (void)state;
    history_head_write(&layout, head);
    for (size_t bit = 0; bit < 8 * sizeof(head); bit++) {
        size_t at = bit / 8;
        enum history_head expected = at < 6    ? HISTORY_FOREIGN
                                     : at < 16 ? HISTORY_OTHER_VERSION
                                               : HISTORY_DAMAGED;

        head[at] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(history_head_read(head, layout.size, &read), expected);
        assert_int_equal(history_head_read_any(head, &read), expected);
        head[at] ^= (uint8_t)(1 << bit % 8);
    }
    memset(head, 0, sizeof(head));
    assert_int_equal(history_head_read_any(head, &read), HISTORY_FOREIGN);
    memset(head, 0xff, sizeof(head));
    memcpy(head, "HUNE-H1", 8);
    assert_int_equal(history_head_read_any(head, &read), HISTORY_OTHER_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_every_bit_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
