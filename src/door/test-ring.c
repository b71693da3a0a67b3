/* See ring.h: bytes through it, room and wake-ups, one step after the other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "door/test-both.h"

static void test_empty(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;

    assert_int_equal(ring_capacity(both->gate), CAPACITY);
    assert_int_equal(ring_head(both->gate), 0);
    assert_int_equal(ring_tail(both->gate), 0);
    assert_int_equal(ring_peek(both->gate, 0, &bytes), 0);
    assert_int_equal(ring_peek(both->gate, 1, &bytes), -ERANGE);
    assert_false(ring_is_ended(both->gate));
    assert_int_equal(ring_fd(both->gate), -1);
    assert_null(ring_free(NULL));
}

static void test_sizes(void **state)
{
    struct ring *ring;

    (void)state;
    assert_int_equal(ring_new(&ring, 0), -EINVAL);
    assert_int_equal(ring_new(&ring, PAGE - 1), -EINVAL);
    assert_int_equal(ring_new(&ring, PAGE + 1), -EINVAL);
    assert_int_equal(ring_new(&ring, (1u << 30) + PAGE), -EINVAL);
    assert_int_equal(ring_new(&ring, SIZE_MAX - PAGE + 1), -EINVAL);
    assert_int_equal(ring_new(&ring, PAGE), 0);
    ring_free(ring);
}

static void test_full_and_release(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;
    size_t room;

    assert_int_equal(produce(both->warden, CAPACITY - 10), CAPACITY - 10);
    assert_int_equal(produce(both->warden, 100), 10);
    ring_room(both->warden, 1, &room);
    assert_int_equal(room, 0);
    check(both->gate, 0, CAPACITY);
    /* Released bytes are given up only as far as they are needed. */
    assert_false(ring_release(both->gate, 1000));
    assert_int_equal(ring_released(both->warden), 1000);
    assert_int_equal(ring_tail(both->gate), 0);
    assert_int_equal(produce(both->warden, 400), 400);
    assert_int_equal(ring_tail(both->gate), 400);
    assert_int_equal(ring_peek(both->gate, 399, &bytes), -ENODATA);
    check(both->gate, 400, CAPACITY);
    assert_int_equal(produce(both->warden, 1000), 600);
    check(both->gate, 1000, CAPACITY);
    /* A release never goes back by itself. */
    assert_false(ring_release(both->gate, 999));
    assert_int_equal(ring_released(both->gate), 1000);
}

/* Runs of every length across the end of the data, each in one piece in memory. */
static void test_wrap_around(void **state)
{
    struct both *both = *state;
    uint64_t offset = 0;

    for (size_t size = 1; size <= PAGE; size += 7) {
        assert_int_equal(produce(both->warden, size), size);
        check(both->gate, offset, size);
        offset += size;
        ring_release(both->gate, offset);
    }
    assert_true(offset > 100 * PAGE);
}

/* The second view is the same memory, not a copy. */
static void test_mirror(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;
    uint8_t *at;
    size_t room;

    produce(both->warden, PAGE - 2);
    ring_release(both->gate, PAGE - 2);
    at = ring_room(both->warden, 4, &room);
    assert_int_equal(room, 4);
    memcpy(at, "abcd", 4);
    assert_memory_equal(at - (PAGE - 2), "cd", 2);
    ring_publish(both->warden, 4);
    assert_int_equal(ring_peek(both->gate, PAGE - 2, &bytes), 4);
    assert_memory_equal(bytes, "abcd", 4);
}

/* Small or large, before the end of the data or across it: what was put is what the gate sees. */
static void test_put(void **state)
{
    static const size_t sizes[] = {1, 2 * PAGE + 1, PAGE, 3 * PAGE, CAPACITY, CAPACITY - 5};
    struct both *both = *state;
    uint8_t bytes[CAPACITY];
    uint64_t offset = 0;

    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        size_t room;

        assert_int_equal(ring_is_fresh(both->warden, sizes[i]), offset + sizes[i] <= CAPACITY);
        for (size_t k = 0; k < sizes[i]; k++)
            bytes[k] = byte_at(offset + k);
        ring_room(both->warden, sizes[i], &room);
        assert_int_equal(room, sizes[i]);
        ring_put(both->warden, bytes, sizes[i]);
        assert_int_equal(ring_head(both->gate), offset);
        ring_publish(both->warden, sizes[i]);
        check(both->gate, offset, sizes[i]);
        offset += sizes[i];
        ring_release(both->gate, offset);
    }
}

