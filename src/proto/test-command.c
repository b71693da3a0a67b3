/* See command.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/failing-malloc.h"
#include "proto/command.h"
#include "proto/limits.h"

static const char *const sample_arguments[] = {"printf", "%s\n", "", "it's", NULL};
static const char *const sample_environment[] = {"LANG=C", "EMPTY=", "A=b=c", NULL};
static const struct command sample = {
    .mode = COMMAND_ARGV,
    .flags = COMMAND_INPUT,
    .arguments = sample_arguments,
    .environment = sample_environment,
    .directory = "/srv",
};

static void check_texts(char **texts, const char *const *expected)
{
    for (; *expected; expected++, texts++)
        assert_string_equal(*texts, *expected);
    assert_null(*texts);
}

static void test_round_trip(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ char *storage = NULL;
    struct command_view view;
    char *arguments[5];
    char *variables[4];
    char *directory;

    (void)state;
    assert_int_equal(command_encode(&sample, &bytes), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
    assert_int_equal(view.mode, COMMAND_ARGV);
    assert_int_equal(view.flags, COMMAND_INPUT);
    assert_int_equal(view.arguments, 4);
    assert_int_equal(view.variables, 3);
    assert_true(slice_is_text(view.directory, "/srv"));
    storage = malloc(buffer_length(&bytes) + 1);
    assert_non_null(storage);
    command_unpack(&view, storage, arguments, variables, &directory);
    check_texts(arguments, sample_arguments);
    check_texts(variables, sample_environment);
    assert_string_equal(directory, "/srv");
}

static void test_layout(void **state)
{
    static const char *const line[] = {"ls | wc", NULL};
    static const uint8_t expected[] = "\1\0\0\1\0\0\0\7ls | wc\0\0\0\0\0";
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct command command = {.mode = COMMAND_SHELL, .arguments = line};
    struct command_view view;
    char storage[64];
    char *arguments[2];
    char *variables[1];
    char *directory;

    (void)state;
    assert_int_equal(command_encode(&command, &bytes), 0);
    assert_int_equal(buffer_length(&bytes), sizeof(expected));
    assert_memory_equal(buffer_bytes(&bytes), expected, sizeof(expected));
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
    command_unpack(&view, storage, arguments, variables, &directory);
    assert_string_equal(arguments[0], "ls | wc");
    assert_null(arguments[1]);
    assert_null(variables[0]);
    assert_string_equal(directory, "");
}

/* Each prefix is a block of its own, so that the sanitizer sees a read past its end. */
static void test_truncation_at_every_byte(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct command_view view;

    (void)state;
    assert_int_equal(command_encode(&sample, &bytes), 0);
    for (size_t size = 0; size < buffer_length(&bytes); size++) {
        _cleanup_free_ uint8_t *copy = malloc(size ? size : 1);

        assert_non_null(copy);
        memcpy(copy, buffer_bytes(&bytes), size);
        assert_int_equal(command_decode(&view, (struct slice){copy, size}), 1);
    }
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 1);
}

/* A payload as a stranger could write it. */
static int decode_literal(const char *bytes, size_t size)
{
    struct command_view view;

    return command_decode(&view, (struct slice){(const uint8_t *)bytes, size});
}

#define decode_bytes(literal) decode_literal(literal, sizeof(literal) - 1)

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\0\0\0\0\0"), 0);
    assert_int_equal(decode_bytes("\0\1\0\1\0\0\0\1a\0\0\0\0\0\0"), 0);
    assert_int_equal(decode_bytes("\2\0\0\1\0\0\0\1a\0\0\0\0\0\0"), 1); /* mode */
    assert_int_equal(decode_bytes("\0\2\0\1\0\0\0\1a\0\0\0\0\0\0"), 1); /* flag */
    assert_int_equal(decode_bytes("\0\0\0\0\0\0\0\0\0\0"), 1);          /* no argument */
    assert_int_equal(decode_bytes("\1\0\0\2\0\0\0\1a\0\0\0\1b\0\0\0\0\0\0"), 1);
    assert_int_equal(decode_bytes("\0\0\0\2\0\0\0\1a\0\0\0\1b\0\0\0\0\0\0"), 0);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0"), 1);  /* NUL in argument */
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\0\0\0\0\1\0"), 1); /* in directory */
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\0\0\0\0\1/"), 0);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\1\0\0\0\2A=\0\0\0\0"), 0);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\1\0\0\0\2=A\0\0\0\0"), 1);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\1\0\0\0\2AA\0\0\0\0"), 1);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\1\0\0\0\3A=\0\0\0\0\0"), 1);
    assert_int_equal(decode_bytes("\0\0\0\1\0\0\0\1a\0\1\0\0\0\0\0\0\0\0"), 1);
    assert_int_equal(decode_bytes("\0\0\0\1\xff\xff\xff\xff"
                                  "a\0\0\0\0\0\0"),
                     1);
}

