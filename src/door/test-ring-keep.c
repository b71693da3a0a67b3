/* See ring.h: what is kept when memory is short: spooled, shrunk, and made again from what was
 * kept. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "door/test-both.h"

/* The oldest bytes are in a spool: who reads the ring sees that, and what is released of them is
 * given up on its own. */
static void test_spooled(void **state)
{
    struct both *both = *state;
    const uint8_t *none;
    uint8_t copy[PAGE];

    produce(both->warden, 3 * PAGE);
    assert_false(ring_spools(both->gate));
    assert_true(ring_begin_spool(both->warden));
    assert_true(ring_spools(both->gate));
    ring_spooled(both->warden, PAGE);
    assert_int_equal(ring_first(both->gate), 0);
    assert_int_equal(ring_tail(both->gate), PAGE);
    assert_int_equal(ring_peek(both->gate, PAGE - 1, &none), -ENODATA);
    assert_int_equal(ring_copy(both->gate, PAGE - 1, copy, sizeof(copy)), -ENODATA);
    assert_int_equal(ring_copy(both->gate, 3 * PAGE, copy, sizeof(copy)), 0);
    assert_int_equal(ring_copy(both->gate, 3 * PAGE + 1, copy, sizeof(copy)), -ERANGE);
    assert_int_equal(ring_copy(both->gate, 3 * PAGE - 10, copy, sizeof(copy)), 10);
    assert_int_equal(ring_copy(both->gate, PAGE, copy, sizeof(copy)), PAGE);
    for (uint64_t i = 0; i < PAGE; i++)
        assert_int_equal(copy[i], byte_at(PAGE + i));
    /* The ring's room is what is not spooled, released or not. */
    assert_int_equal(produce(both->warden, CAPACITY), CAPACITY - 2 * PAGE);
    assert_int_equal(ring_hold(both->gate, 0), 0);
    ring_release(both->gate, 100);
    assert_int_equal(ring_trim_spool(both->warden), 100);
    assert_int_equal(ring_hold(both->gate, 99), -ENODATA);
    assert_int_equal(ring_hold(both->gate, 100), 0);
    ring_shrink(both->warden, 0);
    assert_int_equal(ring_first(both->warden), 100);
    /* A gate that releases nonsense gives up no more than there is. */
    ring_release(both->gate, UINT64_MAX);
    assert_int_equal(ring_trim_spool(both->warden), PAGE);
    assert_int_equal(ring_first(both->warden), ring_tail(both->warden));
}

/* Nothing may be moved away under an outlet that sends in place. */
static void test_no_spool_under_a_reader(void **state)
{
    struct both *both = *state;

    ring_add_reader(both->gate);
    assert_false(ring_begin_spool(both->warden));
    assert_false(ring_spools(both->gate));
    ring_add_reader(both->gate);
    ring_remove_reader(both->gate);
    assert_false(ring_begin_spool(both->warden));
    ring_remove_reader(both->gate);
    assert_true(ring_begin_spool(both->warden));
    /* The gate died while it read: the next one begins with none. */
    ring_add_reader(both->gate);
    ring_restate(both->warden, false);
    assert_true(ring_begin_spool(both->warden));
    assert_true(ring_spools(both->gate));
}

/* The next gate hears it from the ring, too. */
static void test_what_it_waits_for(void **state)
{
    struct both *both = *state;

    assert_int_equal(ring_waits(both->gate), WAITS_NOT);
    ring_set_waits(both->warden, WAITS_DISK);
    assert_int_equal(ring_waits(both->gate), WAITS_DISK);
    ring_set_waits(both->gate, (enum job_waits)77); /* as a gate that was taken over could */
    assert_int_equal(ring_waits(both->gate), WAITS_NOT);
    ring_restate(both->warden, false);
    assert_int_equal(ring_waits(both->gate), WAITS_DISK);
    ring_set_waits(both->warden, WAITS_NOT);
    assert_int_equal(ring_waits(both->gate), WAITS_NOT);
}

