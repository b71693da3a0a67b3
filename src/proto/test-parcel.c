/* See parcel.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "proto/parcel.h"

static int to_buffer(void *user, const void *bytes, size_t size)
{
    return buffer_append(user, bytes, size);
}

/* Lends `step` bytes at a time, or what is wanted; each time as a copy of its own, so that a look
 * at what is no longer lent is seen. */
struct lender {
    const uint8_t *at;
    size_t left, step;
    uint8_t *lent;
    bool is_shared;
};

static ssize_t lend(void *user, size_t taken, size_t wanted, const uint8_t **bytes_out)
{
    struct lender *lender = user;
    size_t size = lender->step > wanted ? lender->step : wanted;

    assert_in_range(taken, 0, lender->left);
    assert_in_range(wanted, 0, LIMIT_PARCEL_RECORD + 4);
    lender->at += taken;
    lender->left -= taken;
    if (size > lender->left)
        size = lender->left;
    free(lender->lent);
    lender->lent = malloc(size + 1);
    if (!lender->lent)
        return -ENOMEM;
    memcpy(lender->lent, lender->at, size);
    *bytes_out = lender->lent;
    return (ssize_t)size;
}

/* Reads a whole parcel; its content goes to `content`. */
static int read_from(struct lender *lender, struct buffer *content,
                     struct parcel_reader *reader_out)
{
    const struct parcel_source source = {
        .read = lend, .user = lender, .is_shared = lender->is_shared};
    struct parcel_reader reader;
    struct slice piece = {NULL, 1};
    int r = parcel_reader_init(&reader, &source);

    while (!r && piece.size > 0) {
        r = parcel_read(&reader, &piece);
        if (!r)
            r = buffer_append(content, piece.bytes, piece.size);
    }
    free(lender->lent);
    if (reader_out)
        *reader_out = reader;
    parcel_reader_deinit(&reader);
    return r;
}

static int read_parcel(const void *bytes, size_t size, size_t step, struct buffer *content,
                       struct parcel_reader *reader_out)
{
    struct lender lender = {.at = bytes, .left = size, .step = step};

    return read_from(&lender, content, reader_out);
}

/* A parcel with pieces of 1, 2, 4... bytes, up to larger than a record. */
static int write_parcel(struct buffer *parcel, struct buffer *content, struct parcel_tail *tail)
{
    const struct parcel_sink sink = {.write = to_buffer, .user = parcel};
    const struct parcel_head head = {.kind = PARCEL_PLAIN, .bytes = 11, .entries = 1ull << 33};
    struct parcel_writer writer;
    int r = parcel_writer_init(&writer, &sink, &head);

    for (size_t size = 1; !r && size <= 2 * LIMIT_PARCEL_RECORD; size *= 2) {
        size_t before = buffer_length(content);

        for (size_t i = 0; !r && i < size; i++)
            r = buffer_append(content, &(uint8_t){(uint8_t)(i * 7 + size)}, 1);
        if (!r)
            r = parcel_write(&writer, buffer_bytes(content) + before, size);
    }
    if (!r)
        r = parcel_finish(&writer, tail);
    parcel_writer_deinit(&writer);
    return r;
}

static void test_round_trip(void **state)
{
    static const size_t steps[] = {1, 7, 4096, 1 << 24};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct parcel_tail tail = {.left_out = 3};

    (void)state;
    assert_int_equal(write_parcel(&parcel, &content, &tail), 0);
    for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
        _cleanup_buffer_ struct buffer read = BUFFER_INIT;

        assert_int_equal(
            read_parcel(buffer_bytes(&parcel), buffer_length(&parcel), steps[i], &read, NULL), 0);
        assert_int_equal(buffer_length(&read), buffer_length(&content));
        assert_memory_equal(buffer_bytes(&read), buffer_bytes(&content), buffer_length(&content));
    }
}

/* What is shared is given back before it is looked at. */
static void test_shared(void **state)
{
    static const size_t steps[] = {1, 4096, 1 << 24};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct parcel_tail tail = {.left_out = 3};

    (void)state;
    assert_int_equal(write_parcel(&parcel, &content, &tail), 0);
    for (size_t i = 0; i < ELEMENTS_OF(steps); i++) {
        _cleanup_buffer_ struct buffer read = BUFFER_INIT;
        struct lender lender = {.at = buffer_bytes(&parcel),
                                .left = buffer_length(&parcel),
                                .step = steps[i],
                                .is_shared = true};

        assert_int_equal(read_from(&lender, &read, NULL), 0);
        assert_int_equal(buffer_length(&read), buffer_length(&content));
        assert_memory_equal(buffer_bytes(&read), buffer_bytes(&content), buffer_length(&content));
    }
}

