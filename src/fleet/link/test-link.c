/* The way to a machine: it opens, what broke comes back, and who waits in a line gets there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "fleet/link/link.h"
#include "fleet/link/test-way.h"
#include "proto/right.h"

static void test_opens(void **state)
{
    struct way *way = *state;

    way->world.agent.wall_ahead_ms = 3600 * 1000;
    way_open(way);
    assert_string_equal(way->watched.states, "connecting securing greeting opening ready ");
    assert_string_equal(link_info(way->link)->name, "web1");
    assert_string_equal(link_info(way->link)->run_as, "root,www-data");
    assert_string_equal(link_info(way->link)->operator_label, "alice@laptop");
    assert_int_equal(link_info(way->link)->rights, RIGHT_OBSERVE | RIGHT_RUN | RIGHT_CONTROL);
    assert_memory_equal(link_info(way->link)->id, way->world.agent.id, MACHINE_ID_SIZE);
    assert_memory_equal(link_info(way->link)->epoch, way->world.agent.epoch, EPOCH_SIZE);
    assert_in_range(link_info(way->link)->clock_ahead_ms, 3590 * 1000, 3610 * 1000);
    assert_int_equal(link_factory_handshakes(way->world.factory), 0);
    assert_true(link_boot_ms(way->link) > 1000 * 1000);
}

static void test_name(void **state)
{
    struct way *way = *state;

    way->target.host = "localhost"; /* whichever family comes first, 127.0.0.1 is found */
    way_open(way);
    assert_true(text_starts(way->watched.states, "resolving connecting "));
}

static void test_accept_new(void **state)
{
    struct way *way = *state;

    way->target.id = NULL;
    way->target.accept_new = true;
    way_open(way);
    assert_memory_equal(link_info(way->link)->id, way->world.agent.id, MACHINE_ID_SIZE);
}

static void test_bare(void **state)
{
    struct way *way = *state;

    way->target.bare = true;
    way_open(way);
    assert_string_equal(way->watched.states, "connecting securing greeting ready ");
    assert_int_equal(way->world.agent.opens, 0);
}

/* ---- staying ---- */

static void test_reconnects(void **state)
{
    struct way *way = *state;

    way->target.persistent = true;
    way_open(way);
    way->watched.ready = false;
    test_agent_cut(&way->world.agent);
    test_world_run(&way->world, &way->watched.ready);
    assert_int_equal(way->watched.readies, 2);
    assert_int_equal(way->watched.failures, 1);
    assert_in_range(way->watched.pauses[0], 125, 250);
    assert_int_equal(way->world.agent.connections, 2);
}

static void test_unwanted_stays_closed(void **state)
{
    struct way *way = *state;

    way_open(way);
    test_agent_cut(&way->world.agent);
    test_world_run(&way->world, &way->watched.failed);
    assert_int_equal(link_state(way->link), LINK_CLOSED);
    way->watched.ready = false;
    link_connect(way->link);
    test_world_run(&way->world, &way->watched.ready);
}

static void test_pauses_grow(void **state)
{
    struct way *way = *state;

    way->target.port = test_closed_port();
    way->target.persistent = true;
    way_start(way);
    way->watched.stop_after = 4;
    test_world_run(&way->world, &way->watched.failed);
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(way->watched.pauses[i], 125u << i, 250u << i);
}

static void test_accepted_id_must_stay(void **state)
{
    struct way *way = *state;
    struct test_agent second;
    uint8_t first_id[MACHINE_ID_SIZE];

    way->target.id = NULL;
    way->target.accept_new = true;
    way->target.persistent = true;
    way_open(way);
    memcpy(first_id, way->world.agent.id, MACHINE_ID_SIZE);
    /* Another machine answers at the address now. */
    test_agent_start(&second, &way->world.loop, way->world.signer);
    struct tls_context *context = way->world.agent.factory.context;
    way->world.agent.factory.context = second.context;
    test_agent_cut(&way->world.agent);
    test_world_run(&way->world, &way->watched.closed);
    assert_int_equal(way->watched.trouble.code, PROBLEM_ID_CHANGED);
    assert_memory_equal(way->watched.trouble.pinned, first_id, MACHINE_ID_SIZE);
    test_agent_stop(&second);
    uv_run(&way->world.loop, UV_RUN_NOWAIT);
    way->world.agent.factory.context = context;
    test_agent_deinit(&second);
}

/* ---- lines ---- */

static void stand_in_line(uint32_t handshakes, uint32_t places)
{
    struct test_world world;
    struct watched watched[6];
    struct link_target target;

    test_world_begin(&world);
    world.settings.handshakes = handshakes;
    world.settings.places = places;
    target = test_world_target(&world);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        watched_start(&watched[i], &world, &target);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++) {
        assert_true(link_factory_handshakes(world.factory) <= handshakes);
        test_world_run(&world, &watched[i].ready);
    }
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    test_world_end(&world);
}

