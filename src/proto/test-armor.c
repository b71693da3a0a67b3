/* See armor.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/failing-malloc.h"
#include "proto/armor.h"

static void test_armor(void **state)
{
    static const char *const bad[] = {
        "",
        "-----BEGIN X-----",
        "-----BEGIN X-----\n-----END X-----\n",
        "-----BEGIN X-----\nZm9v\n-----END Y-----\n",
        "-----BEGIN X-----\nZm9v\n-----END X----\n",
        "-----BEGIN X-----\nZm9v\n-----END X-----\nmore",
        "more\n-----BEGIN X-----\nZm9v\n-----END X-----\n",
        "-----BEGIN X-----\nZm9!\n-----END X-----\n",
        "-----BEGIN X-----\nZm-9v\n-----END X-----\n",
    };
    static const char loose[] = " \n-----BEGIN X-----\r\n\r\nZm\r\n 9v\r\n-----END X-----\r\n\n";
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
        assert_int_equal(armor_remove(bad[i], strlen(bad[i]), "X", &bytes), 1);
    assert_int_equal(armor_remove(loose, strlen(loose), "X", &bytes), 0);
    assert_string_equal(buffer_text(&bytes), "foo");
}

/* Lines of seventy, as OpenSSH makes them; and back, for every length around the ends of lines. */
static void test_there_and_back(void **state)
{
    uint8_t bytes[160];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(251 * i);
    for (size_t size = 1; size <= sizeof(bytes); size++) {
        _cleanup_buffer_ struct buffer text = BUFFER_INIT;
        _cleanup_buffer_ struct buffer again = BUFFER_INIT;
        size_t widest = 0;
        size_t width = 0;

        assert_int_equal(armor_append(&text, "A KEY", bytes, size), 0);
        assert_int_equal(armor_remove(buffer_text(&text), buffer_length(&text), "A KEY", &again),
                         0);
        assert_int_equal(buffer_length(&again), size);
        assert_memory_equal(buffer_bytes(&again), bytes, size);
        for (const char *at = buffer_text(&text); *at; at++) {
            width = *at == '\n' ? 0 : width + 1;
            widest = width > widest ? width : widest;
        }
        assert_true(widest <= 70);
        /* Cut anywhere, it is none. */
        for (size_t length = 0; length + 1 < strlen(buffer_text(&text)); length++)
            assert_int_equal(armor_remove(buffer_text(&text), length, "A KEY", &again), 1);
    }
}

static void test_a_line_is_full(void **state)
{
    static const char expected[] =
        "-----BEGIN A KEY-----\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
        "AA\n"
        "-----END A KEY-----\n";
    static const uint8_t zeros[54];
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    (void)state;
    assert_int_equal(armor_append(&text, "A KEY", zeros, sizeof(zeros)), 0);
    assert_string_equal(buffer_text(&text), expected);
}

static int there_and_back(void *argument)
{
    static const uint8_t bytes[200] = {1};
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_buffer_ struct buffer again = BUFFER_INIT;
    int r = armor_append(&text, "A KEY", bytes, sizeof(bytes));

    (void)argument;
    return r ? r
             : armor_remove((const char *)buffer_bytes(&text), buffer_length(&text), "A KEY",
                            &again);
}

static void test_without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(there_and_back, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_armor),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_a_line_is_full),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
