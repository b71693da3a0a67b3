/* See replay.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/failing-malloc.h"
#include "proto/problem.h"
#include "warden/replay.h"

enum { RECORD_SIZE = 48, FIRST_ROOM = 1023 /* before it grows */ };

static int init(struct replay *replay, const struct folder *folder, bool fresh)
{
    return replay_init(replay, folder->place.run, folder->place.state, fresh);
}

static void init_again(struct replay *replay, const struct folder *folder, bool fresh)
{
    replay_deinit(replay);
    assert_int_equal(init(replay, folder, fresh), 0);
}

/* An order whose id holds the number, that is good for an hour more. */
static struct order make(uint32_t number, bool waiting)
{
    uint64_t now = waiting ? clock_wall_ms() : clock_boot_ms();
    struct order order = {.issued = now, .expires = now + 3600000, .verb = VERB_RUN};

    memset(order.epoch, waiting ? 0 : 'e', sizeof(order.epoch));
    /* Where the random bytes of a UUIDv7 are. */
    memcpy(order.id + UUID_SIZE - sizeof(number), &number, sizeof(number));
    return order;
}

static void accept_one(struct replay *replay, const struct order *order)
{
    assert_null(replay_find(replay, order->id));
    assert_int_equal(replay_accept(replay, order), 0);
    assert_non_null(replay_find(replay, order->id));
}

static off_t size_of(const struct folder *folder, const char *name)
{
    _cleanup_free_ char *path = place_path(folder->path, name);
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    return info.st_size;
}

static void test_accept_and_finish(void **state)
{
    struct folder *folder = *state;
    struct order order = make(1, false);
    const struct replay_entry *entry;
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    accept_one(&replay, &order);
    entry = replay_find(&replay, order.id);
    assert_int_equal(entry->state.state, STATE_RUNNING);
    assert_int_equal(entry->verb, VERB_RUN);
    assert_false(entry->waiting);
    replay_finish(&replay, order.id, (struct job_state){STATE_SIGNALLED, 15});
    assert_int_equal(replay_find(&replay, order.id)->state.state, STATE_SIGNALLED);
    assert_int_equal(replay_find(&replay, order.id)->state.detail, 15);
    /* Of one that was never accepted there is nothing to remember. */
    order.id[5] ^= 1;
    replay_finish(&replay, order.id, (struct job_state){STATE_EXITED, 0});
    assert_null(replay_find(&replay, order.id));
    replay_deinit(&replay);
    replay_deinit(&replay); /* harmless */
}

static void test_new_warden(void **state)
{
    struct folder *folder = *state;
    struct order ended = make(1, false);
    struct order ran = make(2, false);
    struct order waited = make(3, true);
    struct order waits = make(4, true);
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    accept_one(&replay, &ended);
    accept_one(&replay, &ran);
    accept_one(&replay, &waited);
    accept_one(&replay, &waits);
    replay_finish(&replay, ended.id, (struct job_state){STATE_EXITED, 7});
    replay_finish(&replay, waited.id, (struct job_state){STATE_REFUSED, PROBLEM_RUN_AS});
    for (int i = 0; i < 3; i++) {
        init_again(&replay, folder, false);
        assert_int_equal(replay_find(&replay, ended.id)->state.state, STATE_EXITED);
        assert_int_equal(replay_find(&replay, ended.id)->state.detail, 7);
        assert_int_equal(replay_find(&replay, ended.id)->verb, VERB_RUN);
        assert_int_equal(replay_find(&replay, ended.id)->expires, ended.expires);
        assert_int_equal(replay_find(&replay, ran.id)->state.state, STATE_LOST);
        assert_int_equal(replay_find(&replay, waited.id)->state.state, STATE_REFUSED);
        assert_int_equal(replay_find(&replay, waits.id)->state.state, STATE_LOST);
        assert_true(replay_find(&replay, waits.id)->waiting);
    }
    /* A new epoch makes the orders of the old one void, but not those that waited. */
    init_again(&replay, folder, true);
    assert_null(replay_find(&replay, ended.id));
    assert_null(replay_find(&replay, ran.id));
    assert_non_null(replay_find(&replay, waited.id));
    assert_non_null(replay_find(&replay, waits.id));
    replay_deinit(&replay);
}

