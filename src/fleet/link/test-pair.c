/* hune join: the code opens the door once, only to the machine of the link, and is never sent. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fleet/link/pair.h"
#include "fleet/link/test-world.h"
#include "proto/right.h"

struct joined {
    bool done;
    struct pair_result result;
    struct trouble trouble;
    unsigned times;
};

static void on_done(const struct pair_result *result, const struct trouble *trouble, void *user)
{
    struct joined *joined = user;

    assert_true((result == NULL) != (trouble == NULL));
    joined->done = true;
    joined->times++;
    if (result)
        joined->result = *result;
    if (trouble)
        joined->trouble = *trouble;
}

static struct invite_link invitation(const struct test_world *world)
{
    struct invite_link link = {.host = "127.0.0.1", .port = world->agent.port, .code = {1, 2, 3}};

    memcpy(link.machine, world->agent.id, MACHINE_ID_SIZE);
    return link;
}

/* An invitation to the agent, and what becomes of it. */
struct joining {
    struct test_world world;
    struct invite_link link;
    struct joined joined;
};

static int set_up(void **state)
{
    static struct joining joining;

    joining = (struct joining){0};
    test_world_begin(&joining.world);
    joining.link = invitation(&joining.world);
    *state = &joining;
    return 0;
}

static int tear_down(void **state)
{
    test_world_end(&((struct joining *)*state)->world);
    return 0;
}

#define joining_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void join(struct joining *joining)
{
    struct pair *pair;

    joining->joined = (struct joined){0};
    assert_int_equal(pair_start(&pair, test_world_factory(&joining->world), &joining->link,
                                "alice@laptop", on_done, &joining->joined),
                     0);
    test_world_run(&joining->world, &joining->joined.done);
    test_world_wait(&joining->world, 5);
    assert_int_equal(joining->joined.times, 1);
}

static void test_joins(void **state)
{
    struct joining *joining = *state;

    join(joining);
    assert_int_equal(joining->joined.trouble.code, PROBLEM_NONE);
    assert_memory_equal(joining->joined.result.id, joining->world.agent.id, MACHINE_ID_SIZE);
    assert_int_equal(joining->joined.result.rights, RIGHT_OBSERVE | RIGHT_RUN);
    assert_string_equal(joining->joined.result.run_as, "root");
    assert_string_equal(joining->joined.result.name, "web1");
    assert_int_equal(joining->world.agent.opens, 0);
}

static void test_wrong_code(void **state)
{
    struct joining *joining = *state;

    joining->link.code[9] = 1;
    join(joining);
    assert_int_equal(joining->joined.trouble.code, PROBLEM_INVITE_WRONG);
    assert_int_equal(joining->world.agent.pairs, 1);
}

static void test_another_machine(void **state)
{
    struct joining *joining = *state;

    joining->link.machine[0] ^= 1;
    join(joining);
    assert_int_equal(joining->joined.trouble.code, PROBLEM_ID_CHANGED);
    assert_int_equal(joining->world.agent.hellos + joining->world.agent.pairs, 0);
}

static void test_nobody_there(void **state)
{
    struct joining *joining = *state;

    joining->link.port = test_closed_port();
    join(joining);
    assert_int_equal(joining->joined.trouble.code, PROBLEM_CONNECTION_REFUSED);
}

static void test_cancelled(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 8; turns++) {
        struct test_world world;
        struct joined joined = {0};
        struct invite_link link;
        struct pair *pair;

        test_world_begin(&world);
        link = invitation(&world);
        assert_int_equal(
            pair_start(&pair, test_world_factory(&world), &link, NULL, on_done, &joined), 0);
        for (unsigned i = 0; i < turns && !joined.done; i++)
            uv_run(&world.loop, UV_RUN_NOWAIT);
        if (!joined.done)
            pair_cancel(pair);
        joined.times = 0;
        test_world_wait(&world, 3);
        assert_int_equal(joined.times, 0);
        test_world_end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        joining_test(test_joins),           joining_test(test_wrong_code),
        joining_test(test_another_machine), joining_test(test_nobody_there),
        cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
