/* See ring.h. The warden's side is made with ring_new(), the gate's is a second mapping of the same
 * memory, as it is between the two processes. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "door/ring.h"

enum { PAGE = 4096, CAPACITY = 4 * PAGE, STRESS_MS = 300 };

/* Where the shared words stand: what a gate that keeps to nothing could write. */
enum { AT_MAGIC = 0, AT_CAPACITY = 8, AT_HEAD = 16, AT_TAIL = 24, AT_RELEASED = PAGE };

struct both {
    struct ring *warden;
    struct ring *gate;
};

static void both_open(struct both *both, size_t capacity)
{
    assert_int_equal(ring_new(&both->warden, capacity), 0);
    assert_int_equal(ring_map(&both->gate, ring_fd(both->warden)), 0);
}

static void both_close(struct both *both)
{
    both->warden = ring_free(both->warden);
    both->gate = ring_free(both->gate);
}

/* A byte that tells its offset in the stream. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 31 + offset / 251);
}

/* Writes as much as fits of `size`. Returns how much. */
static size_t produce(struct ring *ring, size_t size)
{
    uint64_t head = ring_head(ring);
    size_t room;
    uint8_t *at = ring_room(ring, size, &room);

    assert_true(room <= size);
    for (size_t i = 0; i < room; i++)
        at[i] = byte_at(head + i);
    ring_publish(ring, room);
    return room;
}

static void check(const struct ring *ring, uint64_t offset, size_t size)
{
    const uint8_t *bytes;

    assert_int_equal(ring_peek(ring, offset, &bytes), (int64_t)size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], byte_at(offset + i));
}

/* Writes a shared word past the gate's mapping, which has only the functions of the header. */
static void poke(const struct ring *ring, off_t at, uint64_t value)
{
    assert_int_equal(pwrite(ring_fd(ring), &value, sizeof(value), at), sizeof(value));
}

static void test_empty(void **state)
{
    const uint8_t *bytes;
    struct both both;

    (void)state;
    both_open(&both, CAPACITY);
    assert_int_equal(ring_capacity(both.gate), CAPACITY);
    assert_int_equal(ring_head(both.gate), 0);
    assert_int_equal(ring_tail(both.gate), 0);
    assert_int_equal(ring_peek(both.gate, 0, &bytes), 0);
    assert_int_equal(ring_peek(both.gate, 1, &bytes), -ERANGE);
    assert_false(ring_is_ended(both.gate));
    assert_int_equal(ring_fd(both.gate), -1);
    both_close(&both);
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
    const uint8_t *bytes;
    struct both both;
    size_t room;

    (void)state;
    both_open(&both, CAPACITY);
    assert_int_equal(produce(both.warden, CAPACITY - 10), CAPACITY - 10);
    assert_int_equal(produce(both.warden, 100), 10);
    ring_room(both.warden, 1, &room);
    assert_int_equal(room, 0);
    check(both.gate, 0, CAPACITY);
    /* Released bytes are given up only as far as they are needed. */
    assert_false(ring_release(both.gate, 1000));
    assert_int_equal(ring_released(both.warden), 1000);
    assert_int_equal(ring_tail(both.gate), 0);
    assert_int_equal(produce(both.warden, 400), 400);
    assert_int_equal(ring_tail(both.gate), 400);
    assert_int_equal(ring_peek(both.gate, 399, &bytes), -ENODATA);
    check(both.gate, 400, CAPACITY);
    assert_int_equal(produce(both.warden, 1000), 600);
    check(both.gate, 1000, CAPACITY);
    /* A release never goes back by itself. */
    assert_false(ring_release(both.gate, 999));
    assert_int_equal(ring_released(both.gate), 1000);
    both_close(&both);
}

/* Runs of every length across the end of the data, each in one piece in memory. */
static void test_wrap_around(void **state)
{
    struct both both;
    uint64_t offset = 0;

    (void)state;
    both_open(&both, PAGE);
    for (size_t size = 1; size <= PAGE; size += 7) {
        assert_int_equal(produce(both.warden, size), size);
        check(both.gate, offset, size);
        offset += size;
        ring_release(both.gate, offset);
    }
    assert_true(offset > 100 * PAGE);
    both_close(&both);
}

