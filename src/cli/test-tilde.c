/* See tilde.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/tilde.h"

/* Types `keys`, one at a time or all together, up to the first wish. */
static void expect(const char *keys, bool together, const char *sent, enum tilde_wish wish)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    enum tilde_wish got = TILDE_NOTHING;
    struct tilde tilde = {0};
    size_t size = strlen(keys);
    size_t at = 0;

    while (at < size && got == TILDE_NOTHING)
        at += tilde_feed(&tilde, (const uint8_t *)keys + at, together ? size - at : 1, &out, &got);
    assert_int_equal(got, wish);
    assert_int_equal(buffer_length(&out), strlen(sent));
    assert_memory_equal(buffer_bytes(&out), sent, strlen(sent));
}

static void test_words(void **state)
{
    static const struct {
        const char *keys;
        const char *sent;
        enum tilde_wish wish;
    } rows[] = {
        {"ls\r", "ls\r", TILDE_NOTHING},
        {"~.", "", TILDE_LEAVE},
        {"~d", "", TILDE_DETACH},
        {"~?", "", TILDE_HELP},
        {"~\x1a", "", TILDE_SUSPEND},
        {"ls\r~.x", "ls\r", TILDE_LEAVE},
        {"ls\n~d", "ls\n", TILDE_DETACH},
        {"ls~.", "ls~.", TILDE_NOTHING},
        {"ls \b~.", "ls \b~.", TILDE_NOTHING},
        {"~", "", TILDE_NOTHING},
        {"~~", "~", TILDE_NOTHING},
        {"~~.", "~.", TILDE_NOTHING},
        {"~~\r~.", "~\r", TILDE_LEAVE},
        {"~x", "~x", TILDE_NOTHING},
        {"~x~.", "~x~.", TILDE_NOTHING},
        {"~\r~.", "~\r", TILDE_LEAVE},
        {"\r\r~/bin\r", "\r\r~/bin\r", TILDE_NOTHING},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        expect(rows[i].keys, true, rows[i].sent, rows[i].wish);
        expect(rows[i].keys, false, rows[i].sent, rows[i].wish);
    }
}

/* Behind a wish the line has still not begun, and what was typed with it is not lost. */
static void test_goes_on_behind_a_wish(void **state)
{
    static const uint8_t keys[] = "~?~?a~.";
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct tilde tilde = {0};
    enum tilde_wish wish;

    (void)state;
    assert_int_equal(tilde_feed(&tilde, keys, 7, &out, &wish), 2);
    assert_int_equal(wish, TILDE_HELP);
    assert_int_equal(tilde_feed(&tilde, keys + 2, 5, &out, &wish), 2);
    assert_int_equal(wish, TILDE_HELP);
    assert_int_equal(tilde_feed(&tilde, keys + 4, 3, &out, &wish), 3);
    assert_int_equal(wish, TILDE_NOTHING);
    assert_int_equal(buffer_length(&out), 3);
}

static void test_off(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct tilde tilde = {.is_off = true};
    enum tilde_wish wish;

    (void)state;
    assert_int_equal(tilde_feed(&tilde, (const uint8_t *)"~.\r~d", 5, &out, &wish), 5);
    assert_int_equal(wish, TILDE_NOTHING);
    assert_memory_equal(buffer_bytes(&out), "~.\r~d", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_goes_on_behind_a_wish),
        cmocka_unit_test(test_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
