/* See state.h and problem.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "proto/problem.h"
#include "proto/state.h"

static void check_append(enum state number, uint32_t detail, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(state_append(&out, (struct job_state){number, detail}), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_append(void **state)
{
    (void)state;
    check_append(STATE_QUEUED, 0, "queued");
    check_append(STATE_RUNNING, 7, "running");
    check_append(STATE_EXITED, 0, "exited(0)");
    check_append(STATE_EXITED, 255, "exited(255)");
    check_append(STATE_SIGNALLED, 9, "signalled(9)");
    check_append(STATE_TIMED_OUT, 0, "timed-out");
    check_append(STATE_KILLED, 0, "killed");
    check_append(STATE_REFUSED, PROBLEM_RIGHT_MISSING, "refused(right-missing)");
    check_append(STATE_REFUSED, 4000, "refused(internal)");
    check_append(STATE_LOST, 0, "lost(machine restarted)");
    check_append(STATE_UNREACHABLE, 0, "unreachable");
    check_append(STATE_UNSENT, 0, "unsent");
    check_append((enum state)77, 0, "unknown(77)");
}

static void test_words(void **state)
{
    enum state parsed = STATE_LOST;

    (void)state;
    for (uint32_t number = STATE_QUEUED; number <= STATE_UNSENT; number++) {
        assert_non_null(state_name(number));
        assert_true(state_parse(state_name(number), &parsed));
        assert_int_equal(parsed, number);
    }
    assert_null(state_name(STATE_UNSENT + 1));
    assert_null(state_name(UINT32_MAX));
    assert_false(state_parse("", &parsed));
    assert_false(state_parse("exited(0)", &parsed));
    assert_false(state_parse("Exited", &parsed));
}

static void test_waits(void **state)
{
    (void)state;
    assert_null(waits_name(WAITS_NOT));
    assert_null(waits_name(WAITS_COUNT));
    for (enum job_waits waits = WAITS_NOT + 1; waits < WAITS_COUNT; waits++)
        assert_int_equal(waits_parse(waits_name(waits)), waits);
    assert_int_equal(waits_parse(""), WAITS_NOT);
    assert_int_equal(waits_parse("weather"), WAITS_NOT);
}

static void test_ended(void **state)
{
    (void)state;
    assert_false(state_is_ended(STATE_QUEUED));
    assert_false(state_is_ended(STATE_RUNNING));
    assert_true(state_is_ended(STATE_EXITED));
    assert_true(state_is_ended(STATE_LOST));
    assert_true(state_is_ended(STATE_UNSENT));
    assert_true(state_is_ended((enum state)77));
}

static void test_problems(void **state)
{
    (void)state;
    assert_string_equal(problem_info(PROBLEM_EXPIRED)->name, "expired");
    assert_int_equal(problem_info(PROBLEM_EXPIRED)->status, 403);
    assert_int_equal(problem_info(PROBLEM_NONE)->code, PROBLEM_INTERNAL);
    assert_int_equal(problem_info(UINT32_MAX)->code, PROBLEM_INTERNAL);
    assert_int_equal(problem_parse("closed"), PROBLEM_CLOSED);
    assert_int_equal(problem_parse("malformed"), PROBLEM_MALFORMED);
    assert_int_equal(problem_parse("no such word"), PROBLEM_INTERNAL);
    assert_int_equal(problem_parse(""), PROBLEM_INTERNAL);
}

/* What people read must be whole, and what travels must be a URN's part and a sane HTTP status. */
static void test_problem_table(void **state)
{
    static const enum problem_code codes[] = {
#define X(number, name, word, status, text, hint) PROBLEM_##name,
        HUNE_PROBLEMS(X)
#undef X
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(codes); i++) {
        const struct problem_info *info = problem_info(codes[i]);

        assert_int_equal(info->code, codes[i]);
        assert_int_equal(problem_parse(info->name), codes[i]);
        assert_int_equal(strspn(info->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(info->name));
        assert_true(codes[i] < 64 ? info->status >= 400 && info->status < 600 : info->status == 0);
        assert_int_equal(info->text[strlen(info->text) - 1], '.');
        assert_true(strlen(info->hint) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),        cmocka_unit_test(test_words),
        cmocka_unit_test(test_ended),         cmocka_unit_test(test_problems),
        cmocka_unit_test(test_problem_table), cmocka_unit_test(test_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
