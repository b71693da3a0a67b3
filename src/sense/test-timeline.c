/* Where the clock's steps end and its jumps begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/limits.h"
#include "sense/timeline.h"

static const uint64_t wall = 1764133200000, boot = 5000000, year = 365ull * 86400 * 1000;

static enum timeline_verdict judge(int64_t step_ms, uint64_t passed_ms)
{
    const struct timeline timeline = {wall, boot};
    uint64_t moved_ms;
    enum timeline_verdict verdict = timeline_judge(
        &timeline, (uint64_t)((int64_t)(wall + passed_ms) + step_ms), boot + passed_ms, year,
        &moved_ms);

    assert_int_equal(moved_ms, step_ms < 0 ? -step_ms : step_ms);
    return verdict;
}

static void test_of_this_process(void **state)
{
    (void)state;
    assert_int_equal(judge(0, 10000), TIMELINE_GOES_ON);
    assert_int_equal(judge(-LIMIT_HISTORY_BACK_MS, 10000), TIMELINE_GOES_ON);
    assert_int_equal(judge(-LIMIT_HISTORY_BACK_MS - 1, 10000), TIMELINE_BACK);
    assert_int_equal(judge(LIMIT_HISTORY_AHEAD_MS, 10000), TIMELINE_GOES_ON);
    assert_int_equal(judge(LIMIT_HISTORY_AHEAD_MS + 1, 10000), TIMELINE_AHEAD);
    /* Suspended for a month: the boot clock counts that. */
    assert_int_equal(judge(0, 30ull * 86400 * 1000), TIMELINE_GOES_ON);
    assert_int_equal(judge(-LIMIT_HISTORY_BACK_MS - 1, 30ull * 86400 * 1000), TIMELINE_BACK);
    /* 1970 */
    assert_int_equal(judge(-(int64_t)wall, 0), TIMELINE_BACK);
}

/* The boot clock began anew: only that time goes forward is known. */
static void test_of_another_process(void **state)
{
    const struct timeline timeline = {.wall_ms = wall};
    uint64_t moved_ms;

    (void)state;
    assert_int_equal(timeline_judge(&timeline, wall + year, 7, year, &moved_ms), TIMELINE_GOES_ON);
    assert_int_equal(timeline_judge(&timeline, wall + year + 1, 7, year, &moved_ms),
                     TIMELINE_AHEAD);
    assert_int_equal(timeline_judge(&timeline, wall - LIMIT_HISTORY_BACK_MS, 7, year, &moved_ms),
                     TIMELINE_GOES_ON);
    assert_int_equal(
        timeline_judge(&timeline, wall - LIMIT_HISTORY_BACK_MS - 1, 7, year, &moved_ms),
        TIMELINE_BACK);
    assert_int_equal(moved_ms, LIMIT_HISTORY_BACK_MS + 1);
}

static void test_nothing_recorded(void **state)
{
    const struct timeline timeline = {0};
    uint64_t moved_ms;

    (void)state;
    assert_int_equal(timeline_judge(&timeline, wall, 7, year, &moved_ms), TIMELINE_GOES_ON);
    assert_int_equal(timeline_judge(&timeline, 0, 7, year, &moved_ms), TIMELINE_GOES_ON);
    assert_int_equal(moved_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_this_process),
        cmocka_unit_test(test_of_another_process),
        cmocka_unit_test(test_nothing_recorded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
