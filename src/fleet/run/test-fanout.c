/* Many machines: every one ends in exactly one result, bounds hold, links are reused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fleet/run/test-many.h"

static void test_all_succeed(void **state)
{
    struct test_many *many = *state;

    many_go(many, many_job(many), MACHINES, 0, 0);
    many_wait(many);
    many_expect_each_once(many, MACHINES);
    assert_int_equal(fanout_exit_status(many->fanout), 0);
    assert_int_equal(many->output_bytes, 4 * MACHINES);
    assert_int_equal(many->world.agent.accepted, MACHINES);
}

static void test_none(void **state)
{
    struct test_many *many = *state;

    many_go(many, many_job(many), 0, 0, 0);
    many_wait(many);
    assert_int_equal(fanout_exit_status(many->fanout), 0);
}

static void test_largest_code(void **state)
{
    struct test_many *many = *state;

    many->exit_detail = 1000; /* each its own number, from 60 down */
    many_go(many, many_job(many), 40, 0, 0);
    many_wait(many);
    assert_int_equal(fanout_exit_status(many->fanout), 60);
}

static void test_mixed_fates(void **state)
{
    struct test_many *many = *state;

    many->wrong_from = 20;
    many->dead_from = 30;
    many_go(many, many_job(many), 40, 0, 0);
    many_wait(many);
    many_expect_each_once(many, 40);
    for (uint32_t i = 0; i < 20; i++)
        many_expect_state(many, i, STATE_EXITED, PROBLEM_NONE);
    for (uint32_t i = 20; i < 30; i++)
        many_expect_state(many, i, STATE_UNSENT, PROBLEM_ID_CHANGED);
    for (uint32_t i = 30; i < 40; i++)
        many_expect_state(many, i, STATE_UNSENT, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(fanout_exit_status(many->fanout), 255);
}

static void test_refused(void **state)
{
    struct test_many *many = *state;

    many->world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    many_go(many, many_job(many), 5, 0, 0);
    many_wait(many);
    many_expect_state(many, 4, STATE_REFUSED, PROBLEM_RIGHT_MISSING);
    assert_int_equal(fanout_exit_status(many->fanout), 254);
}

static void test_bounds(void **state)
{
    struct test_many *many = *state;

    many_go(many, many_job(many), MACHINES, 7, 0);
    while (!many->done) {
        uv_run(&many->world.loop, UV_RUN_ONCE);
        assert_true(fanout_visiting(many->fanout) <= 7);
    }
    assert_true(many->most_handshakes <= 7);
    assert_true(many->most_handshakes >= 3);
    many_expect_each_once(many, MACHINES);
}

/* A port whose queue is full: the kernel drops whoever connects. */
static int silent_listener(uint16_t *port_out, int fillers_out[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port_out = ntohs(address.sin_port);
    for (unsigned i = 0; i < 4; i++) {
        fillers_out[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fillers_out[i], (struct sockaddr *)&address, size);
    }
    return listener;
}

/* More silent machines than handshakes may be on their way: the others do not wait for their
 * time-out. */
static void test_silent_ones_hold_nobody_up(void **state)
{
    enum { SILENT = 12, LIVING = 20 };
    struct test_many *many = *state;
    int fillers[4], listener = silent_listener(&many->silent_port, fillers);
    uint64_t begun = clock_monotonic_ms();

    many->silent = SILENT;
    many->connecting = 4;
    many_go(many, many_job(many), SILENT + LIVING, 0, 0);
    while (many->result_count < LIVING)
        uv_run(&many->world.loop, UV_RUN_ONCE);
    assert_true(clock_monotonic_ms() - begun < 4000);
    for (uint32_t i = 0; i < SILENT; i++)
        assert_int_equal(many->results[i], 0);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(listener);
}

static void test_timeout(void **state)
{
    struct test_many *many = *state;

    many->exit_state = 0; /* no job ends */
    many_go(many, many_job(many), 10, 5, 1000);
    many_wait(many);
    many_expect_each_once(many, 10);
    many_expect_state(many, 0, STATE_RUNNING, PROBLEM_TIMEOUT);
    assert_int_equal(fanout_exit_status(many->fanout), 255);
}

static void test_timeout_unsent(void **state)
{
    struct test_many *many = *state;

    many->world.agent.silent_hello = true;
    many_go(many, many_job(many), 3, 0, 50);
    many_wait(many);
    many_expect_state(many, 2, STATE_UNSENT, PROBLEM_TIMEOUT);
}

static void test_stop(void **state)
{
    struct test_many *many = *state;

    many->stop_after = 10;
    many_go(many, many_job(many), MACHINES, 4, 0);
    many_wait(many);
    many_expect_each_once(many, MACHINES);
    many_expect_state(many, MACHINES - 1, STATE_UNSENT, PROBLEM_NONE);
}

static void test_free_under_way(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 12; turns++) {
        struct test_many many;

        many_begin(&many, false);
        many_go(&many, many_job(&many), 20, 0, 0);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&many.world.loop, UV_RUN_NOWAIT);
        many.fanout = fanout_free(many.fanout);
        many_end(&many);
    }
}

static void test_free_in_result(void **state)
{
    struct test_many *many = *state;

    many->free_in_result = true;
    many_go(many, many_job(many), 20, 0, 0);
    many_wait(many);
}

/* Links stay, and the second time no handshake is needed. */
static void test_warm(void **state)
{
    struct test_many *many = *state;

    many_go(many, many_job(many), 20, 0, 0);
    many_wait(many);
    assert_int_equal(many->world.agent.connections, 20);
    many->fanout = fanout_free(many->fanout);
    many_go(many, many_job(many), 20, 0, 0);
    many_wait(many);
    many_expect_each_once(many, 20);
    assert_int_equal(fanout_exit_status(many->fanout), 0);
    assert_int_equal(many->world.agent.connections, 20);
    assert_non_null(link_pool_peek(many->pool, 19));
    assert_null(link_pool_peek(many->pool, 20));
    link_pool_forget(many->pool);
    assert_null(link_pool_peek(many->pool, 19));
}

/* Warm links that died unnoticed are made again, without a failure. */
static void test_warm_but_dead(void **state)
{
    struct test_many *many = *state;

    many_go(many, many_job(many), 20, 0, 0);
    many_wait(many);
    many->fanout = fanout_free(many->fanout);
    test_agent_cut(&many->world.agent);
    many_go(many, many_job(many), 20, 0, 0);
    many_wait(many);
    assert_int_equal(fanout_exit_status(many->fanout), 0);
    assert_int_equal(many->world.agent.accepted, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        many_test(test_all_succeed),
        many_test(test_none),
        many_test(test_largest_code),
        many_test(test_mixed_fates),
        many_test(test_refused),
        many_test(test_bounds),
        many_test(test_silent_ones_hold_nobody_up),
        many_test(test_timeout),
        many_test(test_timeout_unsent),
        many_test(test_stop),
        cmocka_unit_test(test_free_under_way),
        many_test(test_free_in_result),
        warm_test(test_warm),
        warm_test(test_warm_but_dead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
