/* See differ.h. */
#include "fleet/run/differ.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static int put(char sign, const uint8_t *line, size_t size, void *user)
{
    struct buffer *out = user;
    int error = buffer_append(out, &sign, 1);

    if (!error)
        error = buffer_append(out, line, size);
    return error ? error : buffer_append(out, "\n", 1);
}

static void differs(const char *from, const char *to, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(
        differ((const uint8_t *)from, strlen(from), (const uint8_t *)to, strlen(to), put, &out), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_small(void **state)
{
    (void)state;
    differs("", "", "");
    differs("a\n", "a\n", " a\n");
    differs("", "a\n", "+a\n");
    differs("a\n", "", "-a\n");
    differs("a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n c\n");
    differs("a\nb\n", "b\n", "-a\n b\n");
    differs("a\n", "a\na\n", " a\n+a\n");
    differs("a", "a\n", " a\n");
    differs("a\n\nb", "a\nb", " a\n-\n b\n");
    differs("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n");
}

/* Whatever comes out, its '-' and ' ' lines are one text and its '+' and ' ' lines the other. */
struct rebuilt {
    struct buffer from;
    struct buffer to;
    unsigned changes;
};

static int rebuild(char sign, const uint8_t *line, size_t size, void *user)
{
    struct rebuilt *rebuilt = user;

    rebuilt->changes += sign != ' ';
    if (sign != '+') {
        assert_int_equal(buffer_append(&rebuilt->from, line, size), 0);
        assert_int_equal(buffer_append(&rebuilt->from, "\n", 1), 0);
    }
    if (sign != '-') {
        assert_int_equal(buffer_append(&rebuilt->to, line, size), 0);
        assert_int_equal(buffer_append(&rebuilt->to, "\n", 1), 0);
    }
    return 0;
}

static void random_text(struct buffer *out, unsigned *dice, unsigned lines, unsigned words)
{
    for (unsigned i = 0; i < lines; i++) {
        *dice = *dice * 1664525 + 1013904223;
        assert_int_equal(buffer_printf(out, "%u\n", (*dice >> 16) % words), 0);
    }
}

static void test_rebuilds(void **state)
{
    unsigned dice = 7;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
        struct rebuilt rebuilt = {0};

        random_text(&from, &dice, round % 23, 1 + round % 7);
        random_text(&to, &dice, round % 19, 1 + round % 5);
        assert_int_equal(differ(buffer_bytes(&from), buffer_length(&from), buffer_bytes(&to),
                                buffer_length(&to), rebuild, &rebuilt),
                         0);
        assert_string_equal(buffer_text(&rebuilt.from), buffer_text(&from));
        assert_string_equal(buffer_text(&rebuilt.to), buffer_text(&to));
        buffer_deinit(&from);
        buffer_deinit(&to);
        buffer_deinit(&rebuilt.from);
        buffer_deinit(&rebuilt.to);
    }
}

/* Too many changes: one large replacement. */
static void test_all_different(void **state)
{
    struct buffer from = BUFFER_INIT, to = BUFFER_INIT;
    struct rebuilt rebuilt = {0};

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        assert_int_equal(buffer_printf(&from, "a%u\n", i), 0);
        assert_int_equal(buffer_printf(&to, "b%u\n", i), 0);
    }
    assert_int_equal(differ(buffer_bytes(&from), buffer_length(&from), buffer_bytes(&to),
                            buffer_length(&to), rebuild, &rebuilt),
                     0);
    assert_int_equal(rebuilt.changes, 10000);
    assert_string_equal(buffer_text(&rebuilt.to), buffer_text(&to));
    buffer_deinit(&from);
    buffer_deinit(&to);
    buffer_deinit(&rebuilt.from);
    buffer_deinit(&rebuilt.to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_rebuilds),
        cmocka_unit_test(test_all_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
