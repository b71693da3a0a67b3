/* Frame starts: whatever is asked for, the answer is a start that was added, near enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "door/starts.h"

static void test_none(void **state)
{
    struct starts starts = {0};

    (void)state;
    assert_int_equal(starts_from(&starts, 0, 77), 77);
    assert_int_equal(starts_before(&starts, 1000, 77), 77);
}

static void test_few(void **state)
{
    struct starts starts = {0};

    (void)state;
    starts_add(&starts, 0, 0);
    starts_add(&starts, 100, 0); /* too near: left out */
    starts_add(&starts, 5000, 0);
    starts_add(&starts, 20000, 0);
    assert_int_equal(starts_from(&starts, 0, 77), 0);
    assert_int_equal(starts_from(&starts, 1, 77), 5000);
    assert_int_equal(starts_from(&starts, 5000, 77), 5000);
    assert_int_equal(starts_from(&starts, 20001, 77), 77);
    assert_int_equal(starts_before(&starts, 0, 77), 0);
    assert_int_equal(starts_before(&starts, 4999, 77), 0);
    assert_int_equal(starts_before(&starts, 5000, 77), 5000);
    assert_int_equal(starts_before(&starts, 1 << 30, 77), 20000);
}

/* A stream without end through a ring: every answer was added, and the gaps stay in proportion. */
static void test_a_long_stream(void **state)
{
    const uint64_t window = 2 << 20;
    struct starts starts = {0};
    uint64_t at = 0;

    (void)state;
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint64_t first = at > window ? at - window : 0;
        uint64_t found;

        starts_add(&starts, at, first);
        assert_true(starts.count <= STARTS_MAX);
        found = starts_from(&starts, first, at);
        assert_true(found >= first && found <= at);
        assert_true(found - first <= window / 16);
        assert_int_equal(found % 10, 0);
        found = starts_before(&starts, at, UINT64_MAX);
        assert_true(found <= at && at - found <= window / 16);
        at += 10 * (uint64_t)(1 + rand() % 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_a_long_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