/* The second view is the same memory, not a copy. */
static void test_mirror(void **state)
{
    const uint8_t *bytes;
    struct both both;
    uint8_t *at;
    size_t room;

    (void)state;
    both_open(&both, PAGE);
    produce(both.warden, PAGE - 2);
    ring_release(both.gate, PAGE - 2);
    at = ring_room(both.warden, 4, &room);
    assert_int_equal(room, 4);
    memcpy(at, "abcd", 4);
    assert_memory_equal(at - (PAGE - 2), "cd", 2);
    ring_publish(both.warden, 4);
    assert_int_equal(ring_peek(both.gate, PAGE - 2, &bytes), 4);
    assert_memory_equal(bytes, "abcd", 4);
    both_close(&both);
}

static void test_end(void **state)
{
    struct both both;

    (void)state;
    both_open(&both, PAGE);
    produce(both.warden, 5);
    assert_true(ring_wait_for_bytes(both.gate, 5));
    ring_end(both.warden);
    assert_true(ring_is_ended(both.gate));
    /* Nothing will come, so nobody may wait for it. */
    assert_false(ring_wait_for_bytes(both.gate, 5));
    both_close(&both);
}

static void test_hold(void **state)
{
    struct both both;
    size_t room;

    (void)state;
    both_open(&both, CAPACITY);
    produce(both.warden, CAPACITY);
    ring_release(both.gate, CAPACITY);
    assert_int_equal(ring_hold(both.gate, CAPACITY + 1), -ERANGE);
    assert_int_equal(ring_released(both.gate), CAPACITY);
    /* Taken back: the warden has only what is before. */
    assert_int_equal(ring_hold(both.gate, 100), 0);
    ring_room(both.warden, CAPACITY, &room);
    assert_int_equal(room, 100);
    check(both.gate, 100, CAPACITY - 100);
    /* It has given up the first 100 for that room. */
    assert_int_equal(ring_tail(both.gate), 100);
    assert_int_equal(ring_hold(both.gate, 99), -ENODATA);
    /* Holding what is not released changes nothing. */
    assert_int_equal(ring_hold(both.gate, 500), 0);
    assert_int_equal(ring_released(both.gate), 99);
    both_close(&both);
}

/* Each side asks the other to tell it, and only then is told. */
static void test_wake_ups(void **state)
{
    struct both both;
    uint8_t *at;
    size_t room;

    (void)state;
    both_open(&both, PAGE);
    at = ring_room(both.warden, 10, &room);
    memset(at, 'x', room);
    assert_false(ring_publish(both.warden, 10));
    assert_false(ring_wait_for_bytes(both.gate, 5));
    assert_true(ring_wait_for_bytes(both.gate, 10));
    ring_room(both.warden, 10, &room);
    assert_true(ring_publish(both.warden, 10));
    assert_false(ring_publish(both.warden, 10));

    produce(both.warden, PAGE);
    assert_true(ring_wait_for_room(both.warden, 1));
    assert_true(ring_release(both.gate, 20));
    /* Told once; it looks for itself until it starves again. */
    assert_false(ring_release(both.gate, 30));
    assert_false(ring_wait_for_room(both.warden, 30));
    assert_true(ring_wait_for_room(both.warden, 31));
    assert_true(ring_release(both.gate, 40));
    both_close(&both);
}

/* The gate is replaced between two releases: the new one must tell, though the old one was asked.
 */
static void test_wake_up_by_a_new_gate(void **state)
{
    struct both both;

    (void)state;
    both_open(&both, PAGE);
    produce(both.warden, PAGE);
    assert_true(ring_wait_for_room(both.warden, 1000));
    assert_true(ring_release(both.gate, 10));
    assert_true(ring_wait_for_room(both.warden, 1000));
    ring_free(both.gate);
    assert_int_equal(ring_map(&both.gate, ring_fd(both.warden)), 0);
    assert_true(ring_release(both.gate, 2000));
    both_close(&both);
}

