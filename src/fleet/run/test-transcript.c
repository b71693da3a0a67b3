/* See transcript.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/run/transcript.h"

static struct transcripts *store_of(size_t memory_max, uint64_t each_max, const char *directory)
{
    struct transcripts *store = NULL;

    assert_int_equal(transcripts_new(&store,
                                     &(struct transcripts_settings){
                                         .memory_max = memory_max,
                                         .each_max = each_max,
                                         .directory = directory,
                                     }),
                     0);
    return store;
}

/* Bytes that only depend on `seed`, in pieces of odd sizes. */
static void say(struct transcripts *store, struct transcript *text, unsigned seed, size_t size)
{
    uint8_t bytes[3001];
    uint32_t dice = seed * 2654435761u + 1;

    for (size_t at = 0; at < size;) {
        size_t part = size - at < sizeof(bytes) ? size - at : sizeof(bytes);

        for (size_t i = 0; i < part; i++) {
            dice = dice * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(dice >> 24);
        }
        assert_int_equal(transcript_add(store, text, bytes, part), 0);
        at += part;
    }
}

static void check_text(struct transcripts *store, const struct transcript *text, unsigned seed,
                       size_t size)
{
    struct buffer out = BUFFER_INIT;
    uint32_t dice = seed * 2654435761u + 1;

    assert_int_equal(transcript_copy(store, text, UINT64_MAX, &out), 0);
    assert_int_equal(buffer_length(&out), size);
    for (size_t i = 0; i < size; i++) {
        dice = dice * 1664525 + 1013904223;
        if (buffer_bytes(&out)[i] != (uint8_t)(dice >> 24))
            fail_msg("byte %zu differs", i);
    }
    buffer_deinit(&out);
}

enum { SIZE = 100 * 1000 };

/* Ten that say the same are held once; one byte more is another text. */
static void test_equal(void **state)
{
    struct transcripts *store = store_of(0, 0, NULL);
    struct transcript texts[10] = {0}, other = {0}, empty = {0};
    uint8_t hashes[3][TRANSCRIPT_HASH_SIZE];

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        say(store, &texts[i], 1, SIZE);
        assert_int_equal(transcript_finish(store, &texts[i]), 0);
        check_text(store, &texts[i], 1, SIZE);
        assert_true(transcript_equal(&texts[0], &texts[i]));
        assert_true(transcript_key(&texts[0]) == transcript_key(&texts[i]));
    }
    assert_int_equal(transcripts_memory(store), SIZE);
    say(store, &other, 1, SIZE);
    assert_int_equal(transcript_add(store, &other, "x", 1), 0);
    assert_int_equal(transcript_finish(store, &other), 0);
    assert_false(transcript_equal(&texts[0], &other));
    assert_int_equal(transcript_finish(store, &empty), 0);
    assert_false(transcript_equal(&texts[0], &empty));
    assert_int_equal(transcript_hash(store, &texts[0], hashes[0]), 0);
    assert_int_equal(transcript_hash(store, &texts[9], hashes[1]), 0);
    assert_int_equal(transcript_hash(store, &other, hashes[2]), 0);
    assert_memory_equal(hashes[0], hashes[1], TRANSCRIPT_HASH_SIZE);
    assert_memory_not_equal(hashes[0], hashes[2], TRANSCRIPT_HASH_SIZE);
    for (unsigned i = 0; i < 10; i++)
        transcript_deinit(&texts[i]);
    transcript_deinit(&other);
    transcripts_free(store);
}

/* Alternating texts: the guess of what comes next is wrong each time. */
static void test_interleaved(void **state)
{
    struct transcripts *store = store_of(0, 0, NULL);
    struct transcript texts[6] = {0};

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 2; i++)
            say(store, &texts[round * 2 + i], i, SIZE);
    }
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(transcript_finish(store, &texts[i]), 0);
        check_text(store, &texts[i], i % 2, SIZE);
        transcript_deinit(&texts[i]);
    }
    assert_int_equal(transcripts_memory(store), 2 * SIZE);
    transcripts_free(store);
}