/* A sink with room of its own: what is written there is not written twice, and what was written
 * elsewhere arrives all the same. */
struct shelf {
    struct buffer *parcel;
    uint8_t room[4 + LIMIT_PARCEL_RECORD];
    unsigned in_place, copied;
};

static int shelf_lend(void *user, size_t size, uint8_t **room_out)
{
    struct shelf *shelf = user;

    if (size > sizeof(shelf->room))
        return -EINVAL;
    *room_out = shelf->room;
    return 0;
}

static int shelf_write(void *user, const void *bytes, size_t size)
{
    struct shelf *shelf = user;

    if (bytes == shelf->room)
        shelf->in_place++;
    else
        shelf->copied++;
    return buffer_append(shelf->parcel, bytes, size);
}

static void test_room_that_is_lent(void **state)
{
    static struct shelf shelf;
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer expected = BUFFER_INIT;
    _cleanup_buffer_ struct buffer read = BUFFER_INIT;
    const struct parcel_sink sink = {.lend = shelf_lend, .write = shelf_write, .user = &shelf};
    const struct parcel_head head = {.kind = PARCEL_PLAIN};
    struct parcel_tail tail = {0};
    struct parcel_writer writer;

    (void)state;
    shelf.parcel = &parcel;
    assert_int_equal(parcel_writer_init(&writer, &sink, &head), 0);
    for (uint8_t round = 0; round < 9; round++) {
        uint8_t *room;
        size_t size;

        assert_int_equal(parcel_write(&writer, "between", 7), 0);
        assert_int_equal(buffer_append_text(&expected, "between"), 0);
        assert_int_equal(parcel_room(&writer, &room, &size), 0);
        size = round % 3 == 0 ? size : size / 2;
        memset(room, round, size);
        assert_int_equal(buffer_append(&expected, room, size), 0);
        if (round % 3 == 1) /* something else comes first */
            assert_int_equal(parcel_write(&writer, room + 1, size - 1), 0);
        assert_int_equal(parcel_write(&writer, room + (round % 3 == 1), 1), 0);
        if (round % 3 != 1)
            assert_int_equal(parcel_write(&writer, room + 1, size - 1), 0);
    }
    assert_int_equal(parcel_finish(&writer, &tail), 0);
    parcel_writer_deinit(&writer);
    assert_true(shelf.in_place >= 4);
    assert_int_equal(shelf.copied, 2); /* head and tail */
    assert_int_equal(read_parcel(buffer_bytes(&parcel), buffer_length(&parcel), 4096, &read, NULL),
                     0);
    assert_int_equal(buffer_length(&read), buffer_length(&expected));
    assert_memory_equal(buffer_bytes(&read), buffer_bytes(&expected), buffer_length(&read));
}

static void test_layout(void **state)
{
    static const uint8_t expected[] = "HUNE-P2\0\1"
                                      "\0\0\0\0\0\0\0\3"
                                      "\0\0\0\0\0\0\0\1"
                                      "\0\0\0\3abc"
                                      "\0\0\0\0"
                                      "\0\0\0\0\2";
    const struct parcel_head head = {.kind = PARCEL_PLAIN, .bytes = 3, .entries = 1};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer summed = BUFFER_INIT;
    const struct parcel_sink sink = {.write = to_buffer, .user = &parcel};
    struct parcel_tail tail = {.left_out = 2};
    struct parcel_writer writer;
    uint8_t sum[SHA256_SIZE];

    (void)state;
    assert_int_equal(parcel_writer_init(&writer, &sink, &head), 0);
    assert_int_equal(parcel_write(&writer, "a", 1), 0);
    assert_int_equal(parcel_write(&writer, "bc", 2), 0);
    assert_int_equal(parcel_finish(&writer, &tail), 0);
    parcel_writer_deinit(&writer);
    assert_int_equal(buffer_length(&parcel), sizeof(expected) - 1 + SHA256_SIZE);
    assert_memory_equal(buffer_bytes(&parcel), expected, sizeof(expected) - 1);
    assert_int_equal(buffer_append(&summed, expected, PARCEL_HEAD_SIZE), 0);
    assert_int_equal(crypto_sha256("abc", 3, sum), 0);
    assert_int_equal(buffer_append(&summed, sum, sizeof(sum)), 0);
    assert_int_equal(buffer_append(&summed, "\0\0\0\0\2", 5), 0);
    assert_int_equal(crypto_sha256(buffer_bytes(&summed), buffer_length(&summed), sum), 0);
    assert_memory_equal(buffer_bytes(&parcel) + sizeof(expected) - 1, sum, sizeof(sum));
    assert_memory_equal(tail.sum, sum, sizeof(sum));
}