static void test_input_is_counted(void **state)
{
    struct both both;

    (void)state;
    both_open(&both, PAGE);
    ring_add_input(both.gate, 3);
    ring_add_input(both.gate, 1u << 31);
    assert_int_equal(ring_input(both.warden), (1u << 31) + 3);
    /* Another console takes over: its own count begins. */
    assert_int_equal(ring_writer(both.gate), 0);
    assert_int_equal(ring_writer_input(both.gate), (1u << 31) + 3);
    ring_take_input(both.gate, 7);
    assert_int_equal(ring_writer(both.warden), 7);
    assert_int_equal(ring_writer_input(both.warden), 0);
    ring_add_input(both.gate, 5);
    assert_int_equal(ring_writer_input(both.gate), 5);
    assert_int_equal(ring_input(both.gate), (1u << 31) + 8);
    /* The warden saw more go in than the gate had counted when it died. */
    ring_restate_input(both.warden, (1u << 31) + 10);
    assert_int_equal(ring_writer_input(both.gate), 7);
    /* A gate that was taken over may have left anything there. */
    ring_restate_input(both.warden, 1);
    assert_int_equal(ring_writer_input(both.gate), 0);
    both_close(&both);
}

static void test_hostile_release(void **state)
{
    static const uint64_t values[] = {1, 99, 100, 101, CAPACITY, 1ull << 32, INT64_MAX, UINT64_MAX};
    struct both both;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(values); i++) {
        uint64_t head;
        size_t room;

        both_open(&both, CAPACITY);
        produce(both.warden, CAPACITY);
        ring_release(both.gate, 200);
        produce(both.warden, 100);
        head = ring_head(both.warden);
        /* Far beyond the head, or below what is gone already: never more room than the ring has,
         * never an offset that the data does not have. */
        poke(both.warden, AT_RELEASED, values[i]);
        ring_room(both.warden, 3 * CAPACITY, &room);
        assert_true(room <= CAPACITY);
        assert_true(values[i] > 100 || room == 0);
        assert_true(ring_tail(both.warden) >= 100 && ring_tail(both.warden) <= head);
        assert_true(produce(both.warden, 10) == (values[i] > 100 ? (values[i] < 110 ? 1 : 10) : 0));
        ring_wait_for_room(both.warden, 10);
        ring_shrink(both.warden, PAGE);
        assert_true(ring_tail(both.warden) <= ring_head(both.warden));
        assert_true(ring_head(both.warden) - ring_tail(both.warden) <= CAPACITY);
        both_close(&both);
    }
}

/* The gate holds the same memfd, so it can write to the warden's words too. */
static void test_hostile_words_of_the_warden(void **state)
{
    struct both both;
    uint8_t *first;
    uint8_t *at;
    size_t room;

    (void)state;
    both_open(&both, CAPACITY);
    first = ring_room(both.warden, 1, &room);
    produce(both.warden, 100);
    poke(both.warden, AT_HEAD, UINT64_MAX - 5);
    poke(both.warden, AT_TAIL, UINT64_MAX);
    poke(both.warden, AT_CAPACITY, UINT64_MAX);
    poke(both.warden, AT_RELEASED, UINT64_MAX / 2);
    assert_int_equal(ring_head(both.warden), 100);
    assert_int_equal(ring_tail(both.warden), 0);
    at = ring_room(both.warden, CAPACITY, &room);
    assert_int_equal(room, CAPACITY);
    assert_ptr_equal(at, first + 100);
    ring_publish(both.warden, 10);
    assert_int_equal(ring_head(both.warden), 110);
    assert_int_equal(ring_capacity(both.warden), CAPACITY);
    ring_shrink(both.warden, 10);
    assert_int_equal(ring_head(both.warden) - ring_tail(both.warden), 10);
    both_close(&both);
}

