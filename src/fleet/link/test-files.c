/* How many descriptors there may be. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "fleet/link/files.h"

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
        cmocka_unit_test(test_raise_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
