/* See ring.h: the other side may write anything into the shared memory, or share something that is
 * no ring. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "door/test-both.h"

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
    struct both *both = *state;
    uint8_t *first;
    uint8_t *at;
    size_t room;

    first = ring_room(both->warden, 1, &room);
    produce(both->warden, 100);
    poke(both->warden, AT_HEAD, UINT64_MAX - 5);
    poke(both->warden, AT_TAIL, UINT64_MAX);
    poke(both->warden, AT_CAPACITY, UINT64_MAX);
    poke(both->warden, AT_RELEASED, UINT64_MAX / 2);
    assert_int_equal(ring_head(both->warden), 100);
    assert_int_equal(ring_tail(both->warden), 0);
    at = ring_room(both->warden, CAPACITY, &room);
    assert_int_equal(room, CAPACITY);
    assert_ptr_equal(at, first + 100);
    ring_publish(both->warden, 10);
    assert_int_equal(ring_head(both->warden), 110);
    assert_int_equal(ring_capacity(both->warden), CAPACITY);
    ring_shrink(both->warden, 10);
    assert_int_equal(ring_head(both->warden) - ring_tail(both->warden), 10);
}

/* A warden gone mad must not lead the gate outside of its mapping either. */
static void test_head_beyond_the_data(void **state)
{
    struct both *both = *state;
    const uint8_t *bytes;

    poke(both->warden, AT_HEAD, 2 * PAGE);
    assert_int_equal(ring_peek(both->gate, 0, &bytes), -ENODATA);
    assert_int_equal(ring_peek(both->gate, PAGE, &bytes), PAGE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_release), ring_test(test_hostile_words_of_the_warden),
        page_test(test_head_beyond_the_data),   cmocka_unit_test(test_no_ring),
        cmocka_unit_test(test_unsealed_ring),   cmocka_unit_test(test_nobody_can_resize_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
