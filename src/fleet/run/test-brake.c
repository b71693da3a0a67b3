/* See brake.h. */
#include "fleet/run/brake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { START = 100000 };

/* At the start few, soon all; and more as soon as some are done. */
static void test_ramp(void **state)
{
    struct brake brake;
    uint64_t now = START;
    uint32_t last = 0;

    (void)state;
    brake_begin(&brake, now);
    while (brake_at_work(&brake, now) != UINT32_MAX) {
        assert_true(brake_at_work(&brake, now) > last);
        last = brake_at_work(&brake, now);
        assert_false(brake_lets_one(&brake, now));
        assert_in_range(brake_until(&brake, now), now + 1, now + 100);
        now = brake_until(&brake, now);
    }
    assert_true(last >= 1000);
    assert_in_range(now - START, 1, 500);
    assert_int_equal(brake_until(&brake, now), 0);
    brake_begin(&brake, START);
    last = brake_at_work(&brake, START);
    brake_ended(&brake, START);
    brake_ended(&brake, START);
    assert_int_equal(brake_at_work(&brake, START), last + 2);
}

/* While bytes come in fast few are at work, and each other one waits a moment at most. */
static void test_fast(void **state)
{
    struct brake brake;
    uint64_t now = START + 1000;
    uint32_t start, few = 0;
    unsigned let = 0;

    (void)state;
    brake_begin(&brake, START);
    start = brake_at_work(&brake, START);
    assert_int_equal(brake_at_work(&brake, now), UINT32_MAX);
    for (; now < START + 2000; now++) {
        brake_hear(&brake, 500000, now);
        brake_ended(&brake, now);
        let += brake_lets_one(&brake, now);
        if (now == START + 1010)
            few = brake_at_work(&brake, now);
        if (now > START + 1010)
            assert_int_equal(brake_at_work(&brake, now), few);
    }
    assert_in_range(few, 1, start);
    assert_in_range(let, 200, 300);
    assert_in_range(brake_until(&brake, now), now, now + 10);
    /* Then it begins with few once more. */
    now += 60;
    assert_in_range(brake_at_work(&brake, now), start, 4 * start);
    assert_false(brake_lets_one(&brake, now));
    assert_int_equal(brake_at_work(&brake, now + 1000), UINT32_MAX);
}

/* What many short answers bring, or one slow line, is not fast. */
static void test_slow(void **state)
{
    struct brake brake;

    (void)state;
    brake_begin(&brake, START);
    for (uint64_t now = START + 1000; now < START + 3000; now++) {
        brake_hear(&brake, 10000, now);
        assert_int_equal(brake_at_work(&brake, now), UINT32_MAX);
        assert_false(brake_lets_one(&brake, now));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