/* A warden gone mad must not lead the gate outside of its mapping either. */
static void test_head_beyond_the_data(void **state)
{
    const uint8_t *bytes;
    struct both both;

    (void)state;
    both_open(&both, PAGE);
    poke(both.warden, AT_HEAD, 2 * PAGE);
    assert_int_equal(ring_peek(both.gate, 0, &bytes), -ENODATA);
    assert_int_equal(ring_peek(both.gate, PAGE, &bytes), PAGE);
    both_close(&both);
}

static int memory_file(off_t size, int seals)
{
    int fd = memfd_create("no-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void refuse(int fd)
{
    struct ring *ring;

    assert_int_equal(ring_map(&ring, fd), -EBADMSG);
    close(fd);
}

static void test_no_ring(void **state)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
    struct ring *ring;
    int ends[2];
    int fd;

    (void)state;
    refuse(memory_file(3 * PAGE, 0));
    refuse(memory_file(3 * PAGE, F_SEAL_GROW));
    refuse(memory_file(3 * PAGE, F_SEAL_SHRINK));
    refuse(memory_file(0, seals));
    refuse(memory_file(2 * PAGE, seals));
    refuse(memory_file(2 * PAGE + 1, seals));
    refuse(memory_file(3 * PAGE - 1, seals));
    refuse(memory_file(3 * PAGE, seals)); /* no magic */
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    refuse(ends[0]);
    refuse(open("/dev/null", O_RDWR | O_CLOEXEC));
    assert_int_equal(ring_map(&ring, -1), -EBADMSG);
    /* All is right but the capacity it claims. */
    assert_int_equal(ring_new(&ring, PAGE), 0);
    fd = fcntl(ring_fd(ring), F_DUPFD_CLOEXEC, 0);
    poke(ring, AT_CAPACITY, 2 * PAGE);
    refuse(fd);
    ring_free(ring);
}

static void test_nobody_can_resize_it(void **state)
{
    struct ring *ring;

    (void)state;
    assert_int_equal(ring_new(&ring, PAGE), 0);
    assert_int_equal(ftruncate(ring_fd(ring), 0), -1);
    assert_int_equal(ftruncate(ring_fd(ring), 1 << 20), -1);
    assert_int_equal(fcntl(ring_fd(ring), F_ADD_SEALS, F_SEAL_WRITE), -1);
    ring_free(ring);
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
    struct both both;

    (void)state;
    both_open(&both, CAPACITY);
    produce(both.warden, CAPACITY);
    ring_shrink(both.warden, 1000);
    assert_int_equal(ring_tail(both.gate), 0);
    check(both.gate, 0, CAPACITY);
    ring_release(both.gate, PAGE + 1);
    ring_shrink(both.warden, 0);
    assert_int_equal(ring_tail(both.gate), PAGE + 1);
    check(both.gate, PAGE + 1, CAPACITY - PAGE - 1);
    /* Less was ever written than is to be kept. */
    both_close(&both);
    both_open(&both, CAPACITY);
    produce(both.warden, 50);
    ring_release(both.gate, 50);
    ring_shrink(both.warden, 100);
    assert_int_equal(ring_tail(both.gate), 0);
    check(both.gate, 0, 50);
    both_close(&both);
}

/* The oldest bytes are in a spool: who reads the ring sees that, and what is released of them is
 * given up on its own. */
static void test_spooled(void **state)
{
    const uint8_t *none;
    uint8_t copy[PAGE];
    struct both both;

    (void)state;
    both_open(&both, CAPACITY);
    produce(both.warden, 3 * PAGE);
    assert_false(ring_spools(both.gate));
    assert_true(ring_begin_spool(both.warden));
    assert_true(ring_spools(both.gate));
    ring_spooled(both.warden, PAGE);
    assert_int_equal(ring_first(both.gate), 0);
    assert_int_equal(ring_tail(both.gate), PAGE);
    assert_int_equal(ring_peek(both.gate, PAGE - 1, &none), -ENODATA);
    assert_int_equal(ring_copy(both.gate, PAGE - 1, copy, sizeof(copy)), -ENODATA);
    assert_int_equal(ring_copy(both.gate, 3 * PAGE, copy, sizeof(copy)), 0);
    assert_int_equal(ring_copy(both.gate, 3 * PAGE + 1, copy, sizeof(copy)), -ERANGE);
    assert_int_equal(ring_copy(both.gate, 3 * PAGE - 10, copy, sizeof(copy)), 10);
    assert_int_equal(ring_copy(both.gate, PAGE, copy, sizeof(copy)), PAGE);
    for (uint64_t i = 0; i < PAGE; i++)
        assert_int_equal(copy[i], byte_at(PAGE + i));
    /* The ring's room is what is not spooled, released or not. */
    assert_int_equal(produce(both.warden, CAPACITY), CAPACITY - 2 * PAGE);
    assert_int_equal(ring_hold(both.gate, 0), 0);
    ring_release(both.gate, 100);
    assert_int_equal(ring_trim_spool(both.warden), 100);
    assert_int_equal(ring_hold(both.gate, 99), -ENODATA);
    assert_int_equal(ring_hold(both.gate, 100), 0);
    ring_shrink(both.warden, 0);
    assert_int_equal(ring_first(both.warden), 100);
    /* A gate that releases nonsense gives up no more than there is. */
    ring_release(both.gate, UINT64_MAX);
    assert_int_equal(ring_trim_spool(both.warden), PAGE);
    assert_int_equal(ring_first(both.warden), ring_tail(both.warden));
    both_close(&both);
}

/* Nothing may be moved away under an outlet that sends in place. */
static void test_no_spool_under_a_reader(void **state)
{
    struct both both;

    (void)state;
    both_open(&both, CAPACITY);
    ring_add_reader(both.gate);
    assert_false(ring_begin_spool(both.warden));
    assert_false(ring_spools(both.gate));
    ring_add_reader(both.gate);
    ring_remove_reader(both.gate);
    assert_false(ring_begin_spool(both.warden));
    ring_remove_reader(both.gate);
    assert_true(ring_begin_spool(both.warden));
    /* The gate died while it read: the next one begins with none. */
    ring_add_reader(both.gate);
    ring_restate(both.warden, false);
    assert_true(ring_begin_spool(both.warden));
    assert_true(ring_spools(both.gate));
    both_close(&both);
}

/* All is right, but the other side could cut it short under us. */
static void test_unsealed_ring(void **state)
{
    static const int seals[] = {0, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_GROW | F_SEAL_SHRINK};
    uint8_t page[PAGE];
    struct ring *ring;

    (void)state;
    assert_int_equal(ring_new(&ring, PAGE), 0);
    assert_int_equal(pread(ring_fd(ring), page, PAGE, 0), PAGE);
    for (size_t i = 0; i < ELEMENTS_OF(seals); i++) {
        int fd = memory_file(3 * PAGE, seals[i]);
        struct ring *copy = NULL;

        assert_int_equal(pwrite(fd, page, PAGE, 0), PAGE);
        assert_int_equal(ring_map(&copy, fd), i == 3 ? 0 : -EBADMSG);
        ring_free(copy);
        close(fd);
    }
    ring_free(ring);
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

/* ---- two threads ---- */

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
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_full_and_release),
        cmocka_unit_test(test_wrap_around),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_wake_ups),
        cmocka_unit_test(test_wake_up_by_a_new_gate),
        cmocka_unit_test(test_input_is_counted),
        cmocka_unit_test(test_hostile_release),
        cmocka_unit_test(test_hostile_words_of_the_warden),
        cmocka_unit_test(test_head_beyond_the_data),
        cmocka_unit_test(test_no_ring),
        cmocka_unit_test(test_spooled),
        cmocka_unit_test(test_no_spool_under_a_reader),
        cmocka_unit_test(test_unsealed_ring),
        cmocka_unit_test(test_nobody_can_resize_it),
        cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_shrink_keeps_what_is_not_released),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_too_much),
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_stress_waiting_for_much),
        cmocka_unit_test(test_stress_with_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
