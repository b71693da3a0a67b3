/* Many machines: every one ends in exactly one result, bounds hold, links are reused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fleet/run/test-crowd.h"

static void test_all_succeed(void **state)
{
    struct crowd *crowd = *state;

    crowd_go(crowd, crowd_job(crowd), MACHINES, 0, 0);
    crowd_wait(crowd);
    crowd_expect_each_once(crowd, MACHINES);
    assert_int_equal(fanout_exit_status(crowd->fanout), 0);
    assert_int_equal(crowd->output_bytes, 4 * MACHINES);
    assert_int_equal(crowd->world.agent.accepted, MACHINES);
}

static void test_none(void **state)
{
    struct crowd *crowd = *state;

    crowd_go(crowd, crowd_job(crowd), 0, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(fanout_exit_status(crowd->fanout), 0);
}

static void test_largest_code(void **state)
{
    struct crowd *crowd = *state;

    crowd->exit_detail = 1000; /* each its own number, from 60 down */
    crowd_go(crowd, crowd_job(crowd), 40, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(fanout_exit_status(crowd->fanout), 60);
}

static void test_mixed_fates(void **state)
{
    struct crowd *crowd = *state;

    crowd->wrong_from = 20;
    crowd->dead_from = 30;
    crowd_go(crowd, crowd_job(crowd), 40, 0, 0);
    crowd_wait(crowd);
    crowd_expect_each_once(crowd, 40);
    for (uint32_t i = 0; i < 20; i++)
        crowd_expect_state(crowd, i, STATE_EXITED, PROBLEM_NONE);
    for (uint32_t i = 20; i < 30; i++)
        crowd_expect_state(crowd, i, STATE_UNSENT, PROBLEM_ID_CHANGED);
    for (uint32_t i = 30; i < 40; i++)
        crowd_expect_state(crowd, i, STATE_UNSENT, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(fanout_exit_status(crowd->fanout), 255);
}

static void test_refused(void **state)
{
    struct crowd *crowd = *state;

    crowd->world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    crowd_go(crowd, crowd_job(crowd), 5, 0, 0);
    crowd_wait(crowd);
    crowd_expect_state(crowd, 4, STATE_REFUSED, PROBLEM_RIGHT_MISSING);
    assert_int_equal(fanout_exit_status(crowd->fanout), 254);
}

static void test_bounds(void **state)
{
    struct crowd *crowd = *state;

    crowd_go(crowd, crowd_job(crowd), MACHINES, 7, 0);
    while (!crowd->done) {
        uv_run(&crowd->world.loop, UV_RUN_ONCE);
        assert_true(fanout_visiting(crowd->fanout) <= 7);
    }
    assert_true(crowd->most_handshakes <= 7);
    assert_true(crowd->most_handshakes >= 3);
    crowd_expect_each_once(crowd, MACHINES);
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
    struct crowd *crowd = *state;
    int fillers[4], listener = silent_listener(&crowd->silent_port, fillers);
    uint64_t begun = clock_monotonic_ms();

    crowd->silent = SILENT;
    crowd->connecting = 4;
    crowd_go(crowd, crowd_job(crowd), SILENT + LIVING, 0, 0);
    while (crowd->result_count < LIVING)
        uv_run(&crowd->world.loop, UV_RUN_ONCE);
    assert_true(clock_monotonic_ms() - begun < 4000);
    for (uint32_t i = 0; i < SILENT; i++)
        assert_int_equal(crowd->results[i], 0);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(listener);
}

static void test_timeout(void **state)
{
    struct crowd *crowd = *state;

    crowd->exit_state = 0; /* no job ends */
    crowd_go(crowd, crowd_job(crowd), 10, 5, 1000);
    crowd_wait(crowd);
    crowd_expect_each_once(crowd, 10);
    crowd_expect_state(crowd, 0, STATE_RUNNING, PROBLEM_TIMEOUT);
    assert_int_equal(fanout_exit_status(crowd->fanout), 255);
}

static void test_timeout_unsent(void **state)
{
    struct crowd *crowd = *state;

    crowd->world.agent.silent_hello = true;
    crowd_go(crowd, crowd_job(crowd), 3, 0, 50);
    crowd_wait(crowd);
    crowd_expect_state(crowd, 2, STATE_UNSENT, PROBLEM_TIMEOUT);
}

static void test_stop(void **state)
{
    struct crowd *crowd = *state;

    crowd->stop_after = 10;
    crowd_go(crowd, crowd_job(crowd), MACHINES, 4, 0);
    crowd_wait(crowd);
    crowd_expect_each_once(crowd, MACHINES);
    crowd_expect_state(crowd, MACHINES - 1, STATE_UNSENT, PROBLEM_NONE);
}

static void test_free_under_way(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 12; turns++) {
        struct crowd crowd;

        crowd_begin(&crowd, false);
        crowd_go(&crowd, crowd_job(&crowd), 20, 0, 0);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&crowd.world.loop, UV_RUN_NOWAIT);
        crowd.fanout = fanout_free(crowd.fanout);
        crowd_end(&crowd);
    }
}

static void test_free_in_result(void **state)
{
    struct crowd *crowd = *state;

    crowd->free_in_result = true;
    crowd_go(crowd, crowd_job(crowd), 20, 0, 0);
    crowd_wait(crowd);
}

/* Links stay, and the second time no handshake is needed. */
static void test_warm(void **state)
{
    struct crowd *crowd = *state;

    crowd_go(crowd, crowd_job(crowd), 20, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(crowd->world.agent.connections, 20);
    crowd->fanout = fanout_free(crowd->fanout);
    crowd_go(crowd, crowd_job(crowd), 20, 0, 0);
    crowd_wait(crowd);
    crowd_expect_each_once(crowd, 20);
    assert_int_equal(fanout_exit_status(crowd->fanout), 0);
    assert_int_equal(crowd->world.agent.connections, 20);
    assert_non_null(link_pool_peek(crowd->pool, 19));
    assert_null(link_pool_peek(crowd->pool, 20));
    link_pool_forget(crowd->pool);
    assert_null(link_pool_peek(crowd->pool, 19));
}

/* Warm links that died unnoticed are made again, without a failure. */
static void test_warm_but_dead(void **state)
{
    struct crowd *crowd = *state;

    crowd_go(crowd, crowd_job(crowd), 20, 0, 0);
    crowd_wait(crowd);
    crowd->fanout = fanout_free(crowd->fanout);
    test_agent_cut(&crowd->world.agent);
    crowd_go(crowd, crowd_job(crowd), 20, 0, 0);
    crowd_wait(crowd);
    assert_int_equal(fanout_exit_status(crowd->fanout), 0);
    assert_int_equal(crowd->world.agent.accepted, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        crowd_test(test_all_succeed),
        crowd_test(test_none),
        crowd_test(test_largest_code),
        crowd_test(test_mixed_fates),
        crowd_test(test_refused),
        crowd_test(test_bounds),
        crowd_test(test_silent_ones_hold_nobody_up),
        crowd_test(test_timeout),
        crowd_test(test_timeout_unsent),
        crowd_test(test_stop),
        cmocka_unit_test(test_free_under_way),
        crowd_test(test_free_in_result),
        warm_test(test_warm),
        warm_test(test_warm_but_dead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