static void test_end(void **state)
{
    struct both *both = *state;

    produce(both->warden, 5);
    assert_true(ring_wait_for_bytes(both->gate, 5));
    ring_end(both->warden);
    assert_true(ring_is_ended(both->gate));
    /* Nothing will come, so nobody may wait for it. */
    assert_false(ring_wait_for_bytes(both->gate, 5));
}

static void test_hold(void **state)
{
    struct both *both = *state;
    size_t room;

    produce(both->warden, CAPACITY);
    ring_release(both->gate, CAPACITY);
    assert_int_equal(ring_hold(both->gate, CAPACITY + 1), -ERANGE);
    assert_int_equal(ring_released(both->gate), CAPACITY);
    /* Taken back: the warden has only what is before. */
    assert_int_equal(ring_hold(both->gate, 100), 0);
    ring_room(both->warden, CAPACITY, &room);
    assert_int_equal(room, 100);
    check(both->gate, 100, CAPACITY - 100);
    /* It has given up the first 100 for that room. */
    assert_int_equal(ring_tail(both->gate), 100);
    assert_int_equal(ring_hold(both->gate, 99), -ENODATA);
    /* Holding what is not released changes nothing. */
    assert_int_equal(ring_hold(both->gate, 500), 0);
    assert_int_equal(ring_released(both->gate), 99);
}

/* Each side asks the other to tell it, and only then is told. */
static void test_wake_ups(void **state)
{
    struct both *both = *state;
    uint8_t *at;
    size_t room;

    at = ring_room(both->warden, 10, &room);
    memset(at, 'x', room);
    assert_false(ring_publish(both->warden, 10));
    assert_false(ring_wait_for_bytes(both->gate, 5));
    assert_true(ring_wait_for_bytes(both->gate, 10));
    ring_room(both->warden, 10, &room);
    assert_true(ring_publish(both->warden, 10));
    assert_false(ring_publish(both->warden, 10));

    produce(both->warden, PAGE);
    assert_true(ring_wait_for_room(both->warden, 1));
    assert_true(ring_release(both->gate, 20));
    /* Told once; it looks for itself until it starves again. */
    assert_false(ring_release(both->gate, 30));
    assert_false(ring_wait_for_room(both->warden, 30));
    assert_true(ring_wait_for_room(both->warden, 31));
    assert_true(ring_release(both->gate, 40));
}

/* The gate is replaced between two releases: the new one must tell, though the old one was asked.
 */
static void test_wake_up_by_a_new_gate(void **state)
{
    struct both *both = *state;

    produce(both->warden, PAGE);
    assert_true(ring_wait_for_room(both->warden, 1000));
    assert_true(ring_release(both->gate, 10));
    assert_true(ring_wait_for_room(both->warden, 1000));
    ring_free(both->gate);
    assert_int_equal(ring_map(&both->gate, ring_fd(both->warden)), 0);
    assert_true(ring_release(both->gate, 2000));
}

static void test_input_is_counted(void **state)
{
    struct both *both = *state;

    ring_add_input(both->gate, 3);
    ring_add_input(both->gate, 1u << 31);
    assert_int_equal(ring_input(both->warden), (1u << 31) + 3);
    /* Another console takes over: its own count begins. */
    assert_int_equal(ring_writer(both->gate), 0);
    assert_int_equal(ring_writer_input(both->gate), (1u << 31) + 3);
    ring_take_input(both->gate, 7);
    assert_int_equal(ring_writer(both->warden), 7);
    assert_int_equal(ring_writer_input(both->warden), 0);
    ring_add_input(both->gate, 5);
    assert_int_equal(ring_writer_input(both->gate), 5);
    assert_int_equal(ring_input(both->gate), (1u << 31) + 8);
    /* A gate that was taken over may have left anything there. */
    poke(both->warden, AT_INPUT, 1);
    assert_int_equal(ring_writer_input(both->gate), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(test_empty),
        cmocka_unit_test(test_sizes),
        ring_test(test_full_and_release),
        page_test(test_wrap_around),
        page_test(test_mirror),
        ring_test(test_put),
        page_test(test_end),
        ring_test(test_hold),
        page_test(test_wake_ups),
        page_test(test_wake_up_by_a_new_gate),
        page_test(test_input_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
