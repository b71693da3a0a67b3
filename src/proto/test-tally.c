/* See tally.h and lanes.h. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "proto/lanes.h"
#include "proto/limits.h"
#include "proto/tally.h"

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
}

/* Every lane says what OpenSSL says, for every length and wherever the bytes lie. */
static void test_lanes_agree(void **state)
{
    static const size_t sizes[] = {0, 64, 128, 192, 4096, TALLY_PIECE, TALLY_PIECE + 64};
    const size_t room = LANES * (TALLY_PIECE + 64) + 16;
    uint8_t *bytes, *copy;

    (void)state;
    if (!lanes_are_there())
        skip();
    bytes = malloc(room);
    copy = malloc(room);
    assert_non_null(bytes);
    assert_non_null(copy);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t sums[LANES][SHA256_SIZE];
        uint8_t expected[SHA256_SIZE];
        const uint8_t *at = bytes + i;

        fill(bytes, room, (uint32_t)i);
        memset(copy, 0, room);
        lanes_sum(at, sizes[i], i % 2 ? copy : NULL, sums);
        if (i % 2)
            assert_memory_equal(copy, at, LANES * sizes[i]);
        for (size_t lane = 0; lane < LANES; lane++) {
            assert_int_equal(crypto_sha256(at + lane * sizes[i], sizes[i], expected), 0);
            assert_memory_equal(sums[lane], expected, SHA256_SIZE);
        }
    }
    free(bytes);
    free(copy);
}

/* As it is defined, piece by piece. */
static void expect(const uint8_t *bytes, size_t size, uint8_t *copy)
{
    _cleanup_buffer_ struct buffer outer = BUFFER_INIT;
    uint8_t sum[SHA256_SIZE], got[SHA256_SIZE];
    struct tally tally;

    assert_int_equal(buffer_append_text(&outer, "head"), 0);
    for (size_t at = 0; at < size; at += TALLY_PIECE) {
        assert_int_equal(
            crypto_sha256(bytes + at, size - at < TALLY_PIECE ? size - at : TALLY_PIECE, sum), 0);
        assert_int_equal(buffer_append(&outer, sum, sizeof(sum)), 0);
    }
    assert_int_equal(buffer_append_text(&outer, "tail"), 0);
    assert_int_equal(crypto_sha256(buffer_bytes(&outer), buffer_length(&outer), sum), 0);
    assert_int_equal(tally_init(&tally), 0);
    tally_add(&tally, "head", 4);
    if (copy) {
        memset(copy, 0, size);
        tally_copy_pieces(&tally, bytes, size, copy);
        assert_memory_equal(copy, bytes, size);
    } else {
        tally_add_pieces(&tally, bytes, size);
    }
    tally_add(&tally, "tail", 4);
    assert_int_equal(tally_finish(&tally, got), 0);
    assert_memory_equal(got, sum, sizeof(sum));
    tally_deinit(&tally);
    tally_deinit(&tally);
}

static void test_pieces(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   TALLY_PIECE - 1,
                                   TALLY_PIECE,
                                   TALLY_PIECE + 1,
                                   LANES * TALLY_PIECE - 1,
                                   LANES * TALLY_PIECE,
                                   LANES * TALLY_PIECE + 1,
                                   2 * LANES * TALLY_PIECE + 3 * TALLY_PIECE + 7};
    const size_t room = 3 * LANES * TALLY_PIECE;
    uint8_t *bytes = malloc(room), *copy = malloc(room);

    (void)state;
    assert_non_null(bytes);
    assert_non_null(copy);
    fill(bytes, room, 7);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        expect(bytes, sizes[i], NULL);
        expect(bytes, sizes[i], copy);
    }
    free(bytes);
    free(copy);
}

/* ---- an enemy who writes meanwhile ---- */

enum { SHARED = (LANES + 1) * TALLY_PIECE + 100, TURNS = 50 };

struct enemy {
    _Atomic uint8_t bytes[SHARED];
    atomic_bool is_over;
};

static void *change(void *user)
{
    struct enemy *enemy = user;

    for (size_t at = 0; !atomic_load(&enemy->is_over); at = (at + 4099) % SHARED)
        enemy->bytes[at]++;
    return NULL;
}

static void sum_of(const uint8_t *bytes, uint8_t *copy, uint8_t sum_out[SHA256_SIZE])
{
    struct tally tally;

    assert_int_equal(tally_init(&tally), 0);
    if (copy)
        tally_copy_pieces(&tally, bytes, SHARED, copy);
    else
        tally_add_pieces(&tally, bytes, SHARED);
    assert_int_equal(tally_finish(&tally, sum_out), 0);
    tally_deinit(&tally);
}

/* The sum is that of the copy, whatever the bytes became. */
static void test_changing(void **state)
{
    static struct enemy enemy;
    static uint8_t copy[SHARED];
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, change, &enemy), 0);
    for (int turn = 0; turn < TURNS; turn++) {
        uint8_t sum[SHA256_SIZE], expected[SHA256_SIZE];

        sum_of((const uint8_t *)enemy.bytes, copy, sum);
        sum_of(copy, NULL, expected);
        assert_memory_equal(sum, expected, sizeof(sum));
    }
    atomic_store(&enemy.is_over, true);
    pthread_join(thread, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lanes_agree),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_changing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