/* Before the handshakes, before the places to connect from, before both. */
static void test_line_before_handshakes(void **state)
{
    (void)state;
    stand_in_line(2, 0);
    stand_in_line(1, 3);
    stand_in_line(2, 1);
    stand_in_line(1, 1);
}

/* A line that is narrowed stands still, goes on one by one, and as usual when it is wide again. */
static void test_narrow_line(void **state)
{
    struct test_world world;
    struct watched watched[4];
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    link_factory_narrow(test_world_factory(&world), 0);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        watched_start(&watched[i], &world, &target);
    test_world_wait(&world, 300);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        assert_int_equal(watched[i].ready, 0);
    link_factory_let_one(world.factory);
    assert_int_equal(link_factory_handshakes(world.factory), 1);
    test_world_run(&world, &watched[0].ready);
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    link_factory_narrow(world.factory, 2);
    assert_int_equal(link_factory_handshakes(world.factory), 2);
    link_factory_narrow(world.factory, UINT32_MAX);
    assert_int_equal(link_factory_handshakes(world.factory), 3);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        test_world_run(&world, &watched[i].ready);
    link_factory_let_one(world.factory); /* of an empty line */
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    test_world_end(&world);
}

/* Freed and disconnected while they are connected and wait for a handshake. */
static void test_leaves_the_line(void **state)
{
    static struct watched watched[4]; /* the links live until the world ends */
    struct way *way = *state;
    struct link *links[ELEMENTS_OF(watched)];

    way->world.settings.handshakes = 1;
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        links[i] = watched_start(&watched[i], &way->world, &way->target);
    for (unsigned i = 0; i < 200 && link_state(links[0]) < LINK_SECURING; i++)
        uv_run(&way->world.loop, UV_RUN_ONCE);
    for (unsigned i = 1; i < ELEMENTS_OF(links); i++)
        assert_int_equal(link_state(links[i]), LINK_CONNECTING);
    link_free(links[1]);
    link_disconnect(links[2]);
    test_world_run(&way->world, &watched[3].ready);
    assert_false(watched[1].ready);
    assert_false(watched[2].ready);
    assert_int_equal(link_factory_handshakes(way->world.factory), 0);
}

/* ---- ends ---- */

static void test_disconnect(void **state)
{
    struct way *way = *state;

    way->target.persistent = true;
    way_open(way);
    link_disconnect(way->link);
    test_world_run(&way->world, &way->watched.closed);
    assert_int_equal(way->watched.failures, 0);
}

/* Freed at every stage: nothing may be left in the loop, and nothing be used after. */
static void test_free_at_any_time(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 16; turns++) {
        struct way way;

        way_begin(&way);
        way.target.persistent = true;
        if (turns % 2)
            way.target.host = "localhost";
        way_start(&way);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&way.world.loop, UV_RUN_NOWAIT);
        link_free(way.link);
        way_end(&way);
    }
}

static void on_ready_free(struct link *link, const struct link_info *info, void *user)
{
    (void)info;
    *(bool *)user = true;
    link_free(link);
}

static void on_ready_count(struct link *link, const struct link_info *info, void *user)
{
    (void)link;
    (void)info;
    ++*(unsigned *)user;
}

static void test_free_in_callback(void **state)
{
    static const struct link_events freeing = {.on_ready = on_ready_free};
    static const struct link_events counting = {.on_ready = on_ready_count};
    struct way *way = *state;
    struct link *link;
    unsigned readies = 0;
    bool done = false;
    struct link_watcher first = {.events = &freeing, .user = &done};
    struct link_watcher second = {.events = &counting, .user = &readies};

    assert_int_equal(link_new(&link, test_world_factory(&way->world), &way->target), 0);
    link_watch(link, &first);
    link_watch(link, &second);
    link_connect(link);
    test_world_run(&way->world, &done);
    assert_int_equal(readies, 0); /* it came after the one that freed */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        way_test(test_opens),
        way_test(test_name),
        way_test(test_accept_new),
        way_test(test_bare),
        way_test(test_reconnects),
        way_test(test_unwanted_stays_closed),
        way_test(test_pauses_grow),
        way_test(test_accepted_id_must_stay),
        cmocka_unit_test(test_line_before_handshakes),
        cmocka_unit_test(test_narrow_line),
        way_test(test_leaves_the_line),
        way_test(test_disconnect),
        cmocka_unit_test(test_free_at_any_time),
        way_test(test_free_in_callback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
