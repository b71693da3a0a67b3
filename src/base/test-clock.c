/* See clock.h: each clock is the one that it says, in its unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"

static void test_wall(void **state)
{
    time_t before = time(NULL);
    uint64_t ms = clock_wall_ms();
    time_t after = time(NULL);

    (void)state;
    assert_in_range(ms / 1000, before, after + 1);
}

/* /proc/uptime counts sleep as well, in hundredths. */
static void test_boot(void **state)
{
    _cleanup_fclose_ FILE *file = fopen("/proc/uptime", "re");
    uint64_t before = clock_boot_ms();
    double seconds;

    (void)state;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lf", &seconds), 1);
    assert_in_range((uint64_t)(seconds * 1000), before - 11, clock_boot_ms() + 1);
}

static void test_monotonic(void **state)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    uint64_t before = clock_monotonic_ns();
    struct timespec now;
    uint64_t after;

    (void)state;
    assert_int_equal(nanosleep(&pause, NULL), 0);
    after = clock_monotonic_ns();
    assert_true(after - before >= 20000000);
    clock_gettime(CLOCK_MONOTONIC, &now);
    assert_in_range(clock_monotonic_ms(), after / 1000000,
                    (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 60000);
    for (size_t i = 0; i < 10000; i++) {
        before = after;
        after = clock_monotonic_ns();
        assert_true(after >= before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wall),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_monotonic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
