/* See text.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"

static void test_u64(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "+1", "-1", "1x", "0x1", "18446744073709551616", "99999999999999999999"};
    uint64_t value = 7;

    (void)state;
    assert_true(text_to_u64("0", 0, &value));
    assert_true(value == 0);
    assert_true(text_to_u64("18446744073709551615", UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_to_u64("65535", 65535, &value));
    assert_false(text_to_u64("65536", 65535, &value));
    assert_false(text_to_u64(NULL, 1, &value));
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_false(text_to_u64(bad[i], UINT64_MAX, &value));
    assert_true(value == 65535);
}

static void test_seconds_and_sizes(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_true(text_to_seconds("90", &value) && value == 90);
    assert_true(text_to_seconds("90s", &value) && value == 90);
    assert_true(text_to_seconds("15m", &value) && value == 900);
    assert_true(text_to_seconds("2h", &value) && value == 7200);
    assert_true(text_to_seconds("3660d", &value) && value == 3660ull * 86400);
    assert_false(text_to_seconds("3661d", &value));
    assert_false(text_to_seconds("s", &value));
    assert_false(text_to_seconds("1.5h", &value));
    assert_false(text_to_seconds("1hs", &value));
    assert_false(text_to_seconds("1w", &value));
    assert_false(text_to_seconds("", &value));
    assert_false(text_to_seconds(NULL, &value));
    assert_false(text_to_seconds("000000000000000000000000000001", &value));
    assert_true(text_to_size("512", &value) && value == 512);
    assert_true(text_to_size("1K", &value) && value == 1024);
    assert_true(text_to_size("16777215T", &value) && value == 16777215ull << 40);
    assert_false(text_to_size("16777216T", &value));
    assert_false(text_to_size("1k", &value));
}

static void test_strip_and_starts(void **state)
{
    char text[] = " \t a b \r\n";
    char blank[] = "  ";

    (void)state;
    assert_string_equal(text_strip(text), "a b");
    assert_string_equal(text_strip(blank), "");
    assert_true(text_starts("abc", ""));
    assert_true(text_starts("abc", "abc"));
    assert_false(text_starts("ab", "abc"));
    assert_false(text_equal(NULL, NULL));
}

static void test_hex(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x9f, 0xff};
    uint8_t decoded[3] = {1, 1, 1};
    char text[7];

    (void)state;
    hex_encode(bytes, sizeof(bytes), text);
    assert_string_equal(text, "009fff");
    assert_true(hex_decode("009FfF", 6, decoded));
    assert_memory_equal(decoded, bytes, 3);
    assert_false(hex_decode("009ff", 6, decoded));
    assert_false(hex_decode("0g", 2, decoded));
    assert_false(hex_decode("g0", 2, decoded));
    assert_true(hex_decode("", 0, decoded));
}

static void check_base64(const char *plain, const char *padded)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    size_t unpadded = strcspn(padded, "=");

    assert_int_equal(base64_encode(plain, strlen(plain), true, &text), 0);
    assert_string_equal(buffer_text(&text), padded);
    assert_int_equal(base64_decode(padded, strlen(padded), &bytes), 0);
    assert_string_equal(buffer_text(&bytes), plain);
    buffer_clear(&text);
    assert_int_equal(base64_encode(plain, strlen(plain), false, &text), 0);
    assert_int_equal(buffer_length(&text), unpadded);
    buffer_clear(&bytes);
    assert_int_equal(base64_decode(padded, unpadded, &bytes), 0);
    assert_string_equal(buffer_text(&bytes), plain);
}

/* RFC 4648, section 10. */
static void test_base64(void **state)
{
    static const char *const bad[] = {"Z",      "=",     "==",    "====",     "Zg=",
                                      "Zg===",  "Zm8==", "Zm9v=", "Zm9v====", "Zm 9",
                                      "Zm9v\n", "Zh==",  "Zm9=",  "Z-_=",     "Zg==Zg=="};
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    check_base64("", "");
    check_base64("f", "Zg==");
    check_base64("fo", "Zm8=");
    check_base64("foo", "Zm9v");
    check_base64("foob", "Zm9vYg==");
    check_base64("fooba", "Zm9vYmE=");
    check_base64("foobar", "Zm9vYmFy");
    check_base64("\xff\xfe\xfd", "//79");
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_int_equal(base64_decode(bad[i], strlen(bad[i]), &bytes), 1);
    assert_int_equal(base64_decode("Zm\0v", 4, &bytes), 1);
    assert_int_equal(buffer_length(&bytes), 0);
}