static void test_what_the_head_and_the_tail_tell(void **state)
{
    const struct parcel_head head = {.kind = PARCEL_ARCHIVE, .bytes = 1ull << 40, .entries = 5};
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    const struct parcel_sink sink = {.write = to_buffer, .user = &parcel};
    struct parcel_tail tail = {.left_out = 9};
    struct parcel_writer writer;
    struct parcel_reader reader;

    (void)state;
    assert_int_equal(parcel_writer_init(&writer, &sink, &head), 0);
    assert_int_equal(parcel_finish(&writer, &tail), 0);
    parcel_writer_deinit(&writer);
    /* reader_out keeps the numbers of the closed reader. */
    assert_int_equal(
        read_parcel(buffer_bytes(&parcel), buffer_length(&parcel), 5, &content, &reader), 0);
    assert_int_equal(buffer_length(&content), 0);
    assert_int_equal(reader.head.kind, PARCEL_ARCHIVE);
    assert_int_equal(reader.head.bytes, 1ull << 40);
    assert_int_equal(reader.head.entries, 5);
    assert_int_equal(reader.tail.left_out, 9);
    assert_memory_equal(reader.tail.sum, tail.sum, sizeof(tail.sum));
}

static void small_parcel(struct buffer *parcel, bool gave_up)
{
    const struct parcel_head head = {.kind = PARCEL_ARCHIVE};
    const struct parcel_sink sink = {.write = to_buffer, .user = parcel};
    struct parcel_tail tail = {.gave_up = gave_up};
    struct parcel_writer writer;

    assert_int_equal(parcel_writer_init(&writer, &sink, &head), 0);
    assert_int_equal(parcel_write(&writer, "content", 7), 0);
    assert_int_equal(parcel_finish(&writer, &tail), 0);
    parcel_writer_deinit(&writer);
}

static void test_cut_at_every_byte(void **state)
{
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    small_parcel(&parcel, false);
    for (size_t size = 0; size < buffer_length(&parcel); size++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;

        assert_int_equal(read_parcel(buffer_bytes(&parcel), size, 4, &content, NULL), PARCEL_E_CUT);
    }
}

/* Whatever is changed: it is not taken for whole. */
static void test_every_bit_counts(void **state)
{
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;

    (void)state;
    small_parcel(&parcel, false);
    for (size_t bit = 0; bit < 8 * buffer_length(&parcel); bit++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        int r;

        buffer_bytes(&parcel)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        r = read_parcel(buffer_bytes(&parcel), buffer_length(&parcel), 64, &content, NULL);
        assert_true(r == PARCEL_E_CUT || r == PARCEL_E_NO_PARCEL || r == PARCEL_E_SUM);
        buffer_bytes(&parcel)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void test_given_up(void **state)
{
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    (void)state;
    small_parcel(&parcel, true);
    assert_int_equal(read_parcel(buffer_bytes(&parcel), buffer_length(&parcel), 64, &content, NULL),
                     PARCEL_E_GAVE_UP);
}

static int refuse(void *user, const void *bytes, size_t size)
{
    unsigned *left = user;

    (void)bytes;
    (void)size;
    return (*left)-- > 0 ? 0 : -ENOSPC;
}

static void test_a_sink_that_fails(void **state)
{
    const struct parcel_head head = {0};

    (void)state;
    for (unsigned calls = 0; calls < 3; calls++) {
        unsigned left = calls;
        const struct parcel_sink sink = {.write = refuse, .user = &left};
        struct parcel_tail tail = {0};
        struct parcel_writer writer;

        assert_int_equal(parcel_writer_init(&writer, &sink, &head), calls == 0 ? -ENOSPC : 0);
        if (calls > 0) {
            assert_int_equal(parcel_write(&writer, "x", 1), 0);
            assert_int_equal(parcel_finish(&writer, &tail), -ENOSPC);
            assert_int_equal(parcel_write(&writer, "x", 1), -ENOSPC);
        }
        parcel_writer_deinit(&writer);
    }
}

static int write_small(void *argument)
{
    _cleanup_buffer_ struct buffer parcel = BUFFER_INIT;
    const struct parcel_head head = {0};
    const struct parcel_sink sink = {.write = to_buffer, .user = &parcel};
    struct parcel_tail tail = {0};
    struct parcel_writer writer;
    int r;

    (void)argument;
    r = parcel_writer_init(&writer, &sink, &head);
    if (!r)
        r = parcel_write(&writer, "content", 7);
    if (!r)
        r = parcel_finish(&writer, &tail);
    parcel_writer_deinit(&writer);
    return r;
}

static void test_without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(write_small, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_room_that_is_lent),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_what_the_head_and_the_tail_tell),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_given_up),
        cmocka_unit_test(test_a_sink_that_fails),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
