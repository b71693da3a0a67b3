/* What a run ends with: exit statuses, and troubles as states. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "fleet/link/outcome.h"

static void test_exit_statuses(void **state)
{
    static const struct {
        struct job_state state;
        int status;
    } rules[] = {
        {{STATE_EXITED, 0}, 0},        {{STATE_EXITED, 7}, 7},      {{STATE_EXITED, 255}, 255},
        {{STATE_EXITED, 4000}, 255},   {{STATE_SIGNALLED, 9}, 137}, {{STATE_SIGNALLED, 15}, 143},
        {{STATE_TIMED_OUT, 0}, 124},   {{STATE_KILLED, 0}, 137},    {{STATE_REFUSED, 8}, 254},
        {{STATE_UNREACHABLE, 0}, 255}, {{STATE_UNSENT, 0}, 255},    {{STATE_LOST, 0}, 255},
        {{STATE_RUNNING, 0}, 255},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rules); i++)
        assert_int_equal(outcome_exit_status(rules[i].state), rules[i].status);
}

static void test_outcomes(void **state)
{
    struct trouble trouble;

    (void)state;
    trouble_set(&trouble, PROBLEM_RUN_AS, "x", NULL);
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_REFUSED);
    assert_int_equal(outcome_of_trouble(&trouble).detail, PROBLEM_RUN_AS);
    trouble_set(&trouble, PROBLEM_TIMEOUT, "x", NULL);
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_UNREACHABLE);
    trouble_set_errno(&trouble, "x", -ENOMEM); /* INTERNAL, but ours */
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_UNREACHABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_outcomes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
