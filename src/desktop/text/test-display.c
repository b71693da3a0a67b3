/* Output made fit for a text view. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "desktop/text/display.h"

/* Feeds `bytes` in pieces of `step` and compares. */
static void check(const char *bytes, size_t size, size_t step, const char *wanted)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct display display = {0};

    for (size_t at = 0; at < size; at += step)
        assert_int_equal(display_feed(&display, (const uint8_t *)bytes + at,
                                      size - at < step ? size - at : step, &out),
                         0);
    assert_int_equal(display_finish(&display, &out), 0);
    assert_string_equal(buffer_text(&out), wanted);
}

static void check_all(const char *bytes, const char *wanted)
{
    for (size_t step = 1; step <= strlen(bytes); step++)
        check(bytes, strlen(bytes), step, wanted);
}

static void test_text_passes(void **state)
{
    (void)state;
    check_all("one\ntwo\tthree\n", "one\ntwo\tthree\n");
    check_all("é € 😀 x", "é € 😀 x");
}

static void test_line_ends(void **state)
{
    (void)state;
    check_all("a\r\nb\r\n", "a\nb\n");
    check_all("10%\r20%\r\r\n", "10%\n20%\n\n");
}

static void test_control_characters_are_visible(void **state)
{
    (void)state;
    check_all("a\x1b[31mred", "a\\x1b[31mred");
}

static void test_broken_characters(void **state)
{
    (void)state;
    check_all("a\xe2\x82", "a\\xe2\\x82");
    check_all("\xf0\x9f\x98z", "\\xf0\\x9f\\x98z");
}

static void test_long_lines_are_broken(void **state)
{
    static uint8_t line[3 * DISPLAY_LINE_MAX];
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct display display = {0};
    size_t breaks = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(line); i += 3)
        memcpy(line + i, "\xe2\x82\xac", 3);
    assert_int_equal(display_feed(&display, line, sizeof(line), &out), 0);
    for (size_t i = 0; i < buffer_length(&out); i++)
        breaks += buffer_bytes(&out)[i] == '\n';
    assert_true(breaks >= 2 && breaks <= 3);
    assert_int_equal(buffer_length(&out) - breaks, sizeof(line)); /* no character was cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_passes),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_control_characters_are_visible),
        cmocka_unit_test(test_broken_characters),
        cmocka_unit_test(test_long_lines_are_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
