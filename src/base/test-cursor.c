/* See cursor.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/failing-malloc.h"

static void write_sample(struct buffer *out)
{
    struct writer writer = writer_init(out);

    writer_u8(&writer, 0xfe);
    writer_u16(&writer, 0x0102);
    writer_u32(&writer, 0xa0b0c0d0);
    writer_u64(&writer, 0x1122334455667788);
    writer_slice8(&writer, "abc", 3);
    writer_slice32(&writer, NULL, 0);
    writer_bytes(&writer, "zz", 2);
    assert_int_equal(writer.error, 0);
}

static void read_sample(struct reader *reader, struct slice *abc_out, struct slice *empty_out)
{
    char zz[2];

    reader_u8(reader);
    reader_u16(reader);
    reader_u32(reader);
    reader_u64(reader);
    *abc_out = reader_slice8(reader, 3);
    *empty_out = reader_slice32(reader, 0);
    reader_copy(reader, zz, sizeof(zz));
}

static void test_bytes_are_big_endian(void **state)
{
    static const uint8_t expected[] = {0xfe, 1,    2,    0xa0, 0xb0, 0xc0, 0xd0, 0x11, 0x22,
                                       0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 3,    'a',  'b',
                                       'c',  0,    0,    0,    0,    'z',  'z'};
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;

    (void)state;
    write_sample(&buffer);
    assert_int_equal(buffer_length(&buffer), sizeof(expected));
    assert_memory_equal(buffer_bytes(&buffer), expected, sizeof(expected));
}

static void test_read_back(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    struct reader reader;
    struct slice slice;
    char zz[2];

    (void)state;
    write_sample(&buffer);
    reader = reader_init(buffer_bytes(&buffer), buffer_length(&buffer));
    assert_int_equal(reader_u8(&reader), 0xfe);
    assert_int_equal(reader_u16(&reader), 0x0102);
    assert_int_equal(reader_u32(&reader), 0xa0b0c0d0);
    assert_true(reader_u64(&reader) == 0x1122334455667788);
    slice = reader_slice8(&reader, 3);
    assert_true(slice_is_text(slice, "abc"));
    assert_false(slice_is_text(slice, "ab"));
    assert_false(slice_is_text(slice, "abcd"));
    slice = reader_slice32(&reader, 0);
    assert_true(slice_is_text(slice, ""));
    assert_false(reader_done(&reader));
    assert_int_equal(reader_left(&reader), 2);
    reader_copy(&reader, zz, sizeof(zz));
    assert_memory_equal(zz, "zz", 2);
    assert_true(reader_done(&reader));
}

/* Each prefix is a block of its own, so that the sanitizer sees a read past its end. */
static void test_truncation_at_every_byte(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;

    (void)state;
    write_sample(&buffer);
    for (size_t size = 0; size < buffer_length(&buffer); size++) {
        _cleanup_free_ uint8_t *copy = malloc(size ? size : 1);
        struct reader reader = reader_init(copy, size);
        struct slice abc;
        struct slice empty;

        assert_non_null(copy);
        memcpy(copy, buffer_bytes(&buffer), size);
        read_sample(&reader, &abc, &empty);
        assert_true(reader.failed);
        assert_false(reader_done(&reader));
        assert_int_equal(reader_left(&reader), 0);
        if (size < 19)
            assert_int_equal(abc.size, 0);
    }
}

static void test_failed_stays_failed(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct reader reader = reader_init(bytes, sizeof(bytes));
    uint8_t copied[2] = {9, 9};

    (void)state;
    assert_null(reader_bytes(&reader, 4));
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_u64(&reader), 0);
    reader_copy(&reader, copied, sizeof(copied));
    assert_int_equal(copied[0], 0);
    assert_int_equal(copied[1], 0);
    assert_null(reader_slice8(&reader, 100).bytes);
    reader = reader_init(bytes, sizeof(bytes));
    assert_null(reader_bytes(&reader, SIZE_MAX));
    assert_true(reader.failed);
}

static void test_slices_have_a_maximum(void **state)
{
    static const uint8_t eight[] = {2, 'a', 'b'};
    static const uint8_t thirty_two[] = {0, 0, 0, 2, 'a', 'b'};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 'a'};
    struct reader reader = reader_init(eight, sizeof(eight));

    (void)state;
    assert_int_equal(reader_slice8(&reader, 2).size, 2);
    reader = reader_init(eight, sizeof(eight));
    assert_int_equal(reader_slice8(&reader, 1).size, 0);
    assert_true(reader.failed);
    reader = reader_init(thirty_two, sizeof(thirty_two));
    assert_int_equal(reader_slice32(&reader, 2).size, 2);
    assert_true(reader_done(&reader));
    reader = reader_init(thirty_two, sizeof(thirty_two));
    assert_int_equal(reader_slice32(&reader, 1).size, 0);
    assert_true(reader.failed);
    reader = reader_init(huge, sizeof(huge));
    assert_int_equal(reader_slice32(&reader, SIZE_MAX).size, 0);
    assert_true(reader.failed);
}

static void test_nothing_to_read(void **state)
{
    struct reader reader = reader_init(NULL, 0);

    (void)state;
    assert_true(reader_done(&reader));
    assert_int_equal(reader_u8(&reader), 0);
    assert_true(reader.failed);
}

static void test_writer_refuses_what_the_prefix_cannot_hold(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    uint8_t bytes[256] = {0};
    struct writer writer = writer_init(&buffer);

    (void)state;
    writer_slice8(&writer, bytes, 255);
    assert_int_equal(writer.error, 0);
    assert_int_equal(buffer_length(&buffer), 256);
    writer_slice8(&writer, bytes, 256);
    assert_int_equal(writer.error, -EMSGSIZE);
    writer_u8(&writer, 1);
    assert_int_equal(buffer_length(&buffer), 256);
    assert_int_equal(writer.error, -EMSGSIZE);
}

static void test_writer_without_memory(void **state)
{
    _cleanup_buffer_ struct buffer buffer = BUFFER_INIT;
    struct writer writer = writer_init(&buffer);

    (void)state;
    failing_malloc_arm(1);
    writer_u8(&writer, 1);
    writer_u8(&writer, 2);
    assert_int_equal(failing_malloc_disarm(), 1);
    assert_int_equal(writer.error, -ENOMEM);
    assert_int_equal(buffer_length(&buffer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_big_endian),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_truncation_at_every_byte),
        cmocka_unit_test(test_failed_stays_failed),
        cmocka_unit_test(test_slices_have_a_maximum),
        cmocka_unit_test(test_nothing_to_read),
        cmocka_unit_test(test_writer_refuses_what_the_prefix_cannot_hold),
        cmocka_unit_test(test_writer_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
