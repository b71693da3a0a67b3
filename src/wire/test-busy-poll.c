/* See busy-poll.h. What it does is told by the loop and by its counts; the clock is asked only
 * whether it waited at least as long as it must. */
#include "wire/busy-poll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

enum { SHORT_NS = 2 * 1000 * 1000 };

struct scene {
    uv_loop_t loop;
    uv_poll_t poll;
    uv_idle_t idle;
    struct busy_poll busy;
    int event;
    unsigned heard;
};

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct scene *scene = poll->data;
    uint64_t count;

    assert_int_equal(status, 0);
    assert_int_equal(events, UV_READABLE);
    assert_int_equal(read(scene->event, &count, sizeof(count)), sizeof(count));
    scene->heard++;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){.event = eventfd(0, EFD_NONBLOCK)};
    assert_true(scene->event >= 0);
    assert_int_equal(uv_loop_init(&scene->loop), 0);
    assert_int_equal(uv_poll_init(&scene->loop, &scene->poll, scene->event), 0);
    assert_int_equal(uv_idle_init(&scene->loop, &scene->idle), 0);
    scene->poll.data = scene;
    assert_int_equal(uv_poll_start(&scene->poll, UV_READABLE, on_event), 0);
    uv_run(&scene->loop, UV_RUN_NOWAIT); /* libuv tells the kernel only now */
    busy_poll_init(&scene->busy, &scene->loop, SHORT_NS);
}

static void scene_close(struct scene *scene)
{
    uv_close((uv_handle_t *)&scene->poll, NULL);
    uv_close((uv_handle_t *)&scene->idle, NULL);
    uv_run(&scene->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&scene->loop), 0);
    close(scene->event);
}

static void say(const struct scene *scene)
{
    const uint64_t one = 1;

    assert_int_equal(write(scene->event, &one, sizeof(one)), sizeof(one));
}

/* What came is found, and left for the loop. */
static void test_something_comes(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    say(&scene);
    assert_true(busy_poll_wait(&scene.busy));
    assert_int_equal(scene.heard, 0);
    uv_run(&scene.loop, UV_RUN_NOWAIT);
    assert_int_equal(scene.heard, 1);
    assert_int_equal(scene.busy.misses, 0);
    scene_close(&scene);
}

/* Nothing comes: it waits its time, then rests as long, then lets the next ones pass. */
static void test_nothing_comes(void **state)
{
    struct scene scene;
    uint64_t begun = clock_monotonic_ns();

    (void)state;
    scene_open(&scene);
    assert_false(busy_poll_wait(&scene.busy));
    assert_true(clock_monotonic_ns() - begun >= SHORT_NS);
    assert_true(scene.busy.rests_until_ns >= begun + 2 * (uint64_t)SHORT_NS);
    for (unsigned misses = 1; misses < 9; misses++) {
        unsigned pass = 1u << (misses < 6 ? misses : 6);

        assert_int_equal(scene.busy.pass, pass);
        say(&scene); /* not even looked at */
        while (scene.busy.pass > 0) {
            scene.busy.rests_until_ns = 0;
            assert_false(busy_poll_wait(&scene.busy));
            assert_int_equal(scene.busy.pass, --pass);
        }
        uv_run(&scene.loop, UV_RUN_NOWAIT);
        scene.busy.rests_until_ns = 0;
        assert_false(busy_poll_wait(&scene.busy));
    }
    scene_close(&scene);
}

/* One answer in time, and it is trusted again. */
static void test_it_comes_back(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    assert_false(busy_poll_wait(&scene.busy));
    scene.busy.pass = 0;
    scene.busy.rests_until_ns = 0;
    say(&scene);
    assert_true(busy_poll_wait(&scene.busy));
    assert_int_equal(scene.busy.misses, 0);
    assert_int_equal(scene.busy.pass, 0);
    scene_close(&scene);
}

/* While it rests it does not wait, and does not count. */
static void test_it_rests(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    scene.busy.rests_until_ns = clock_monotonic_ns() + 3600 * UINT64_C(1000000000);
    say(&scene);
    assert_false(busy_poll_wait(&scene.busy));
    assert_int_equal(scene.busy.misses, 0);
    scene_close(&scene);
}

/* A loop that has work left is not kept from it. */
static void test_work_is_left(void **state)
{
    struct scene scene;

    (void)state;
    scene_open(&scene);
    assert_int_equal(uv_idle_start(&scene.idle, on_idle), 0);
    assert_true(busy_poll_wait(&scene.busy));
    assert_int_equal(scene.busy.rests_until_ns, 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_something_comes), cmocka_unit_test(test_nothing_comes),
        cmocka_unit_test(test_it_comes_back),   cmocka_unit_test(test_it_rests),
        cmocka_unit_test(test_work_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
