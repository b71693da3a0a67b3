/* The token bucket by value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "warden/rate.h"

static void test_burst_then_rate(void **state)
{
    struct rate rate = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_true(rate_take(&rate, 600, 5, 1000));
    assert_false(rate_take(&rate, 600, 5, 1000));
    assert_false(rate_take(&rate, 600, 5, 1099));
    /* One every 100 ms, and time that bought nothing is not lost. */
    assert_true(rate_take(&rate, 600, 5, 1100));
    assert_false(rate_take(&rate, 600, 5, 1100));
    assert_true(rate_take(&rate, 600, 5, 1250));
    assert_false(rate_take(&rate, 600, 5, 1250));
}

static void test_never_more_than_the_burst(void **state)
{
    struct rate rate = {0};

    (void)state;
    assert_true(rate_take(&rate, 600, 2, 1));
    assert_true(rate_take(&rate, 600, 2, 1000000));
    assert_true(rate_take(&rate, 600, 2, 1000000));
    assert_false(rate_take(&rate, 600, 2, 1000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_rate),
        cmocka_unit_test(test_never_more_than_the_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
