/* See belt.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/belt.h"

enum { CAPACITY = 4 * 4096, PASSED = 32 << 20 };

struct pair {
    struct belt writer, reader;
    int fd;
};

static void pair_open(struct pair *pair)
{
    *pair = (struct pair){.fd = belt_make(CAPACITY)};
    assert_true(pair->fd >= 0);
    assert_int_equal(belt_map(&pair->writer, pair->fd, BELT_WRITES), 0);
    assert_int_equal(belt_map(&pair->reader, pair->fd, BELT_READS), 0);
}

static void pair_close(struct pair *pair)
{
    belt_close(&pair->writer);
    belt_close(&pair->reader);
    belt_close(&pair->reader);
    close(pair->fd);
}

static void test_bytes_stay_in_order(void **state)
{
    uint8_t next_in = 0, next_out = 0;
    struct pair pair;
    size_t size;

    (void)state;
    pair_open(&pair);
    for (size_t step = 1; step < 20000; step += 577) {
        uint8_t *at = belt_room(&pair.writer, &size);
        const uint8_t *there;

        size = step < size ? step : size;
        for (size_t i = 0; i < size; i++)
            at[i] = next_in++;
        assert_false(belt_put(&pair.writer, size));
        there = belt_bytes(&pair.reader, &size);
        size = size * 2 / 3;
        for (size_t i = 0; i < size; i++)
            assert_int_equal(there[i], next_out++);
        assert_false(belt_take(&pair.reader, size));
    }
    pair_close(&pair);
}

static void test_who_waits_is_told_once(void **state)
{
    struct pair pair;
    size_t size;

    (void)state;
    pair_open(&pair);
    assert_true(belt_wait_for_bytes(&pair.reader, 100));
    assert_false(belt_put(&pair.writer, 99));
    assert_true(belt_put(&pair.writer, 1));
    assert_false(belt_put(&pair.writer, 1));
    assert_false(belt_wait_for_bytes(&pair.reader, 101));
    assert_false(belt_put(&pair.writer, CAPACITY - 101));
    belt_room(&pair.writer, &size);
    assert_int_equal(size, 0);
    assert_true(belt_wait_for_room(&pair.writer, 1000));
    assert_false(belt_take(&pair.reader, 999));
    assert_true(belt_take(&pair.reader, 1));
    assert_false(belt_take(&pair.reader, 1));
    assert_false(belt_wait_for_room(&pair.writer, 1001));
    pair_close(&pair);
}

/* A side that is replaced, as when its process died. */
static void test_who_comes_later_goes_on(void **state)
{
    struct pair pair;
    size_t size;

    (void)state;
    pair_open(&pair);
    memcpy(belt_room(&pair.writer, &size), "abcdef", 6);
    belt_put(&pair.writer, 6);
    belt_take(&pair.reader, 2);
    belt_close(&pair.writer);
    belt_close(&pair.reader);
    assert_int_equal(belt_map(&pair.writer, pair.fd, BELT_WRITES), 0);
    assert_int_equal(belt_map(&pair.reader, pair.fd, BELT_READS), 0);
    assert_int_equal(belt_written(&pair.writer), 6);
    memcpy(belt_room(&pair.writer, &size), "gh", 2);
    belt_put(&pair.writer, 2);
    assert_memory_equal(belt_bytes(&pair.reader, &size), "cdefgh", 6);
    assert_int_equal(size, 6);
    pair_close(&pair);
}

/* Whatever the other side writes into its words, nothing beyond the belt is lent. */
static void test_the_other_side_lies(void **state)
{
    static const uint64_t lies[] = {1, CAPACITY, CAPACITY + 1, UINT64_MAX, UINT64_MAX / 2};
    struct pair pair;
    uint64_t *words;
    size_t size;

    (void)state;
    pair_open(&pair);
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, pair.fd, 0);
    assert_true(words != MAP_FAILED);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        for (size_t word = 1; word < 512; word++)
            words[word] = lies[i];
        assert_in_range(belt_bytes(&pair.reader, &size) - pair.reader.data, 0, CAPACITY - 1);
        assert_in_range(size, 0, CAPACITY);
        assert_in_range(belt_room(&pair.writer, &size) - pair.writer.data, 0, CAPACITY - 1);
        assert_in_range(size, 0, CAPACITY);
        belt_wait_for_bytes(&pair.reader, 1);
        belt_wait_for_room(&pair.writer, 1);
    }
    munmap(words, 4096);
    pair_close(&pair);
}

static void test_what_is_no_belt(void **state)
{
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    struct belt belt;

    (void)state;
    assert_int_equal(belt_make(0), -EINVAL);
    assert_int_equal(belt_make(4095), -EINVAL);
    assert_int_equal(ftruncate(fd, 3 * 4096), 0);
    assert_int_equal(belt_map(&belt, fd, BELT_READS), -EBADMSG);
    assert_null(belt.page);
    assert_int_equal(belt_map(&belt, STDERR_FILENO, BELT_READS), -EBADMSG);
    assert_int_equal(belt_map(&belt, -1, BELT_READS), -EBADMSG);
    close(fd);
}

/* The writer, in a process of its own; both wait whenever they can. */
static void write_all(struct belt *belt, int bell)
{
    uint32_t seed = 1;

    for (size_t done = 0; done < PASSED;) {
        size_t room, size = (seed = seed * 1664525 + 1013904223) >> 19;
        uint8_t *at;
        char word;

        while (belt_wait_for_room(belt, size + 1))
            if (read(bell, &word, 1) != 1)
                _exit(1);
        at = belt_room(belt, &room);
        for (size_t i = 0; i <= size; i++)
            at[i] = (uint8_t)((done + i) * 31 >> 3);
        done += size + 1;
        if (belt_put(belt, size + 1) && write(bell, "", 1) != 1)
            _exit(1);
    }
    shutdown(bell, SHUT_WR);
    _exit(0);
}

static void test_two_processes(void **state)
{
    struct pair pair;
    size_t done = 0;
    int bells[2];
    int status;
    pid_t pid;

    (void)state;
    pair_open(&pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, bells), 0);
    pid = fork();
    if (pid == 0) {
        close(bells[0]);
        write_all(&pair.writer, bells[1]);
    }
    close(bells[1]);
    for (bool ended = false;;) {
        size_t size;
        const uint8_t *bytes;
        char word;

        while (!ended && belt_wait_for_bytes(&pair.reader, 1 + done % 5000))
            ended = read(bells[0], &word, 1) != 1;
        bytes = belt_bytes(&pair.reader, &size);
        if (size == 0)
            break;
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], (uint8_t)((done + i) * 31 >> 3));
        done += size;
        if (belt_take(&pair.reader, size))
            (void)!send(bells[0], "", 1, MSG_NOSIGNAL);
    }
    assert_true(done >= PASSED);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(bells[0]);
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_stay_in_order),
        cmocka_unit_test(test_who_waits_is_told_once),
        cmocka_unit_test(test_who_comes_later_goes_on),
        cmocka_unit_test(test_the_other_side_lies),
        cmocka_unit_test(test_what_is_no_belt),
        cmocka_unit_test(test_two_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