static void test_torn_last_record(void **state)
{
    struct order first = make(1, true);
    struct order second = make(2, true);
    struct order third = make(3, true);

    (void)state;
    for (size_t torn = 1; torn < RECORD_SIZE; torn++) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;
        struct folder folder;
        struct replay replay;

        folder_make(&folder);
        assert_int_equal(init(&replay, &folder, true), 0);
        accept_one(&replay, &first);
        accept_one(&replay, &second);
        folder_read(&folder, "state/seen-waiting", &content);
        assert_int_equal(buffer_length(&content), 2 * RECORD_SIZE);
        folder_write(&folder, "state/seen-waiting", buffer_bytes(&content), RECORD_SIZE + torn);
        init_again(&replay, &folder, false);
        assert_non_null(replay_find(&replay, first.id));
        assert_null(replay_find(&replay, second.id));
        /* What is written next stands where a record begins. */
        accept_one(&replay, &third);
        init_again(&replay, &folder, false);
        assert_non_null(replay_find(&replay, first.id));
        assert_non_null(replay_find(&replay, third.id));
        replay_deinit(&replay);
        folder_remove(&folder);
    }
}

/* One bad sector must not make all later orders good again. */
static void test_corrupt_record(void **state)
{
    struct folder *folder = *state;
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    for (uint32_t i = 0; i < 600; i++) {
        struct order order = make(i, true);

        accept_one(&replay, &order);
    }
    for (uint32_t bad = 0; bad < 600; bad += 299) {
        _cleanup_buffer_ struct buffer content = BUFFER_INIT;

        folder_read(folder, "state/seen-waiting", &content);
        memset(buffer_bytes(&content) + bad * RECORD_SIZE, 0, RECORD_SIZE);
        folder_write(folder, "state/seen-waiting", buffer_bytes(&content), buffer_length(&content));
        init_again(&replay, folder, false);
        for (uint32_t i = 0; i < 600; i++) {
            struct order order = make(i, true);

            assert_true((replay_find(&replay, order.id) == NULL) == (i <= bad && i % 299 == 0));
        }
    }
    replay_deinit(&replay);
}

/* The file size limit stands for a full disk: half a record is written, then no more. */
static void test_full_disk(void **state)
{
    struct folder *folder = *state;
    struct order first = make(1, false);
    struct order second = make(2, false);
    struct order third = make(3, false);
    struct rlimit before;
    struct rlimit small;
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    accept_one(&replay, &first);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = RECORD_SIZE + 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(replay_accept(&replay, &second), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_null(replay_find(&replay, second.id));
    assert_int_equal(size_of(folder, "run/seen"), RECORD_SIZE);
    accept_one(&replay, &third);
    init_again(&replay, folder, false);
    assert_non_null(replay_find(&replay, first.id));
    assert_null(replay_find(&replay, second.id));
    assert_non_null(replay_find(&replay, third.id));
    replay_deinit(&replay);
}

static void test_expired_are_dropped(void **state)
{
    struct folder *folder = *state;
    struct order running = make(999999, false);
    struct order good = make(999998, false);
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    accept_one(&replay, &good);
    replay_finish(&replay, good.id, (struct job_state){STATE_EXITED, 0});
    running.expires = 1;
    accept_one(&replay, &running);
    for (uint32_t i = 0; i < 20 * FIRST_ROOM; i++) {
        struct order order = make(i, false);

        order.expires = 1;
        accept_one(&replay, &order);
        replay_finish(&replay, order.id, (struct job_state){STATE_EXITED, i % 256});
    }
    /* Neither memory nor the journal grew with them. */
    assert_int_equal(replay.capacity, FIRST_ROOM + 1);
    assert_true(size_of(folder, "run/seen") <= (off_t)(2 * (FIRST_ROOM + 1) * RECORD_SIZE));
    /* What is still good, or still runs, stays. */
    assert_non_null(replay_find(&replay, good.id));
    assert_int_equal(replay_find(&replay, running.id)->state.state, STATE_RUNNING);
    init_again(&replay, folder, false);
    assert_int_equal(replay_find(&replay, good.id)->state.state, STATE_EXITED);
    assert_int_equal(replay_find(&replay, running.id)->state.state, STATE_LOST);
    replay_deinit(&replay);
}

static void test_many(void **state)
{
    struct folder *folder = *state;
    const uint32_t count = 100000;
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    for (uint32_t i = 0; i < count; i++) {
        struct order order = make(i, false);

        assert_int_equal(replay_accept(&replay, &order), 0);
        if (i % 2)
            replay_finish(&replay, order.id, (struct job_state){STATE_EXITED, i % 256});
    }
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < count; i++) {
            struct order order = make(i, false);
            const struct replay_entry *entry = replay_find(&replay, order.id);

            assert_non_null(entry);
            assert_int_equal(entry->state.state,
                             i % 2 ? STATE_EXITED : (round ? STATE_LOST : STATE_RUNNING));
            assert_int_equal(entry->state.detail, i % 2 ? i % 256 : (round ? LOST_AGENT : 0));
        }
        if (round == 0)
            init_again(&replay, folder, false);
    }
    replay_deinit(&replay);
}

