#include "fleet/link/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void open_some(struct crowd *crowd, unsigned count)
{
    while (count-- > 0)
        crowd_opened(crowd);
}

static void test_no_limit_without_drops(void **state)
{
    struct crowd crowd = {0};

    (void)state;
    assert_int_equal(crowd_at_once(&crowd, 512), 512);
    open_some(&crowd, 10000);
    assert_int_equal(crowd_at_once(&crowd, 512), 512);
}

/* Single ports that end every connection are no crowd. */
static void test_a_few_drops_are_an_accident(void **state)
{
    struct crowd crowd = {0};

    (void)state;
    for (unsigned i = 1; i < CROWD_DROPS; i++)
        crowd_dropped(&crowd, false);
    assert_int_equal(crowd_at_once(&crowd, 512), 512);
    crowd_dropped(&crowd, false);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW);
    assert_int_equal(crowd_at_once(&crowd, 4), 4);
}

static void test_one_that_is_sure_is_enough(void **state)
{
    struct crowd crowd = {0};

    (void)state;
    crowd_dropped(&crowd, true);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW);
}

/* Two consoles with as many connecting as in their handshake: what the agent bears is not passed
 * before so many got in that few can be dropped by it. */
static void test_room_grows_with_those_that_get_in(void **state)
{
    struct crowd crowd = {0};

    (void)state;
    crowd_dropped(&crowd, true);
    assert_true(4 * crowd_at_once(&crowd, 512) < LIMIT_UNOPENED_PER_ADDRESS);
    open_some(&crowd, CROWD_FOR_ONE_MORE - 1);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW);
    open_some(&crowd, 1);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW + 1);
    open_some(&crowd, 9 * CROWD_FOR_ONE_MORE);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW + 10);
    open_some(&crowd, 600 * CROWD_FOR_ONE_MORE);
    assert_int_equal(crowd_at_once(&crowd, 512), 512);
}

static void test_a_crowd_that_comes_again(void **state)
{
    struct crowd crowd = {0};

    (void)state;
    crowd_dropped(&crowd, true);
    open_some(&crowd, 100 * CROWD_FOR_ONE_MORE);
    for (unsigned i = 0; i < CROWD_DROPS; i++)
        crowd_dropped(&crowd, false);
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW);
    /* Few among many that get in are none. */
    for (unsigned i = 0; i < 10 * CROWD_DROPS; i++) {
        crowd_dropped(&crowd, false);
        open_some(&crowd, CROWD_FOR_ONE_MORE);
    }
    assert_int_equal(crowd_at_once(&crowd, 512), CROWD_NARROW + 10 * CROWD_DROPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_limit_without_drops),
        cmocka_unit_test(test_a_few_drops_are_an_accident),
        cmocka_unit_test(test_one_that_is_sure_is_enough),
        cmocka_unit_test(test_room_grows_with_those_that_get_in),
        cmocka_unit_test(test_a_crowd_that_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
