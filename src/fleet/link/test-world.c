/* See test-world.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

enum { LIMIT_MS = 20 * 1000 }; /* for hangs only */

void test_world_begin(struct test_world *world)
{
    char path[96];
    struct fault fault;

    *world = (struct test_world){.directory = "/tmp/hune-test-XXXXXX"};
    assert_non_null(mkdtemp(world->directory));
    snprintf(path, sizeof(path), "%s/id_ed25519", world->directory);
    assert_int_equal(signer_open(NULL, path, &world->signer, &fault), 0);
    uv_loop_init(&world->loop);
    uv_timer_init(&world->loop, &world->limit);
    world->limit.data = world;
    test_agent_start(&world->agent, &world->loop, world->signer);
}

struct link_factory *test_world_factory(struct test_world *world)
{
    if (!world->factory) {
        world->settings.loop = &world->loop;
        if (!world->settings.signer)
            world->settings.signer = world->signer;
        assert_int_equal(link_factory_new(&world->factory, &world->settings), 0);
    }
    return world->factory;
}

struct link_target test_world_target(const struct test_world *world)
{
    return (struct link_target){
        .host = "127.0.0.1", .port = world->agent.port, .id = world->agent.id};
}

/* Wakes the loop now and then: one turn of it runs timers first, and would then sleep although they
 * changed what it is waited for. */
static void on_limit(uv_timer_t *timer)
{
    struct test_world *world = timer->data;

    world->is_late = clock_monotonic_ms() >= world->limit_ms;
}

static void begin_limit(struct test_world *world, unsigned ms)
{
    world->is_late = false;
    world->limit_ms = clock_monotonic_ms() + ms;
    uv_timer_start(&world->limit, on_limit, 2, 2);
}

void test_world_run(struct test_world *world, const bool *done)
{
    begin_limit(world, LIMIT_MS);
    while (!*done && !world->is_late)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->limit);
    assert_true(*done);
}

void test_world_wait(struct test_world *world, unsigned ms)
{
    begin_limit(world, ms);
    while (!world->is_late)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_timer_stop(&world->limit);
}

void test_world_end(struct test_world *world)
{
    char path[96];

    link_factory_free(world->factory);
    test_agent_stop(&world->agent);
    /* A handle that nobody closed must fail the test, and not hold it for ever. */
    uv_unref((uv_handle_t *)&world->limit);
    begin_limit(world, LIMIT_MS);
    while (uv_loop_alive(&world->loop) && !world->is_late)
        uv_run(&world->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&world->limit, NULL);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    test_agent_deinit(&world->agent);
    signer_free(world->signer);
    snprintf(path, sizeof(path), "%s/id_ed25519", world->directory);
    unlink(path);
    snprintf(path, sizeof(path), "%s/id_ed25519.pub", world->directory);
    unlink(path);
    assert_int_equal(rmdir(world->directory), 0);
}
