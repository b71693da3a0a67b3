/* See failing-malloc.h: a harness that does not fail what it should would let every other test
 * pass. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/failing-malloc.h"

/* The ways to allocate that are wrapped, one after the other. */
static int all_ways(void *argument)
{
    void *made[6] = {0};
    unsigned *failures = argument;
    int r = 0;

    made[0] = malloc(1);
    made[1] = calloc(1, 1);
    made[2] = realloc(NULL, 1);
    made[3] = reallocarray(NULL, 1, 1);
    made[4] = strdup("x");
    made[5] = strndup("x", 1);
    for (size_t i = 0; i < 6; i++) {
        if (!made[i]) {
            failures[i]++;
            r = -ENOMEM;
        }
        free(made[i]);
    }
    return r;
}

static void test_each_fails_once(void **state)
{
    unsigned failures[6] = {0};

    (void)state;
    assert_int_equal(failing_malloc_run(all_ways, failures), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(failures[i], 1);
    assert_int_equal(failing_malloc_run_lenient(all_ways, failures), 6);
}

/* Not so plainly that the compiler leaves it out. */
static bool allocates(void)
{
    void *volatile made = malloc(1);
    bool is_made = made != NULL;

    free(made);
    return is_made;
}

static void test_none(void **state)
{
    unsigned failures[6] = {0};

    (void)state;
    assert_int_equal(all_ways(failures), 0); /* nothing is armed by itself */
    failing_malloc_arm(7);
    assert_int_equal(all_ways(failures), 0);
    assert_int_equal(failing_malloc_disarm(), 0); /* never reached */
    failing_malloc_arm(2);
    failing_malloc_pause(true);
    assert_int_equal(all_ways(failures), 0);
    failing_malloc_pause(false);
    assert_true(allocates());
    assert_false(allocates()); /* the second that counts */
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(failing_malloc_disarm(), 1);
}

static int looks_away(void *argument)
{
    (void)argument;
    allocates();
    return 0;
}

static int always_fails(void *argument)
{
    (void)argument;
    allocates();
    return -EIO;
}

/* Whether the run aborts, as one does that breaks a rule. */
static bool aborts(unsigned (*run)(int (*)(void *), void *), int (*scenario)(void *))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers catch it */
        if (!freopen("/dev/null", "w", stderr))
            _exit(2);
        run(scenario, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_rules(void **state)
{
    (void)state;
    assert_true(aborts(failing_malloc_run, looks_away));
    assert_false(aborts(failing_malloc_run_lenient, looks_away));
    assert_true(aborts(failing_malloc_run, always_fails));
    assert_true(aborts(failing_malloc_run_lenient, always_fails));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fails_once),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
