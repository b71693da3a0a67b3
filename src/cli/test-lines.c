#include "cli/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(struct buffer *out, const char *expected)
{
    assert_int_equal(buffer_length(out), strlen(expected));
    assert_memory_equal(buffer_bytes(out), expected, strlen(expected));
}

/* Whatever the pieces, the lines are the same. */
static void test_pieces_make_no_difference(void **state)
{
    static const char input[] = "one\n\ntwo\nthree";
    size_t size = strlen(input);

    (void)state;
    for (size_t first = 0; first <= size; first++) {
        for (size_t second = first; second <= size; second++) {
            _cleanup_buffer_ struct buffer out = BUFFER_INIT;
            struct lines lines = {.prefix = "m: "};

            assert_int_equal(lines_feed(&lines, input, first, &out), 0);
            assert_int_equal(lines_feed(&lines, input + first, second - first, &out), 0);
            assert_int_equal(lines_feed(&lines, input + second, size - second, &out), 0);
            assert_text(&out, "m: one\nm: \nm: two\n");
            assert_int_equal(lines_finish(&lines, &out), 0);
            assert_text(&out, "m: one\nm: \nm: two\nm: three\n");
            assert_int_equal(lines_finish(&lines, &out), 0);
            assert_text(&out, "m: one\nm: \nm: two\nm: three\n");
            lines_deinit(&lines);
        }
    }
}

static void test_endless_line_is_cut(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct lines lines = {.prefix = ""};
    size_t size = 3 * (size_t)LINE_PIECE_MAX + 5;
    char *input = malloc(size);

    (void)state;
    memset(input, 'x', size);
    for (size_t at = 0; at < size; at += 1000) {
        size_t part = size - at < 1000 ? size - at : 1000;

        assert_int_equal(lines_feed(&lines, input + at, part, &out), 0);
        assert_true(buffer_length(&lines.partial) <= LINE_PIECE_MAX);
    }
    assert_int_equal(buffer_length(&out), 3 * (size_t)LINE_PIECE_MAX + 3);
    assert_int_equal(lines_finish(&lines, &out), 0);
    assert_int_equal(buffer_length(&out), size + 4);
    lines_deinit(&lines);
    free(input);
}

/* A line that ends exactly at the limit is still one line. */
static void test_line_of_exactly_the_limit(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct lines lines = {.prefix = ""};
    char *input = malloc(LINE_PIECE_MAX);

    (void)state;
    memset(input, 'x', LINE_PIECE_MAX);
    assert_int_equal(lines_feed(&lines, input, LINE_PIECE_MAX, &out), 0);
    assert_int_equal(lines_feed(&lines, "\n", 1, &out), 0);
    assert_int_equal(buffer_length(&out), (size_t)LINE_PIECE_MAX + 1);
    lines_deinit(&lines);
    free(input);
}

static void test_safe_lines_show_control_characters(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct lines lines = {.prefix = "m: ", .safe = true};
    struct lines raw = {.prefix = "m: "};

    (void)state;
    assert_int_equal(lines_feed(&lines, "a\033[2Jb\r\n", 8, &out), 0);
    assert_null(memchr(buffer_bytes(&out), '\033', buffer_length(&out)));
    assert_null(memchr(buffer_bytes(&out), '\r', buffer_length(&out)));
    assert_null(strstr(buffer_text(&out), "x0d"));
    buffer_clear(&out);
    assert_int_equal(lines_feed(&raw, "a\033[2Jb\r\n", 8, &out), 0);
    assert_text(&out, "m: a\033[2Jb\r\n");
    lines_deinit(&lines);
    lines_deinit(&raw);
}

static void test_screen_joins_cut_characters(void **state)
{
    static const char input[] = "a\xc3\xa4\r\n\xe2\x82\xac\xf0\x9f\x99\x82z\r";
    static const char shown[] = "a\xc3\xa4\n\xe2\x82\xac\xf0\x9f\x99\x82z\\x0d";
    size_t size = strlen(input);

    (void)state;
    for (size_t first = 0; first <= size; first++) {
        for (size_t second = first; second <= size; second++) {
            _cleanup_buffer_ struct buffer out = BUFFER_INIT;
            struct screen screen = {0};

            assert_int_equal(screen_feed(&screen, input, first, &out), 0);
            assert_int_equal(screen_feed(&screen, input + first, second - first, &out), 0);
            assert_int_equal(screen_feed(&screen, input + second, size - second, &out), 0);
            assert_int_equal(screen_finish(&screen, &out), 0);
            assert_text(&out, shown);
        }
    }
}

static void test_screen_keeps_nothing_harmful(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct screen screen = {0};

    (void)state;
    /* A begun character followed by an escape sequence must not hide it. */
    assert_int_equal(screen_feed(&screen, "\xe2\x82", 2, &out), 0);
    assert_int_equal(screen_feed(&screen, "\033[31m\n", 6, &out), 0);
    assert_int_equal(screen_finish(&screen, &out), 0);
    assert_null(memchr(buffer_bytes(&out), '\033', buffer_length(&out)));
    assert_non_null(strstr(buffer_text(&out), "[31m\n"));
    buffer_clear(&out);
    /* A character that never ends is shown at the end. */
    assert_int_equal(screen_feed(&screen, "x\xf0\x9f", 3, &out), 0);
    assert_text(&out, "x");
    assert_int_equal(screen_finish(&screen, &out), 0);
    assert_true(buffer_length(&out) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_make_no_difference),
        cmocka_unit_test(test_endless_line_is_cut),
        cmocka_unit_test(test_line_of_exactly_the_limit),
        cmocka_unit_test(test_safe_lines_show_control_characters),
        cmocka_unit_test(test_screen_joins_cut_characters),
        cmocka_unit_test(test_screen_keeps_nothing_harmful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