static void check_printable(const char *in, size_t size, const char *expected, bool is_line)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int r = is_line ? text_append_printable_line(&out, in, size)
                    : text_append_printable(&out, in, size);

    assert_int_equal(r, 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_printable(void **state)
{
    (void)state;
    check_printable("a\tb\nc", 5, "a\tb\nc", false);
    check_printable("a\tb\nc", 5, "a\\x09b\\x0ac", true);
    check_printable("\x1b[2J\r", 5, "\\x1b[2J\\x0d", false);
    check_printable("a\r\nb\r\r\nc\r", 9, "a\nb\\x0d\nc\\x0d", false);
    check_printable("a\r\n", 3, "a\\x0d\\x0a", true);
    check_printable("\0x", 2, "\\x00x", false);
    check_printable("\x7f", 1, "\\x7f", false);
    check_printable("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f", true);
    check_printable("\xc2\x9b", 2, "\\u009b", false);            /* the one-byte CSI */
    check_printable("\xe2\x80\xae", 3, "\\u202e", false);        /* right-to-left override */
    check_printable("\xe2\x81\xa6", 3, "\\u2066", false);        /* an isolate */
    check_printable("a\xff\xc3", 3, "a\\xff\\xc3", false);       /* not UTF-8 */
    check_printable("\xed\xa0\x80", 3, "\\xed\\xa0\\x80", true); /* a surrogate */
    check_printable("", 0, "", true);
}

static void check_json(const char *in, size_t size, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(text_append_json(&out, in, size), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_json(void **state)
{
    (void)state;
    check_json("", 0, "\"\"");
    check_json("a\"b\\c\nd\x01\0", 9, "\"a\\\"b\\\\c\\nd\\u0001\\u0000\"");
    check_json("\xff\xc3\xa4", 3, "\"\xef\xbf\xbd\xc3\xa4\"");
}

static void test_utf8(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        size_t length;
        uint32_t code;
    } cases[] = {
        {"\x7f", 1, 1, 0x7f},
        {"\xc2\x80", 2, 2, 0x80},
        {"\xdf\xbf", 2, 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 3, 0x800},
        {"\xef\xbf\xbf", 3, 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 4, 0, 0}, /* above the last code point */
        {"\xc1\xbf", 2, 0, 0},         /* overlong */
        {"\xe0\x9f\xbf", 3, 0, 0},
        {"\xf0\x8f\xbf\xbf", 4, 0, 0},
        {"\xed\xbf\xbf", 3, 0, 0}, /* surrogate */
        {"\x80", 1, 0, 0},
        {"\xf8\x88\x80\x80", 4, 0, 0},
        {"\xe2\x82", 2, 0, 0}, /* cut short */
        {"\xe2\x82x", 3, 0, 0},
        {"", 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        uint32_t code = 0;

        assert_int_equal(utf8_character((const uint8_t *)cases[i].bytes, cases[i].size, &code),
                         cases[i].length);
        assert_int_equal(code, cases[i].code);
    }
}

static void test_secret_equal(void **state)
{
    (void)state;
    assert_true(secret_equal("abcd", "abcd", 4));
    assert_false(secret_equal("abcd", "abce", 4));
    assert_false(secret_equal("abcd", "bbcd", 4));
    assert_true(secret_equal("a", "b", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_seconds_and_sizes),
        cmocka_unit_test(test_strip_and_starts),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_secret_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
