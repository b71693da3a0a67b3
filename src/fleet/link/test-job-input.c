/* A job's input from the console, which survives many cuts, and its signals. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fleet/link/test-followed.h"

static void test_input(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.echo = true;
    /* Before the machine has the job, and after. */
    followed_give(followed, true);
    assert_int_equal(remote_job_write(followed->job, "one ", 4), 0);
    test_world_run(&followed->world, &followed->seen.accepted);
    assert_int_equal(remote_job_write(followed->job, "two ", 4), 0);
    followed->seen.until = 8;
    test_world_run(&followed->world, &followed->seen.has_all);
    assert_int_equal(remote_job_write(followed->job, "three", 5), 0);
    remote_job_write_end(followed->job);
    assert_int_equal(remote_job_write(followed->job, "x", 1), -EPIPE);
    followed_wait_end(followed);
    expect_text(&followed->seen.out, "one two three");
    assert_true(test_agent_job(&followed->world.agent)->input_ended);
}

static void test_input_empty(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.echo = true;
    followed_give(followed, true);
    remote_job_write_end(followed->job);
    followed_wait_end(followed);
    expect_text(&followed->seen.out, "");
    assert_int_equal(followed->seen.state.state, STATE_EXITED);
}

/* Six MiB through a queue of two, with the connection cut in the middle. */
static void test_input_large_and_cut(void **state)
{
    struct followed *followed = *state;
    enum { PIECE = 50 * 1000, PIECES = 120 };
    uint8_t *bytes = malloc(PIECE);
    const struct test_job *job;
    unsigned refusals = 0;

    followed->world.agent.cut_input_at = 700 * 1000;
    followed_give(followed, true);
    for (unsigned i = 0; i < PIECES;) {
        int result;

        memset(bytes, (int)i, PIECE);
        followed->seen.writable = false;
        result = remote_job_write(followed->job, bytes, PIECE);
        if (result == -EAGAIN) {
            assert_true(remote_job_write_room(followed->job) < PIECE);
            test_world_run(&followed->world, &followed->seen.writable);
            refusals++;
            continue;
        }
        assert_int_equal(result, 0);
        i++;
    }
    assert_true(refusals >= 2);
    remote_job_write_end(followed->job);
    test_world_run(&followed->world, &followed->seen.drained);
    while (!test_agent_job(&followed->world.agent)->input_ended)
        uv_run(&followed->world.loop, UV_RUN_ONCE);
    job = test_agent_job(&followed->world.agent);
    assert_int_equal(buffer_length(&job->input), PIECE * PIECES);
    for (unsigned i = 0; i < PIECES; i++)
        assert_int_equal(buffer_bytes(&job->input)[i * PIECE + PIECE / 2], i);
    assert_int_equal(followed->world.agent.connections, 2);
    free(bytes);
}

static void test_input_cut_at_many_bytes(void **state)
{
    (void)state;
    for (unsigned cut = 1; cut <= 20; cut++) {
        struct followed followed;

        followed_begin(&followed);
        followed.world.agent.echo = true;
        followed.world.agent.cut_input_at = cut;
        followed_give_and_wait(&followed);
        for (unsigned i = 0; i < 20; i++) {
            uint8_t byte = (uint8_t)('a' + i);

            assert_int_equal(remote_job_write(followed.job, &byte, 1), 0);
            uv_run(&followed.world.loop, UV_RUN_NOWAIT);
        }
        remote_job_write_end(followed.job);
        followed_wait_end(&followed);
        expect_text(&followed.seen.out, "abcdefghijklmnopqrst");
        followed_end(&followed);
    }
}

static void test_input_whole(void **state)
{
    struct followed *followed = *state;
    enum { SIZE = 2 * 1000 * 1000 };
    uint8_t *bytes = malloc(SIZE);

    for (unsigned k = 0; k < SIZE; k++)
        bytes[k] = (uint8_t)(k * 13 >> 3);
    followed->world.agent.echo = true;
    followed->world.agent.cut_input_at = 500 * 1000;
    followed_give(followed, true);
    remote_job_write_whole(followed->job, (struct slice){bytes, SIZE});
    followed_wait_end(followed);
    assert_int_equal(buffer_length(&followed->seen.out), SIZE);
    assert_memory_equal(buffer_bytes(&followed->seen.out), bytes, SIZE);
    free(bytes);
}

/* ---- signals ---- */

static void test_signal(void **state)
{
    struct followed *followed = *state;
    struct test_job *job, *order;
    const uint8_t *id;
    uint8_t signal;

    job = followed_give_and_wait(followed);
    assert_int_equal(remote_job_signal(followed->job, 15), 0);
    test_world_run(&followed->world, &followed->seen.signalled);
    assert_int_equal(followed->seen.signal_code, PROBLEM_NONE);
    order = test_agent_job(&followed->world.agent);
    assert_int_equal(order->verb, VERB_SIGNAL);
    assert_int_equal(order_signal_decode(buffer_slice(&order->payload), &id, &signal), 0);
    assert_memory_equal(id, job->id, UUID_SIZE);
    assert_int_equal(signal, 15);
    test_job_exit(job, STATE_SIGNALLED, 15);
    followed_wait_end(followed);
    assert_int_equal(remote_job_signal(followed->job, 9), -ESRCH);
}

static void test_signal_refused(void **state)
{
    struct followed *followed = *state;

    followed_give_and_wait(followed);
    followed->world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    assert_int_equal(remote_job_signal(followed->job, 0), 0);
    test_world_run(&followed->world, &followed->seen.signalled);
    assert_int_equal(followed->seen.signal_code, PROBLEM_RIGHT_MISSING);
    assert_false(followed->seen.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        followed_test(test_input),
        followed_test(test_input_empty),
        followed_test(test_input_large_and_cut),
        cmocka_unit_test(test_input_cut_at_many_bytes),
        followed_test(test_input_whole),
        followed_test(test_signal),
        followed_test(test_signal_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
