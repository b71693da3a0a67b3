/* See frame.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "proto/frame.h"

static void append_frame(struct buffer *stream, enum frame_kind kind, uint32_t ms, const char *text)
{
    struct frame_header header = {.kind = kind, .length = (uint32_t)strlen(text), .ms = ms};
    uint8_t bytes[FRAME_HEADER_SIZE];

    frame_header_encode(&header, bytes);
    assert_int_equal(buffer_append(stream, bytes, sizeof(bytes)), 0);
    assert_int_equal(buffer_append_text(stream, text), 0);
}

static void test_header(void **state)
{
    static const uint8_t expected[FRAME_HEADER_SIZE] = {2, 0, 0, 0, 0, 4, 0, 0, 1, 2, 3, 4};
    struct frame_header header = {.kind = FRAME_ERR, .length = LIMIT_FRAME, .ms = 0x01020304};
    struct frame_header decoded;
    uint8_t bytes[FRAME_HEADER_SIZE];

    (void)state;
    frame_header_encode(&header, bytes);
    assert_memory_equal(bytes, expected, sizeof(bytes));
    assert_int_equal(frame_header_decode(&decoded, bytes), 0);
    assert_int_equal(decoded.kind, FRAME_ERR);
    assert_int_equal(decoded.length, LIMIT_FRAME);
    assert_int_equal(decoded.ms, 0x01020304);
}

static void check_refused(size_t at, uint8_t value)
{
    uint8_t bytes[FRAME_HEADER_SIZE] = {1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0};
    struct frame_header decoded;

    assert_int_equal(frame_header_decode(&decoded, bytes), 0);
    bytes[at] = value;
    assert_int_equal(frame_header_decode(&decoded, bytes), 1);
}

static void test_header_refusals(void **state)
{
    (void)state;
    check_refused(0, 0);
    check_refused(0, 5);
    check_refused(0, 255);
    check_refused(1, 1);
    check_refused(2, 1);
    check_refused(3, 1);
    check_refused(7, 1); /* one over LIMIT_FRAME */
    check_refused(4, 255);
}

/* Reads `stream` in pieces of `step` bytes and writes down what came, one line per frame. */
static int read_in_steps(const struct buffer *stream, size_t step, struct buffer *told)
{
    struct frame_reader reader = {0};
    size_t left = buffer_length(stream);
    const uint8_t *at = buffer_bytes(stream);

    while (left > 0) {
        const uint8_t *bytes = at;
        size_t size = step < left ? step : left;
        struct frame_piece piece;
        int r;

        at += size;
        left -= size;
        while ((r = frame_reader_next(&reader, &bytes, &size, &piece)) == 1) {
            if (piece.offset == 0)
                assert_int_equal(buffer_printf(told, "\n%d %u ", (int)piece.header.kind,
                                               (unsigned)piece.header.ms),
                                 0);
            assert_true(piece.offset + piece.size <= piece.header.length);
            assert_true(piece.size > 0 || piece.header.length == 0);
            assert_int_equal(buffer_append(told, piece.bytes, piece.size), 0);
        }
        if (r)
            return r;
        assert_int_equal(size, 0);
    }
    return 0;
}

static void test_reader_in_every_step(void **state)
{
    static const char expected[] = "\n1 5 hello\n2 6 \n4 7 a longer one, 26 characters\n3 8 x";
    _cleanup_buffer_ struct buffer stream = BUFFER_INIT;

    (void)state;
    append_frame(&stream, FRAME_OUT, 5, "hello");
    append_frame(&stream, FRAME_ERR, 6, "");
    append_frame(&stream, FRAME_NOTE, 7, "a longer one, 26 characters");
    append_frame(&stream, FRAME_EXIT, 8, "x");
    for (size_t step = 1; step <= buffer_length(&stream); step++) {
        _cleanup_buffer_ struct buffer told = BUFFER_INIT;

        assert_int_equal(read_in_steps(&stream, step, &told), 0);
        assert_string_equal(buffer_text(&told), expected);
    }
}

static void test_pieces_have_offsets(void **state)
{
    _cleanup_buffer_ struct buffer stream = BUFFER_INIT;
    struct frame_reader reader = {0};
    struct frame_piece piece;
    const uint8_t *bytes;
    size_t size = FRAME_HEADER_SIZE + 2;

    (void)state;
    append_frame(&stream, FRAME_OUT, 0, "abcde");
    bytes = buffer_bytes(&stream);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), 1);
    assert_int_equal(piece.offset, 0);
    assert_int_equal(piece.size, 2);
    assert_ptr_equal(piece.bytes, buffer_bytes(&stream) + FRAME_HEADER_SIZE);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), 0);
    size = 3;
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), 1);
    assert_int_equal(piece.offset, 2);
    assert_int_equal(piece.size, 3);
    assert_memory_equal(piece.bytes, "cde", 3);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), 0);
}

static void test_reader_refuses_for_good(void **state)
{
    _cleanup_buffer_ struct buffer stream = BUFFER_INIT;
    _cleanup_buffer_ struct buffer told = BUFFER_INIT;
    struct frame_reader reader = {0};
    struct frame_piece piece;
    const uint8_t *bytes;
    size_t size;

    (void)state;
    append_frame(&stream, FRAME_OUT, 0, "a");
    append_frame(&stream, (enum frame_kind)9, 0, "b");
    append_frame(&stream, FRAME_OUT, 0, "c");
    assert_int_equal(read_in_steps(&stream, 3, &told), -EBADMSG);
    assert_string_equal(buffer_text(&told), "\n1 0 a");
    bytes = buffer_bytes(&stream);
    size = buffer_length(&stream);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), 1);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), -EBADMSG);
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), -EBADMSG);
    size = 0;
    assert_int_equal(frame_reader_next(&reader, &bytes, &size, &piece), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_header_refusals),
        cmocka_unit_test(test_reader_in_every_step),
        cmocka_unit_test(test_pieces_have_offsets),
        cmocka_unit_test(test_reader_refuses_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
