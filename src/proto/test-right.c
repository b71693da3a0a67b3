/* See right.h and verb.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "proto/right.h"
#include "proto/verb.h"

static void check_parse(const char *text, uint16_t expected)
{
    uint16_t rights = 0;

    assert_true(rights_parse(text, strlen(text), &rights));
    assert_int_equal(rights, expected);
}

static void test_parse(void **state)
{
    uint16_t rights = 0;

    (void)state;
    check_parse("observe", RIGHT_OBSERVE);
    check_parse("run,shell", RIGHT_RUN | RIGHT_SHELL);
    check_parse("control,files,run,run", RIGHT_CONTROL | RIGHT_FILES | RIGHT_RUN);
    check_parse("all", RIGHTS_ALL);
    check_parse("all,run", RIGHTS_ALL);
    assert_true(rights_parse("run,shell", 3, &rights));
    assert_int_equal(rights, RIGHT_RUN);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"",     ",",    "run,",     ",run", "run,,shell", "ru",
                                      "runs", "Run",  " run",     "run ", "run shell",  "run;shell",
                                      "none", "all!", "observer", "-run"};
    uint16_t rights = 99;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(rights_parse(bad[i], strlen(bad[i]), &rights));
    assert_int_equal(rights, 99);
}

static void test_append(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(rights_append(&out, RIGHTS_NONE), 0);
    assert_string_equal(buffer_text(&out), "");
    assert_int_equal(rights_append(&out, RIGHT_CONTROL | RIGHT_RUN), 0);
    assert_string_equal(buffer_text(&out), "run,control");
    buffer_clear(&out);
    assert_int_equal(rights_append(&out, RIGHTS_ALL), 0);
    assert_string_equal(buffer_text(&out), "observe,run,shell,files,control");
    check_parse(buffer_text(&out), RIGHTS_ALL);
    assert_string_equal(right_name(RIGHT_FILES), "files");
}

static void test_verbs(void **state)
{
    (void)state;
    assert_null(verb_info(0));
    assert_null(verb_info(13));
    assert_null(verb_info(UINT16_MAX));
    for (uint16_t number = 1; number <= 12; number++)
        assert_int_equal(verb_info(number)->verb, number);
    assert_string_equal(verb_info(VERB_RUN)->name, "run");
    assert_int_equal(verb_info(VERB_RUN)->right, RIGHT_RUN);
    assert_true(verb_info(VERB_RUN)->becomes_job);
    assert_int_equal(verb_info(VERB_KILL)->right, RIGHT_CONTROL);
    assert_false(verb_info(VERB_KILL)->becomes_job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_verbs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
