/* See terminal.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "proto/terminal.h"

static const struct terminal sample = {
    .size = {.rows = 40, .columns = 120, .width = 960, .height = 800},
    .flags = TERMINAL_UTF8,
    .erase = 0x7f,
    .name = "xterm-256color",
};

static void encode_login(struct buffer *out)
{
    const struct command command = {.mode = COMMAND_LOGIN};

    assert_int_equal(terminal_encode(&sample, &command, out), 0);
}

static void test_layout(void **state)
{
    static const uint8_t expected[] = "\0\x28\0\x78\3\xc0\3\x20\1\x7f\x0exterm-256color"
                                      "\2\0\0\0\0\0\0\0\0\0";
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct terminal_view view;

    (void)state;
    encode_login(&bytes);
    assert_int_equal(buffer_length(&bytes), sizeof(expected) - 1);
    assert_memory_equal(buffer_bytes(&bytes), expected, sizeof(expected) - 1);
    assert_int_equal(terminal_decode(&view, buffer_slice(&bytes)), 0);
    assert_memory_equal(&view.size, &sample.size, sizeof(view.size));
    assert_int_equal(view.flags, TERMINAL_UTF8);
    assert_int_equal(view.erase, 0x7f);
    assert_true(slice_is_text(view.name, "xterm-256color"));
    assert_int_equal(view.command.mode, COMMAND_LOGIN);
    assert_int_equal(view.command.arguments, 0);
}

static void test_refused(void **state)
{
    /* Which byte of the sample is changed, and to what. */
    static const struct {
        size_t at;
        uint8_t to;
    } rows[] = {
        {8, 2},                          /* an unknown flag */
        {10, 13},                        /* a shorter name: the rest does not fit */
        {10, 65},                        /* longer than TERMINAL_NAME_MAX */
        {11, '/'},                       /* a path for a name */
        {11, '\0'}, {11, '\n'}, {25, 3}, /* no such mode of a command */
        {28, 1},                         /* a login shell takes no argument */
    };
    static char name[TERMINAL_NAME_MAX + 2];
    const struct command command = {.mode = COMMAND_LOGIN};
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct terminal terminal = sample;
    struct terminal_view view;

    (void)state;
    encode_login(&bytes);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t *byte = buffer_bytes(&bytes) + rows[i].at;
        uint8_t was = *byte;

        *byte = rows[i].to;
        assert_int_equal(terminal_decode(&view, buffer_slice(&bytes)), 1);
        *byte = was;
    }
    for (size_t size = 0; size < buffer_length(&bytes); size++)
        assert_int_equal(terminal_decode(&view, (struct slice){buffer_bytes(&bytes), size}), 1);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(terminal_decode(&view, buffer_slice(&bytes)), 1);
    memset(name, 'x', sizeof(name) - 1);
    terminal.name = name;
    assert_int_equal(terminal_encode(&terminal, &command, &bytes), -EMSGSIZE);
}

static void test_input(void **state)
{
    static const uint8_t expected[] = "\1\0\0\2hi\2\0\0\x08\0\x28\0\x78\3\xc0\3\x20";
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct terminal_input input;

    (void)state;
    assert_int_equal(terminal_input_keys(&bytes, "hi", 2), 0);
    assert_int_equal(terminal_input_resize(&bytes, &sample.size), 0);
    assert_int_equal(buffer_length(&bytes), sizeof(expected) - 1);
    assert_memory_equal(buffer_bytes(&bytes), expected, sizeof(expected) - 1);
    for (size_t size = 0; size < 6; size++)
        assert_int_equal(terminal_input_next(&input, (struct slice){buffer_bytes(&bytes), size}),
                         0);
    assert_int_equal(terminal_input_next(&input, buffer_slice(&bytes)), 1);
    assert_int_equal(input.kind, TERMINAL_KEYS);
    assert_true(slice_is_text(input.keys, "hi"));
    assert_int_equal(input.taken, 6);
    buffer_consume(&bytes, input.taken);
    assert_int_equal(terminal_input_next(&input, buffer_slice(&bytes)), 1);
    assert_int_equal(input.kind, TERMINAL_RESIZE);
    assert_memory_equal(&input.size, &sample.size, sizeof(input.size));
    assert_int_equal(input.taken, buffer_length(&bytes));
}

static void test_long_input_is_split(void **state)
{
    static uint8_t keys[2 * TERMINAL_KEYS_MAX + 1];
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct terminal_input input;
    size_t total = 0;
    unsigned frames = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(keys); i++)
        keys[i] = (uint8_t)(i * 7);
    assert_int_equal(terminal_input_keys(&bytes, keys, sizeof(keys)), 0);
    while (buffer_length(&bytes) > 0) {
        assert_int_equal(terminal_input_next(&input, buffer_slice(&bytes)), 1);
        assert_true(input.taken <= LIMIT_TERMINAL_INPUT);
        assert_memory_equal(input.keys.bytes, keys + total, input.keys.size);
        total += input.keys.size;
        frames++;
        buffer_consume(&bytes, input.taken);
    }
    assert_int_equal(total, sizeof(keys));
    assert_int_equal(frames, 3);
}

static void test_bad_input(void **state)
{
    static const char *const rows[] = {
        "\0\0\0\1", "\3\0\0\1", "\1\1\0\1", "\1\0\x0f\xfd", "\2\0\0\7", "\2\0\0\x09",
    };
    struct terminal_input input;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(terminal_input_next(&input, (struct slice){(const uint8_t *)rows[i], 4}),
                         -EBADMSG);
    assert_int_equal(
        terminal_input_next(&input, (struct slice){(const uint8_t *)"\1\0\x0f\xfc", 4}), 0);
}

static int encode_once(void *argument)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    const struct command command = {.mode = COMMAND_LOGIN};

    (void)argument;
    return terminal_encode(&sample, &command, &bytes);
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(encode_once, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_input),     cmocka_unit_test(test_long_input_is_split),
        cmocka_unit_test(test_bad_input), cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