/* At each place in the data where the kept bytes can lie. */
static void test_shrink(void **state)
{
    (void)state;
    for (uint64_t start = 0; start < 2 * CAPACITY; start += PAGE / 2 + 11) {
        struct both both;
        struct stat before;
        struct stat after;
        uint64_t head;

        both_open(&both, CAPACITY);
        for (uint64_t done = 0; done < start + CAPACITY;) {
            ring_release(both.gate, done);
            done += produce(both.warden, start + CAPACITY - done < 1000
                                             ? (size_t)(start + CAPACITY - done)
                                             : 1000);
        }
        head = ring_head(both.warden);
        assert_int_equal(fstat(ring_fd(both.warden), &before), 0);
        ring_release(both.gate, head - 100);
        ring_shrink(both.warden, 1000);
        /* More is kept than was not released. */
        assert_int_equal(ring_tail(both.gate), head - 1000);
        check(both.gate, head - 1000, 1000);
        assert_int_equal(fstat(ring_fd(both.warden), &after), 0);
        assert_true(after.st_blocks <= before.st_blocks - 2 * PAGE / 512);
        assert_int_equal(after.st_size, before.st_size);
        both_close(&both);
    }
}

static void test_shrink_keeps_what_is_not_released(void **state)
{
    struct both *both = *state;

    produce(both->warden, CAPACITY);
    ring_shrink(both->warden, 1000);
    assert_int_equal(ring_tail(both->gate), 0);
    check(both->gate, 0, CAPACITY);
    ring_release(both->gate, PAGE + 1);
    ring_shrink(both->warden, 0);
    assert_int_equal(ring_tail(both->gate), PAGE + 1);
    check(both->gate, PAGE + 1, CAPACITY - PAGE - 1);
}

/* Less was ever written than is to be kept. */
static void test_shrink_to_more_than_there_is(void **state)
{
    struct both *both = *state;

    produce(both->warden, 50);
    ring_release(both->gate, 50);
    ring_shrink(both->warden, 100);
    assert_int_equal(ring_tail(both->gate), 0);
    check(both->gate, 0, 50);
}

/* Wherever the bytes lay in the ring that they come from. */
static void test_restore(void **state)
{
    static const uint64_t tails[] = {0, 1, PAGE - 1, CAPACITY - 5, 10 * CAPACITY + 7, 1ull << 40};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(tails); i++) {
        static const size_t sizes[] = {0, 1, 100, CAPACITY};

        for (size_t at = 0; at < ELEMENTS_OF(sizes); at++) {
            uint8_t bytes[CAPACITY];
            const uint8_t *none;
            struct both both;

            for (size_t b = 0; b < sizes[at]; b++)
                bytes[b] = byte_at(tails[i] + b);
            assert_int_equal(ring_restore(&both.warden, CAPACITY, tails[i], bytes, sizes[at]), 0);
            assert_int_equal(ring_map(&both.gate, ring_fd(both.warden)), 0);
            assert_true(ring_is_ended(both.gate));
            assert_int_equal(ring_tail(both.warden), tails[i]);
            assert_int_equal(ring_head(both.warden), tails[i] + sizes[at]);
            assert_int_equal(ring_tail(both.gate), tails[i]);
            check(both.gate, tails[i], sizes[at]);
            assert_int_equal(ring_hold(both.gate, tails[i]), 0);
            if (tails[i] > 0) {
                assert_int_equal(ring_hold(both.gate, tails[i] - 1), -ENODATA);
                assert_int_equal(ring_peek(both.gate, tails[i] - 1, &none), -ENODATA);
            }
            both_close(&both);
        }
    }
}

static void test_restore_too_much(void **state)
{
    static const uint8_t bytes[CAPACITY + 1];
    struct ring *ring;

    (void)state;
    assert_int_equal(ring_restore(&ring, CAPACITY, 0, bytes, CAPACITY + 1), -EINVAL);
}

