/* See random.h. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/random.h"

/* Each place gets other bytes, those at the ends as well; what is beside is not touched. */
static void test_all_of_it_is_filled(void **state)
{
    uint8_t seen[34] = {0};

    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        uint8_t bytes[34] = {0};

        assert_int_equal(random_bytes(bytes + 1, 32), 0);
        assert_int_equal(bytes[0], 0);
        assert_int_equal(bytes[33], 0);
        for (size_t i = 0; i < sizeof(seen); i++)
            seen[i] |= bytes[i];
    }
    for (size_t i = 1; i < 33; i++)
        assert_int_equal(seen[i], 0xff); /* a bit stays 0 forty times: once in 2^32 runs */
    assert_int_equal(random_bytes(seen, 0), 0);
}

static void on_alarm(int number)
{
    (void)number;
}

/* A signal that comes meanwhile ends the call with a part of the bytes. */
static void test_signals(void **state)
{
    enum { MUCH = (24 << 20) + 5, STEP = 4096 };
    static const struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
    static const struct itimerval never;
    static const uint8_t zeros[STEP];
    const struct sigaction handler = {.sa_handler = on_alarm}; /* no SA_RESTART */
    _cleanup_free_ uint8_t *bytes = calloc(1, MUCH);
    int r;

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(sigaction(SIGALRM, &handler, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    r = random_bytes(bytes, MUCH);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(r, 0);
    for (size_t at = 0; at + STEP <= MUCH; at += STEP)
        assert_memory_not_equal(bytes + at, zeros, STEP);
    assert_memory_not_equal(bytes + MUCH - 64, zeros, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_it_is_filled),
        cmocka_unit_test(test_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
