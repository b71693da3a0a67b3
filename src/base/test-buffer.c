/* See buffer.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/failing-malloc.h"

static void test_empty(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    assert_int_equal(buffer_length(&buffer), 0);
    assert_null(buffer_bytes(&buffer));
    assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
    assert_null(buffer.data);
    buffer_trim(&buffer);
    buffer_wipe(&buffer);
    buffer_deinit(&buffer);
    buffer_deinit(&buffer);
}

/* A stream of numbers through many growths and shifts comes out as it went in. */
static void test_append_and_consume(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    uint32_t written = 0;
    uint32_t read = 0;

    (void)state;
    for (unsigned round = 1; round < 200; round++) {
        for (unsigned i = 0; i < round; i++, written++)
            assert_int_equal(buffer_append(&buffer, &written, sizeof(written)), 0);
        for (unsigned i = 0; i < round / 2; i++, read++) {
            uint32_t value;

            memcpy(&value, buffer_bytes(&buffer), sizeof(value));
            assert_int_equal(value, read);
            buffer_consume(&buffer, sizeof(value));
        }
        assert_int_equal(buffer_length(&buffer), (written - read) * sizeof(written));
    }
    /* What was consumed is not kept for ever. */
    assert_true(buffer.capacity <= 4 * 2 * (written - read) * sizeof(written));
}

static void test_front_room_is_used_again(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    uint8_t *before;
    uint8_t *room;

    (void)state;
    assert_int_equal(buffer_reserve(&buffer, 256, &room), 0);
    memset(room, 'x', 256);
    buffer_commit(&buffer, 256);
    before = buffer.data;
    buffer_consume(&buffer, 250);
    assert_int_equal(buffer_append(&buffer, "abcdef", 6), 0);
    assert_ptr_equal(buffer.data, before);
    assert_int_equal(buffer.begin, 0);
    assert_memory_equal(buffer_bytes(&buffer), "xxxxxxabcdef", 12);
}

static void test_consume_all_and_clear(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;

    (void)state;
    assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
    buffer_trim(&buffer);
    assert_int_equal(buffer_length(&buffer), 3);
    buffer_consume(&buffer, 3);
    assert_int_equal(buffer.begin, 0);
    assert_non_null(buffer.data);
    buffer_trim(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
    buffer_clear(&buffer);
    assert_int_equal(buffer_length(&buffer), 0);
}

static void test_sizes_that_overflow(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    uint8_t *room = NULL;

    (void)state;
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX, &room), -ENOMEM);
    assert_int_equal(buffer_append_text(&buffer, "x"), 0);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX, &room), -ENOMEM);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX / 2, &room), -ENOMEM);
    assert_null(room);
    assert_string_equal(buffer_text(&buffer), "x");
}

static void test_text_and_printf(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;

    (void)state;
    assert_string_equal(buffer_text(&buffer), "");
    assert_int_equal(buffer_length(&buffer), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(buffer_printf(&buffer, "%d,", i), 0);
    assert_int_equal(buffer_length(&buffer), 290);
    assert_memory_equal(buffer_text(&buffer), "0,1,2,", 6);
    assert_int_equal(strlen(buffer_text(&buffer)), 290);
    /* The NUL of vsnprintf() needs room too, where the text alone would fill the block. */
    buffer_deinit(&buffer);
    assert_int_equal(buffer_printf(&buffer, "%256d", 1), 0);
    assert_int_equal(buffer_length(&buffer), 256);
}

/* After a failure the buffer is as it was. */
static void test_no_memory(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    uint8_t big[300] = {0};

    (void)state;
    failing_malloc_arm(1);
    assert_int_equal(buffer_append_text(&buffer, "abc"), -ENOMEM);
    assert_int_equal(failing_malloc_disarm(), 1);
    assert_null(buffer.data);
    assert_int_equal(buffer_append_text(&buffer, "abc"), 0);
    failing_malloc_arm(1);
    assert_int_equal(buffer_append(&buffer, big, sizeof(big)), -ENOMEM);
    assert_int_equal(failing_malloc_disarm(), 1);
    failing_malloc_arm(1);
    assert_int_equal(buffer_printf(&buffer, "%300d", 1), -ENOMEM);
    assert_int_equal(failing_malloc_disarm(), 1);
    assert_string_equal(buffer_text(&buffer), "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append_and_consume),
        cmocka_unit_test(test_front_room_is_used_again),
        cmocka_unit_test(test_consume_all_and_clear),
        cmocka_unit_test(test_sizes_that_overflow),
        cmocka_unit_test(test_text_and_printf),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