/* Little memory: the rest is on disk, and reads the same. */
static void test_on_disk(void **state)
{
    struct transcripts *store = store_of(2 * SIZE, 0, "/tmp");
    struct transcript texts[20] = {0}, again = {0};

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        say(store, &texts[i], i, SIZE);
        assert_int_equal(transcript_finish(store, &texts[i]), 0);
    }
    assert_true(transcripts_memory(store) <= 2 * SIZE);
    assert_int_equal(transcripts_memory(store) + transcripts_on_disk(store), 20 * SIZE);
    for (unsigned i = 0; i < 20; i++)
        check_text(store, &texts[i], i, SIZE);
    say(store, &again, 19, SIZE);
    assert_int_equal(transcript_finish(store, &again), 0);
    assert_true(transcript_equal(&again, &texts[19]));
    assert_int_equal(transcripts_on_disk(store) + transcripts_memory(store), 20 * SIZE);
    assert_int_equal(transcripts_disk_error(store), 0);
    for (unsigned i = 0; i < 20; i++)
        transcript_deinit(&texts[i]);
    transcript_deinit(&again);
    transcripts_free(store);
}

/* Let go of the disk, the beginning that is in memory is still what it was. */
static void test_let_go(void **state)
{
    struct transcripts *store = store_of(2 * SIZE, 0, "/tmp");
    struct transcript texts[4] = {0};
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        say(store, &texts[i], i, SIZE);
        assert_int_equal(transcript_finish(store, &texts[i]), 0);
        assert_int_equal(transcript_here(store, &texts[i]), SIZE);
    }
    assert_true(transcripts_on_disk(store) > 0);
    transcripts_let_go(store);
    assert_int_equal(transcripts_on_disk(store), 0);
    check_text(store, &texts[0], 0, SIZE);
    assert_int_equal(transcript_here(store, &texts[0]), SIZE);
    assert_int_equal(transcript_here(store, &texts[3]), 0);
    assert_int_equal(transcript_copy_from(store, &texts[3], 0, 10, &out), -ENOENT);
    for (unsigned i = 0; i < 4; i++)
        transcript_deinit(&texts[i]);
    transcripts_free(store);
}

/* No more than it may. */
static void test_quota(void **state)
{
    const struct transcripts_settings settings = {
        .memory_max = SIZE, .disk_max = 2 * SIZE, .directory = "/tmp"};
    struct transcripts *store;
    struct transcript texts[6] = {0};

    (void)state;
    assert_int_equal(transcripts_new(&store, &settings), 0);
    for (unsigned i = 0; i < 6; i++) {
        say(store, &texts[i], i, SIZE);
        assert_int_equal(transcript_finish(store, &texts[i]), 0);
    }
    assert_true(transcripts_on_disk(store) > 0 && transcripts_on_disk(store) <= 2 * SIZE);
    assert_int_equal(transcripts_disk_error(store), EDQUOT);
    assert_true(transcript_is_cut(&texts[5]));
    check_text(store, &texts[1], 1, SIZE); /* what is there can be read */
    for (unsigned i = 0; i < 6; i++)
        transcript_deinit(&texts[i]);
    transcripts_free(store);
}

/* What has no room is counted, and nothing behind the gap is taken for what belongs there. */
static void test_no_room(void **state)
{
    struct transcripts *store = store_of(SIZE, 0, "/dev/null/nowhere");
    struct transcript first = {0}, second = {0};

    (void)state;
    say(store, &first, 1, SIZE);
    assert_int_equal(transcript_finish(store, &first), 0);
    assert_false(transcript_is_cut(&first));
    say(store, &second, 2, SIZE);
    assert_int_equal(transcript_finish(store, &second), 0);
    assert_int_equal(second.size, SIZE);
    assert_true(transcript_is_cut(&second));
    assert_int_equal(second.held, 0);
    assert_int_equal(transcripts_disk_error(store), ENOTDIR);
    check_text(store, &first, 1, SIZE);
    transcript_deinit(&first);
    transcript_deinit(&second);
    transcripts_free(store);
}

