/* See loop.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "warden/loop.h"

enum { SOURCES = 8 };

struct ground {
    struct loop loop;
    struct loop_source sources[SOURCES];
    int writers[SOURCES];
    unsigned calls[SOURCES];
    int victim; /* the source that the first one called removes, or -1 */
    struct loop_timer limit;
    struct loop_timer timers[4];
    char order[64]; /* in which timers came */
};

static struct ground ground;

static void on_limit(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(&ground.loop);
}

static void ground_make(void)
{
    ground = (struct ground){.victim = -1};
    for (int i = 0; i < SOURCES; i++)
        ground.sources[i].fd = ground.writers[i] = -1;
    assert_int_equal(loop_init(&ground.loop), 0);
    loop_timer_init(&ground.limit, on_limit);
}

static void ground_remove(void)
{
    for (int i = 0; i < SOURCES; i++) {
        loop_unwatch(&ground.sources[i]);
        if (ground.sources[i].fd >= 0)
            close(ground.sources[i].fd);
        if (ground.writers[i] >= 0)
            close(ground.writers[i]);
    }
    loop_deinit(&ground.loop);
}

static void open_pipe(int number, void (*on_ready)(struct loop_source *, uint32_t))
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    ground.sources[number] = (struct loop_source){.fd = ends[0], .on_ready = on_ready};
    ground.writers[number] = ends[1];
    assert_int_equal(loop_watch(&ground.loop, &ground.sources[number], EPOLLIN), 0);
}

static void run_for(uint64_t ms)
{
    ground.loop.stopped = false;
    loop_timer_start(&ground.loop, &ground.limit, ms);
    assert_int_equal(loop_run(&ground.loop), 0);
}

static void on_count(struct loop_source *source, uint32_t events)
{
    char byte;

    assert_true(events & EPOLLIN);
    ground.calls[source - ground.sources]++;
    assert_int_equal(read(source->fd, &byte, 1), 1);
}

static void test_ready_sources(void **state)
{
    (void)state;
    ground_make();
    open_pipe(0, on_count);
    open_pipe(1, on_count);
    assert_int_equal(write(ground.writers[1], "abc", 3), 3);
    run_for(20);
    assert_int_equal(ground.calls[0], 0);
    assert_int_equal(ground.calls[1], 3);
    /* Nothing after it was removed, and again after it was added. */
    loop_unwatch(&ground.sources[1]);
    loop_unwatch(&ground.sources[1]);
    assert_int_equal(write(ground.writers[1], "d", 1), 1);
    run_for(20);
    assert_int_equal(ground.calls[1], 3);
    assert_int_equal(loop_watch(&ground.loop, &ground.sources[1], EPOLLIN), 0);
    run_for(20);
    assert_int_equal(ground.calls[1], 4);
    ground_remove();
}

static void on_remove_another(struct loop_source *source, uint32_t events)
{
    struct loop_source *victim = &ground.sources[ground.victim];

    on_count(source, events);
    /* The first that is called removes the other, which is ready as well: closed and overwritten,
     * as freed memory would be. */
    if (victim == source)
        victim = &ground.sources[ground.victim ^ 1];
    loop_unwatch(victim);
    close(victim->fd);
    *victim = (struct loop_source){.fd = -1};
}

static void test_source_removes_another_of_its_round(void **state)
{
    (void)state;
    ground_make();
    ground.victim = 1;
    open_pipe(0, on_remove_another);
    open_pipe(1, on_remove_another);
    assert_int_equal(write(ground.writers[0], "a", 1), 1);
    assert_int_equal(write(ground.writers[1], "a", 1), 1);
    run_for(20);
    assert_int_equal(ground.calls[0] + ground.calls[1], 1);
    ground_remove();
}

static void on_remove_itself(struct loop_source *source, uint32_t events)
{
    (void)events;
    ground.calls[source - ground.sources]++;
    loop_unwatch(source);
    close(source->fd);
    *source = (struct loop_source){.fd = -1};
}

static void test_source_removes_itself(void **state)
{
    (void)state;
    ground_make();
    open_pipe(0, on_remove_itself);
    open_pipe(1, on_count);
    assert_int_equal(write(ground.writers[0], "a", 1), 1);
    assert_int_equal(write(ground.writers[1], "a", 1), 1);
    run_for(20);
    assert_int_equal(ground.calls[0], 1);
    assert_int_equal(ground.calls[1], 1);
    ground_remove();
}

/* A source for errors alone, and one whose events change. */
static void on_any(struct loop_source *source, uint32_t events)
{
    ground.calls[source - ground.sources] |= events;
    loop_unwatch(source);
}

