/* What a run ends with: exit statuses, and troubles as states. See outcome.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "fleet/fanout.h"
#include "fleet/outcome.h"

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

static void test_raise_files(void **state)
{
    struct rlimit limit, lowered;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    lowered = (struct rlimit){.rlim_cur = 200, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lowered), 0);
    assert_true(files_raise_limit() == limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &lowered), 0);
    assert_true(lowered.rlim_cur == limit.rlim_max);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_raise_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
