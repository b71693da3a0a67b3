/* See ring.h: both sides at once, in two threads. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "door/test-both.h"

enum { STRESS_MS = 300 };

/* A wake-up as it travels through the door: a semaphore that is posted when the other side must be
 * told. A wake-up that is lost is a time-out here, of which there must be none. */
struct stress {
    struct both both;
    sem_t bytes, room;
    atomic_uint lost;
    uint64_t until_ms;
    uint64_t produced;
    size_t least; /* of room that the warden waits for */
};

static void sleep_on(struct stress *stress, sem_t *semaphore)
{
    struct timespec limit;

    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 10;
    while (sem_timedwait(semaphore, &limit) < 0) {
        if (errno == EINTR)
            continue;
        atomic_fetch_add(&stress->lost, 1);
        return;
    }
}

static void *stress_warden(void *argument)
{
    struct stress *stress = argument;
    struct ring *ring = stress->both.warden;
    unsigned random = 1;

    while (clock_monotonic_ms() < stress->until_ms && !atomic_load(&stress->lost)) {
        size_t wanted = (random = random * 1103515245 + 12345) >> 20; /* up to a page */
        uint64_t head = ring_head(ring);
        size_t room;
        uint8_t *at;

        wanted += stress->least;
        at = ring_room(ring, wanted, &room);
        if (room < stress->least) {
            if (ring_wait_for_room(ring, stress->least))
                sleep_on(stress, &stress->room);
            continue;
        }
        for (size_t i = 0; i < room; i++)
            at[i] = byte_at(head + i);
        if (ring_publish(ring, room))
            sem_post(&stress->bytes);
    }
    stress->produced = ring_head(ring);
    ring_end(ring);
    sem_post(&stress->bytes);
    return NULL;
}

/* Reads everything, in steps, and releases it in other steps; now and then starts over from the
 * last byte that it did not release, as a console does that comes back. */
static void stress_gate(struct stress *stress, bool goes_back)
{
    struct ring *ring = stress->both.gate;
    unsigned random = 99;
    uint64_t at = 0;

    while (!atomic_load(&stress->lost)) {
        const uint8_t *bytes;
        bool ended = ring_is_ended(ring);
        int64_t size = ring_peek(ring, at, &bytes);

        assert_true(size >= 0);
        if (size == 0) {
            if (ended)
                break;
            if (ring_wait_for_bytes(ring, at))
                sleep_on(stress, &stress->bytes);
            continue;
        }
        random = random * 1103515245 + 12345;
        if (size > (random >> 21))
            size = (random >> 21) + 1;
        for (int64_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], byte_at(at + (uint64_t)i));
        at += (uint64_t)size;
        if (ring_release(ring, at))
            sem_post(&stress->room);
        if (goes_back && random % 16 == 0 && at > 2000) {
            uint64_t back = at - random % 2000;

            if (ring_hold(ring, back) == 0)
                at = back;
            else if (ring_release(ring, at))
                sem_post(&stress->room);
        }
    }
    assert_int_equal(atomic_load(&stress->lost), 0);
    assert_int_equal(at, stress->produced);
}

static void run_stress(size_t capacity, size_t least, bool goes_back)
{
    struct stress stress = {.until_ms = clock_monotonic_ms() + STRESS_MS, .least = least};
    pthread_t thread;

    both_open(&stress.both, capacity);
    assert_int_equal(sem_init(&stress.bytes, 0, 0), 0);
    assert_int_equal(sem_init(&stress.room, 0, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, stress_warden, &stress), 0);
    stress_gate(&stress, goes_back);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(stress.produced > capacity);
    sem_destroy(&stress.bytes);
    sem_destroy(&stress.room);
    both_close(&stress.both);
}

static void test_stress(void **state)
{
    (void)state;
    run_stress(PAGE, 1, false);
}

/* Room comes in small pieces and is waited for in large ones: most releases are not enough. */
static void test_stress_waiting_for_much(void **state)
{
    (void)state;
    run_stress(2 * PAGE, PAGE + PAGE / 2, false);
}

static void test_stress_with_holds(void **state)
{
    (void)state;
    run_stress(2 * PAGE, 64, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_stress_waiting_for_much),
        cmocka_unit_test(test_stress_with_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