static void test_events(void **state)
{
    (void)state;
    ground_make();
    open_pipe(0, on_any);
    assert_int_equal(loop_watch(&ground.loop, &ground.sources[0], 0), 0);
    assert_int_equal(write(ground.writers[0], "a", 1), 1);
    run_for(20);
    assert_int_equal(ground.calls[0], 0);
    close(ground.writers[0]);
    ground.writers[0] = -1;
    run_for(20);
    assert_true(ground.calls[0] & EPOLLHUP);
    assert_int_equal(loop_watch(&ground.loop, &ground.sources[0], EPOLLIN), 0);
    run_for(20);
    assert_true(ground.calls[0] & EPOLLIN);
    ground_remove();
}

static void test_bad_descriptor(void **state)
{
    struct loop_source source = {.fd = -1};

    (void)state;
    ground_make();
    assert_int_equal(loop_watch(&ground.loop, &source, EPOLLIN), -EBADF);
    assert_null(source.loop);
    loop_unwatch(&source);
    ground_remove();
}

static void note(struct loop_timer *timer)
{
    size_t length = strlen(ground.order);

    assert_true(length + 1 < sizeof(ground.order));
    ground.order[length] = (char)('0' + (timer - ground.timers));
}

static void start(int number, uint64_t in_ms)
{
    loop_timer_start(&ground.loop, &ground.timers[number], in_ms);
}

static void test_timers_in_order(void **state)
{
    uint64_t begin;

    (void)state;
    ground_make();
    for (size_t i = 0; i < ELEMENTS_OF(ground.timers); i++)
        loop_timer_init(&ground.timers[i], note);
    start(0, 30);
    start(1, 10);
    start(2, 20);
    start(3, 10); /* as late as the first of these: in the order of their starts */
    begin = clock_monotonic_ms();
    run_for(60);
    assert_string_equal(ground.order, "1320");
    assert_true(clock_monotonic_ms() - begin >= 60);
    ground_remove();
}

static void test_timers_stopped_and_moved(void **state)
{
    (void)state;
    ground_make();
    for (size_t i = 0; i < ELEMENTS_OF(ground.timers); i++)
        loop_timer_init(&ground.timers[i], note);
    start(0, 10);
    start(1, 20);
    start(2, 5);
    loop_timer_stop(&ground.timers[2]);
    loop_timer_stop(&ground.timers[2]);
    loop_timer_stop(&ground.timers[3]); /* was never started */
    start(0, 30);                       /* behind the other */
    run_for(50);
    assert_string_equal(ground.order, "10");
    run_for(20);
    assert_string_equal(ground.order, "10");
    ground_remove();
}

/* A timer that starts itself again, stops another that is due, and starts a third. */
static void on_change(struct loop_timer *timer)
{
    note(timer);
    loop_timer_stop(&ground.timers[1]);
    if (strlen(ground.order) < 3)
        loop_timer_start(&ground.loop, timer, 2);
    else
        start(2, 0);
}

static void test_timer_changes_timers(void **state)
{
    (void)state;
    ground_make();
    for (size_t i = 0; i < ELEMENTS_OF(ground.timers); i++)
        loop_timer_init(&ground.timers[i], note);
    loop_timer_init(&ground.timers[0], on_change);
    start(0, 0);
    start(1, 0);
    run_for(40);
    assert_string_equal(ground.order, "0002");
    ground_remove();
}

/* Timers come even while a source is always ready. */
static void on_busy(struct loop_source *source, uint32_t events)
{
    (void)events;
    ground.calls[source - ground.sources]++;
}

static void test_timer_beside_a_busy_source(void **state)
{
    (void)state;
    ground_make();
    open_pipe(0, on_busy);
    assert_int_equal(write(ground.writers[0], "a", 1), 1);
    run_for(10);
    assert_true(ground.calls[0] > 0);
    ground_remove();
}

static void on_stop(struct loop_source *source, uint32_t events)
{
    (void)events;
    ground.calls[source - ground.sources]++;
    loop_stop(&ground.loop);
}

static void test_stop_ends_the_round(void **state)
{
    (void)state;
    ground_make();
    open_pipe(0, on_stop);
    open_pipe(1, on_stop);
    assert_int_equal(write(ground.writers[0], "a", 1), 1);
    assert_int_equal(write(ground.writers[1], "a", 1), 1);
    assert_int_equal(loop_run(&ground.loop), 0);
    assert_int_equal(ground.calls[0] + ground.calls[1], 1);
    /* Nothing of the round is kept: what is removed now is no longer looked at. */
    loop_unwatch(&ground.sources[0]);
    loop_unwatch(&ground.sources[1]);
    ground_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_sources),
        cmocka_unit_test(test_source_removes_another_of_its_round),
        cmocka_unit_test(test_source_removes_itself),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_bad_descriptor),
        cmocka_unit_test(test_timers_in_order),
        cmocka_unit_test(test_timers_stopped_and_moved),
        cmocka_unit_test(test_timer_changes_timers),
        cmocka_unit_test(test_timer_beside_a_busy_source),
        cmocka_unit_test(test_stop_ends_the_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