/* The wall clock stood an hour ahead when an order was accepted, and is right again now. */
static void test_clock_set_back(void **state)
{
    struct folder *folder = *state;
    struct order ahead = make(1, true);
    struct order old = make(2, true);
    struct replay replay;

    assert_int_equal(init(&replay, folder, true), 0);
    assert_in_range(replay_wall_ms(&replay), clock_wall_ms() - 1000, clock_wall_ms());
    ahead.issued += 3600000;
    ahead.expires += 3600000;
    accept_one(&replay, &ahead);
    assert_int_equal(replay_wall_ms(&replay), ahead.issued);
    /* The time of an order with an epoch is another clock's. */
    old = make(2, false);
    old.issued = UINT64_MAX;
    accept_one(&replay, &old);
    assert_int_equal(replay_wall_ms(&replay), ahead.issued);
    init_again(&replay, folder, false);
    assert_int_equal(replay_wall_ms(&replay), ahead.issued);
    replay_deinit(&replay);
}

/* Dropped by what the wall clock says now, an order would be good again when that is set back. */
static void test_waiting_are_dropped_by_what_is_kept(void **state)
{
    struct folder *folder = *state;
    struct order old = make(1, true);
    struct order newer = make(2, true);
    uint64_t now = clock_wall_ms();
    struct replay replay;
    uint32_t i = 10;

    assert_int_equal(init(&replay, folder, true), 0);
    old.issued = now - 7200000;
    old.expires = now - 3600000;
    accept_one(&replay, &old);
    replay_finish(&replay, old.id, (struct job_state){STATE_EXITED, 0});
    for (; i < 3 * FIRST_ROOM; i++) {
        struct order order = make(i, false);

        accept_one(&replay, &order);
    }
    assert_non_null(replay_find(&replay, old.id));
    accept_one(&replay, &newer);
    for (; i < 9 * FIRST_ROOM; i++) {
        struct order order = make(i, false);

        accept_one(&replay, &order);
    }
    assert_null(replay_find(&replay, old.id));
    /* And the journal that was written anew still knows the time. */
    init_again(&replay, folder, false);
    assert_null(replay_find(&replay, old.id));
    assert_true(replay.latest_wall_ms == newer.issued);
    replay_deinit(&replay);
}

static void test_no_folder(void **state)
{
    struct folder *folder = *state;
    struct replay replay;

    assert_int_equal(replay_init(&replay, "/nonexistent", folder->place.state, true), -ENOENT);
    assert_int_equal(replay_init(&replay, folder->place.run, "/nonexistent", true), -ENOENT);
}

/* Over several growths, with the failure at each allocation in turn: nothing accepted is forgotten.
 */
static int grow_with_failures(void *argument)
{
    const struct folder *folder = argument;
    struct replay replay;
    int r = init(&replay, folder, true);
    int failed = r;

    for (uint32_t i = 0; !r && i < 3 * FIRST_ROOM; i++) {
        struct order order = make(i, false);

        r = replay_accept(&replay, &order);
        if (r) {
            assert_int_equal(r, -ENOMEM);
            assert_null(replay_find(&replay, order.id));
            failed = r;
            r = replay_accept(&replay, &order); /* there is memory again */
            assert_int_equal(r, 0);
        }
    }
    for (uint32_t i = 0; !r && i < 3 * FIRST_ROOM; i++) {
        struct order order = make(i, false);

        assert_non_null(replay_find(&replay, order.id));
    }
    if (!r)
        replay_deinit(&replay);
    return failed;
}

static void test_no_memory(void **state)
{
    struct folder *folder = *state;

    assert_true(failing_malloc_run_lenient(grow_with_failures, folder) > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_accept_and_finish),
        folder_test(test_new_warden),
        cmocka_unit_test(test_torn_last_record),
        folder_test(test_corrupt_record),
        folder_test(test_full_disk),
        folder_test(test_expired_are_dropped),
        folder_test(test_many),
        folder_test(test_clock_set_back),
        folder_test(test_waiting_are_dropped_by_what_is_kept),
        folder_test(test_no_folder),
        folder_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