/* `count` arguments and `variables` variables; the vectors are the caller's. */
static int encode_many(size_t count, size_t variables, struct buffer *out)
{
    static const char *arguments[LIMIT_ARGUMENTS + 2];
    static const char *environment[LIMIT_ARGUMENTS + 2];
    struct command command = {.arguments = arguments, .environment = environment};

    for (size_t i = 0; i <= count; i++)
        arguments[i] = i < count ? "x" : NULL;
    for (size_t i = 0; i <= variables; i++)
        environment[i] = i < variables ? "A=" : NULL;
    return command_encode(&command, out);
}

static void test_most_arguments(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct command_view view;

    (void)state;
    assert_int_equal(encode_many(LIMIT_ARGUMENTS + 1, 0, &bytes), -EMSGSIZE);
    assert_int_equal(encode_many(1, LIMIT_ARGUMENTS, &bytes), -EMSGSIZE);
    assert_int_equal(buffer_length(&bytes), 0);
    assert_int_equal(encode_many(LIMIT_ARGUMENTS - 1, 1, &bytes), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
    /* One more variable, by a stranger's hand. */
    buffer_bytes(&bytes)[buffer_length(&bytes) - 11] = 2;
    bytes.end -= 4;
    assert_int_equal(buffer_append(&bytes, "\0\0\0\2A=\0\0\0\0", 10), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 1);
    buffer_clear(&bytes);
    assert_int_equal(encode_many(LIMIT_ARGUMENTS, 0, &bytes), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
    /* And one more argument. */
    buffer_bytes(&bytes)[3] = 1;
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 1);
}

static void test_largest_payload(void **state)
{
    enum { FRAMING = 1 + 1 + 2 + 4 + 2 + 4 };
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_free_ char *text = malloc(LIMIT_ORDER_PAYLOAD + 1);
    const char *arguments[] = {text, NULL};
    struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};
    struct command_view view;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', LIMIT_ORDER_PAYLOAD);
    text[LIMIT_ORDER_PAYLOAD - FRAMING + 1] = '\0';
    assert_int_equal(command_encode(&command, &bytes), -EMSGSIZE);
    assert_int_equal(buffer_length(&bytes), 0);
    text[LIMIT_ORDER_PAYLOAD - FRAMING] = '\0';
    assert_int_equal(command_encode(&command, &bytes), 0);
    assert_int_equal(buffer_length(&bytes), LIMIT_ORDER_PAYLOAD);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
}

static void check_described(enum command_mode mode, const char *const *arguments,
                            const char *expected)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct command command = {.mode = mode, .arguments = arguments};
    struct command_view view;

    assert_int_equal(command_encode(&command, &bytes), 0);
    assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
    assert_int_equal(command_describe(&view, &out), 0);
    assert_string_equal(buffer_text(&out), expected);
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_describe(void **state)
{
    (void)state;
    check_described(COMMAND_SHELL, TEXTS("ls | wc -l; echo \"$HOME\""),
                    "ls | wc -l; echo \"$HOME\"");
    check_described(COMMAND_SHELL, TEXTS("a\nb\x1b[2J"), "a\\x0ab\\x1b[2J");
    check_described(COMMAND_SHELL, TEXTS(""), "");
    check_described(COMMAND_ARGV, TEXTS("ls", "-l", "/srv/a_b", "--k=v"), "ls -l /srv/a_b --k=v");
    check_described(COMMAND_ARGV, TEXTS("printf", "%s\n", "", "it's"),
                    "printf '%s\\x0a' '' 'it'\\''s'");
    check_described(COMMAND_ARGV, TEXTS("echo", "a b", "$x", "*", "~", "#", "a;b"),
                    "echo 'a b' '$x' '*' '~' '#' 'a;b'");
    check_described(COMMAND_ARGV, TEXTS("A=b", "A=b"), "'A=b' A=b");
    check_described(COMMAND_ARGV, TEXTS("gr\xc3\xbc\xc3\x9f", "\xff"),
                    "'gr\xc3\xbc\xc3\x9f' '\\xff'");
}

static int encode_and_describe(void *argument)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    const struct command *command = argument;
    struct command_view view;
    int r = command_encode(command, &bytes);

    if (!r) {
        assert_int_equal(command_decode(&view, buffer_slice(&bytes)), 0);
        r = command_describe(&view, &out);
    }
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static void test_without_memory(void **state)
{
    static char text[3000];
    const char *arguments[] = {"echo", text, NULL};
    struct command command = {.arguments = arguments};

    (void)state;
    memset(text, '\'', sizeof(text) - 1);
    assert_true(failing_malloc_run(encode_and_describe, &command) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_most_arguments),
        cmocka_unit_test(test_largest_payload),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