/* A piece that has no room, then one that is held already: it must not close the gap. */
static void test_gap(void **state)
{
    enum { WHOLE = 2 * TRANSCRIPT_PIECE };
    struct transcripts *store = store_of(WHOLE, 0, NULL);
    struct transcript first = {0}, second = {0};

    (void)state;
    say(store, &first, 1, WHOLE);
    assert_int_equal(transcript_finish(store, &first), 0);
    say(store, &second, 2, TRANSCRIPT_PIECE);
    say(store, &second, 1, WHOLE);
    assert_int_equal(transcript_finish(store, &second), 0);
    assert_int_equal(second.size, TRANSCRIPT_PIECE + WHOLE);
    assert_int_equal(second.held, 0);
    transcript_deinit(&first);
    transcript_deinit(&second);
    transcripts_free(store);
}

static void test_each_max(void **state)
{
    struct transcripts *store = store_of(0, 50000, NULL);
    struct transcript text = {0}, longer = {0};

    (void)state;
    say(store, &text, 3, SIZE);
    assert_int_equal(transcript_finish(store, &text), 0);
    assert_int_equal(text.size, SIZE);
    assert_int_equal(text.held, 50000);
    check_text(store, &text, 3, 50000);
    /* The same beginning, but another length: not the same answer. */
    say(store, &longer, 3, SIZE + 1);
    assert_int_equal(transcript_finish(store, &longer), 0);
    assert_false(transcript_equal(&text, &longer));
    transcript_deinit(&text);
    transcript_deinit(&longer);
    transcripts_free(store);
}

static void test_copy_some(void **state)
{
    struct transcripts *store = store_of(0, 0, NULL);
    struct transcript text = {0};
    struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(transcript_add(store, &text, "hello", 5), 0);
    assert_int_equal(transcript_finish(store, &text), 0);
    assert_int_equal(transcript_copy(store, &text, 0, &out), 0);
    assert_int_equal(buffer_length(&out), 0);
    assert_int_equal(transcript_copy(store, &text, 4, &out), 0);
    assert_string_equal(buffer_text(&out), "hell");
    buffer_deinit(&out);
    transcript_deinit(&text);
    transcripts_free(store);
}

static void test_any_part_is_read_back(void **state)
{
    static const struct {
        uint64_t from, max, expected;
    } parts[] = {
        {0, 10, 10},
        {TRANSCRIPT_PIECE - 3, 10, 10},
        {2 * TRANSCRIPT_PIECE, 3 * TRANSCRIPT_PIECE, 3 * TRANSCRIPT_PIECE},
        {5 * TRANSCRIPT_PIECE + 90, 1000, 10},
        {5 * TRANSCRIPT_PIECE + 100, 1000, 0},
        {UINT64_MAX, 1000, 0},
    };
    struct transcripts *store = store_of(2 * TRANSCRIPT_PIECE, 0, "/tmp");
    struct transcript text = {0};
    struct buffer all = BUFFER_INIT;

    (void)state;
    say(store, &text, 1, 5 * TRANSCRIPT_PIECE + 100);
    for (int finished = 0; finished < 2; finished++) {
        if (finished) {
            assert_int_equal(transcript_finish(store, &text), 0);
            assert_int_equal(transcript_copy(store, &text, UINT64_MAX, &all), 0);
        }
        for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
            struct buffer out = BUFFER_INIT;

            assert_int_equal(transcript_copy_from(store, &text, parts[i].from, parts[i].max, &out),
                             0);
            assert_int_equal(buffer_length(&out), parts[i].expected);
            if (finished && parts[i].expected > 0)
                assert_memory_equal(buffer_bytes(&out), buffer_bytes(&all) + parts[i].from,
                                    parts[i].expected);
            buffer_deinit(&out);
        }
    }
    buffer_deinit(&all);
    transcript_deinit(&text);
    transcripts_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_part_is_read_back),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_interleaved),
        cmocka_unit_test(test_on_disk),
        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_each_max),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_copy_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