/* Another job's: as empty as a new one, for both sides, and with the memory that it had. */
static void test_renewed(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;
    struct stat before, after;
    size_t room;

    assert_int_equal(ring_number(both->warden), 0);
    ring_set_number(both->warden, 7);
    produce(both->warden, 3 * PAGE);
    ring_release(both->gate, PAGE);
    ring_wait_for_room(both->warden, CAPACITY);
    assert_true(ring_release(both->gate, 2 * PAGE)); /* which was told */
    ring_add_input(both->gate, 5);
    ring_take_input(both->gate, 9);
    ring_wait_for_bytes(both->gate, 3 * PAGE);
    ring_set_kept(both->warden, PAGE);
    ring_end(both->warden);
    assert_int_equal(fstat(ring_fd(both->warden), &before), 0);
    ring_renew(both->warden);
    ring_renewed(both->gate);
    assert_int_equal(ring_number(both->warden), 7);
    for (size_t i = 0; i < 2; i++) {
        const struct ring *ring = i ? both->gate : both->warden;

        assert_int_equal(ring_head(ring), 0);
        assert_int_equal(ring_tail(ring), 0);
        assert_int_equal(ring_first(ring), 0);
        assert_int_equal(ring_start(ring), 0);
        assert_int_equal(ring_kept(ring), 0);
        assert_int_equal(ring_released(ring), 0);
        assert_int_equal(ring_input(ring), 0);
        assert_int_equal(ring_writer(ring), 0);
        assert_false(ring_is_ended(ring));
        assert_int_equal(ring_peek(ring, 0, &bytes), 0);
        assert_int_equal(ring_peek(ring, 1, &bytes), -ERANGE);
    }
    /* What has memory is written in place; behind that is what was never there. */
    assert_int_equal(fstat(ring_fd(both->warden), &after), 0);
    assert_int_equal(after.st_blocks, before.st_blocks);
    assert_int_equal(ring_filled(both->warden), 3 * PAGE);
    assert_false(ring_is_fresh(both->warden, 100));
    assert_int_equal(produce(both->warden, 3 * PAGE), 3 * PAGE);
    check(both->gate, 0, 3 * PAGE);
    assert_true(ring_is_fresh(both->warden, 100));
    /* And both sides are told and asked as at first. */
    ring_room(both->warden, CAPACITY, &room);
    assert_int_equal(room, PAGE);
    assert_true(ring_wait_for_room(both->warden, CAPACITY));
    assert_true(ring_release(both->gate, 1));
}

/* What is kept for the gate: from where the warden says, at most what is there. */
static void test_kept(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;
    struct ring *kept;

    produce(both->warden, 3 * PAGE);
    ring_add_input(both->gate, 5);
    ring_take_input(both->gate, 3);
    ring_add_input(both->gate, 4);
    ring_set_kept(both->warden, PAGE + 10);
    ring_end(both->warden);
    ring_release(both->gate, 3 * PAGE);
    assert_int_equal(ring_kept(both->warden), PAGE + 10);
    assert_false(ring_is_apart(both->gate));
    assert_int_equal(ring_new_kept(&kept, both->gate), 0);
    assert_true(ring_is_apart(kept));
    assert_true(ring_is_ended(kept));
    assert_int_equal(ring_head(kept), 3 * PAGE);
    assert_int_equal(ring_first(kept), PAGE + 10);
    assert_int_equal(ring_start(kept), PAGE + 10);
    assert_int_equal(ring_released(kept), 3 * PAGE);
    assert_int_equal(ring_input(kept), 9);
    assert_int_equal(ring_writer(kept), 3);
    assert_int_equal(ring_writer_input(kept), 4);
    assert_int_equal(ring_number(kept), 0);
    assert_int_equal(ring_peek(kept, PAGE + 9, &bytes), -ENODATA);
    check(kept, PAGE + 10, 2 * PAGE - 10);
    check(kept, 3 * PAGE - 1, 1);
    assert_int_equal(ring_hold(kept, PAGE + 10), 0);
    assert_int_equal(ring_hold(kept, PAGE + 9), -ENODATA);
    ring_free(kept);
    /* The tail is behind that; nothing is kept. */
    ring_set_kept(both->warden, 0);
    ring_shrink(both->warden, 10);
    assert_int_equal(ring_kept(both->gate), 3 * PAGE - 10);
    ring_set_kept(both->warden, UINT64_MAX);
    assert_int_equal(ring_new_kept(&kept, both->gate), 0);
    assert_int_equal(ring_first(kept), 3 * PAGE);
    assert_int_equal(ring_peek(kept, 3 * PAGE, &bytes), 0);
    ring_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(test_spooled),
        ring_test(test_no_spool_under_a_reader),
        ring_test(test_what_it_waits_for),
        cmocka_unit_test(test_shrink),
        ring_test(test_shrink_keeps_what_is_not_released),
        ring_test(test_shrink_to_more_than_there_is),
        ring_test(test_renewed),
        ring_test(test_kept),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
