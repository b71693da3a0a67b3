/* The courier's ends over a belt, between two processes: more than fits, and a parcel whose packer
 * stays until it was taken. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "courier/ends.h"

enum { CAPACITY = 1 << 20, PIECE = 64 * 1024, LONG = 4 << 20, PATIENCE_S = 20 };

struct ends_of_belt {
    int belt;
    int bell[2]; /* ours, the child's */
    pid_t child;
};

static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at * 7 / 3);
}

static void belt_setup(struct ends_of_belt *both)
{
    both->belt = belt_make(CAPACITY);
    assert_true(both->belt >= 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both->bell), 0);
    both->child = fork();
    assert_true(both->child >= 0);
    close(both->bell[both->child == 0 ? 0 : 1]);
}

static int child_status(const struct ends_of_belt *both)
{
    int status;

    assert_int_equal(waitpid(both->child, &status, 0), both->child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In the child: `size` bytes in pieces, then all that the test wants of it. */
static int write_out(struct end *end, const struct ends_of_belt *both, size_t size)
{
    struct parcel_sink sink;
    int r = belt_sink(end, both->bell[1], both->belt, PATIENCE_S, &sink);

    for (size_t at = 0; !r && at < size;) {
        size_t step = size - at < PIECE ? size - at : PIECE;
        uint8_t *room;

        r = sink.lend(sink.user, step, &room);
        for (size_t i = 0; !r && i < step; i++)
            room[i] = byte_at(at + i);
        if (!r)
            r = sink.write(sink.user, room, step);
        at += step;
    }
    return r;
}

static void read_in(const struct parcel_source *source, size_t from, size_t size)
{
    size_t taken = 0;

    for (size_t at = from; at < from + size; at += taken) {
        size_t wanted = from + size - at < PIECE ? from + size - at : PIECE;
        const uint8_t *bytes;
        ssize_t got = source->read(source->user, taken, wanted, &bytes);

        assert_true(got >= (ssize_t)wanted);
        for (size_t i = 0; i < wanted; i++)
            assert_int_equal(bytes[i], byte_at(at + i));
        taken = wanted;
    }
    if (taken > 0) {
        const uint8_t *bytes;

        assert_true(source->read(source->user, taken, 0, &bytes) >= 0);
    }
}

/* Longer than the belt, with a small last piece whose writer lives on: what is there must come. */
static void test_in_place(void **state)
{
    struct ends_of_belt both;
    struct parcel_source source;
    struct end end;

    (void)state;
    belt_setup(&both);
    if (both.child == 0) {
        int r = write_out(&end, &both, LONG + 100);

        _exit(r ? 1 : belt_stay(&end) ? 2 : 0);
    }
    assert_int_equal(belt_source(&end, both.bell[0], both.belt, false, PATIENCE_S, &source), 0);
    read_in(&source, 0, LONG + 100);
    assert_int_equal(child_status(&both), 0);
    end_deinit(&end);
    close(both.belt);
    close(both.bell[0]);
}

static void test_stays(void **state)
{
    struct ends_of_belt both;
    struct parcel_source source;
    struct end end;
    char word;

    (void)state;
    belt_setup(&both);
    if (both.child == 0) {
        int r = write_out(&end, &both, 1000);

        _exit(r ? 1 : belt_stay(&end) ? 2 : 0);
    }
    /* The end of its words, and it still is there. */
    assert_int_equal(recv(both.bell[0], &word, 1, 0), 0);
    usleep(50 * 1000);
    assert_int_equal(waitpid(both.child, NULL, WNOHANG), 0);
    assert_int_equal(belt_source(&end, both.bell[0], both.belt, false, PATIENCE_S, &source), 0);
    read_in(&source, 0, 1000);
    assert_int_equal(child_status(&both), 0);
    end_deinit(&end);
    close(both.belt);
    close(both.bell[0]);
}

/* Nobody will ever take the rest. */
static void test_stays_for_nobody(void **state)
{
    struct ends_of_belt both;
    struct end end;

    (void)state;
    belt_setup(&both);
    if (both.child == 0) {
        int r = write_out(&end, &both, 1000);

        _exit(r ? 1 : belt_stay(&end) == -EPIPE ? 3 : 0);
    }
    close(both.bell[0]);
    assert_int_equal(child_status(&both), 3);
    close(both.belt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_stays),
        cmocka_unit_test(test_stays_for_nobody),
    };

    signal(SIGPIPE, SIG_IGN);
    alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
