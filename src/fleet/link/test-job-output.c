/* A job's output at the console: it survives a cut at every byte, and waits when nobody wants it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fleet/link/test-followed.h"
#include "proto/limits.h"

static void test_output(void **state)
{
    struct followed *followed = *state;

    followed_fill(followed_give_and_wait(followed));
    followed_wait_end(followed);
    followed_expect_filled(followed);
    assert_int_equal(remote_job_taken(followed->job),
                     buffer_length(&test_agent_job(&followed->world.agent)->output));
    assert_false(followed->seen.interrupted);
}

static void test_cut_at_every_byte(void **state)
{
    struct followed followed;
    uint64_t size = 6 + 2 + 6 + 0 + 5 + 8 + 6 * 12;

    (void)state;
    for (uint64_t cut = 1; cut < size; cut++) {
        followed_begin(&followed);
        followed.world.agent.cut_output_at = cut;
        followed.world.agent.cuts_left = 1;
        followed_fill(followed_give_and_wait(&followed));
        followed_wait_end(&followed);
        followed_expect_filled(&followed);
        assert_int_equal(followed.world.agent.cuts_left, 0);
        assert_int_equal(followed.world.agent.connections, 2);
        assert_int_equal(followed.seen.interruptions, 1);
        followed_end(&followed);
    }
}

static void test_cut_large(void **state)
{
    struct followed *followed = *state;
    enum { CHUNK = 100 * 1000, CHUNKS = 20 };
    uint8_t *bytes = malloc(CHUNK);
    struct test_job *job;

    followed->world.agent.cut_output_at = 1234567;
    followed->world.agent.cuts_left = 1;
    job = followed_give_and_wait(followed);
    for (unsigned i = 0; i < CHUNKS; i++) {
        for (unsigned k = 0; k < CHUNK; k++)
            bytes[k] = (uint8_t)(i * 31 + k * 7);
        test_job_frame(job, FRAME_OUT, bytes, CHUNK);
    }
    test_job_exit(job, STATE_EXITED, 0);
    followed_wait_end(followed);
    assert_int_equal(buffer_length(&followed->seen.out), CHUNK * CHUNKS);
    for (unsigned i = 0; i < CHUNKS; i++)
        for (unsigned k = 0; k < CHUNK; k++)
            if (buffer_bytes(&followed->seen.out)[i * CHUNK + k] != (uint8_t)(i * 31 + k * 7))
                fail_msg("byte %u of chunk %u", k, i);
    assert_int_equal(followed->world.agent.connections, 2);
    free(bytes);
}

static void test_pause(void **state)
{
    struct followed *followed = *state;

    followed->seen.pause_after = 1;
    followed->seen.until = 6;
    followed_fill(followed_give_and_wait(followed));
    test_world_run(&followed->world, &followed->seen.has_all);
    test_world_wait(&followed->world, 20);
    expect_text(&followed->seen.out, "hello ");
    assert_false(followed->seen.ended);
    remote_job_resume(followed->job);
    assert_true(followed->seen.ended);
    followed_expect_filled(followed);
}

/* While paused, no more than a window comes; after a cut meanwhile, nothing is lost or doubled. */
static void test_pause_holds_back(void **state)
{
    struct followed *followed = *state;
    enum { CHUNK = 200 * 1000, CHUNKS = 16 };
    uint8_t *bytes = calloc(1, CHUNK);
    struct test_job *job;

    followed->seen.pause_after = 1;
    job = followed_give_and_wait(followed);
    for (unsigned i = 0; i < CHUNKS; i++) {
        memset(bytes, (int)i, CHUNK);
        test_job_frame(job, FRAME_OUT, bytes, CHUNK);
    }
    test_job_exit(job, STATE_EXITED, 0);
    test_world_wait(&followed->world, 100);
    assert_true(buffer_length(&followed->seen.out) <= LIMIT_STREAM_WINDOW);
    test_agent_cut(&followed->world.agent);
    test_world_wait(&followed->world, 60);
    assert_true(followed->seen.interruptions == 1);
    assert_true(buffer_length(&followed->seen.out) <= LIMIT_STREAM_WINDOW);
    remote_job_resume(followed->job);
    followed_wait_end(followed);
    assert_int_equal(buffer_length(&followed->seen.out), CHUNK * CHUNKS);
    for (unsigned i = 0; i < CHUNKS; i++)
        assert_int_equal(buffer_bytes(&followed->seen.out)[i * CHUNK + CHUNK - 1], i);
    free(bytes);
}

static void test_end_states(void **state)
{
    static const struct job_state states[] = {
        {STATE_EXITED, 0},    {STATE_EXITED, 255}, {STATE_SIGNALLED, 9},
        {STATE_TIMED_OUT, 0}, {STATE_KILLED, 0},   {STATE_LOST, 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(states); i++) {
        struct followed followed;

        followed_begin(&followed);
        test_job_exit(followed_give_and_wait(&followed), states[i].state, states[i].detail);
        followed_wait_end(&followed);
        assert_int_equal(followed.seen.state.state, states[i].state);
        assert_int_equal(followed.seen.state.detail, states[i].detail);
        assert_false(followed.seen.has_trouble);
        followed_end(&followed);
    }
}

static void test_refused_by_child(void **state)
{
    struct followed *followed = *state;

    test_job_exit(followed_give_and_wait(followed), STATE_REFUSED, PROBLEM_NO_SUCH_USER);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_REFUSED);
    assert_true(followed->seen.has_trouble);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_NO_SUCH_USER);
}

static void test_nonsense(void **state)
{
    static const uint8_t zeros[64];

    (void)state;
    for (unsigned which = 0; which < 3; which++) {
        struct followed followed;
        struct test_job *job;

        followed_begin(&followed);
        job = followed_give_and_wait(&followed);
        if (which == 0)
            test_job_exit(job, STATE_RUNNING, 0);
        else if (which == 1)
            test_job_frame(job, FRAME_EXIT, zeros, 12);
        else
            test_job_frame(job, 0, zeros, sizeof(zeros));
        followed_wait_end(&followed);
        assert_int_equal(followed.seen.state.state, STATE_LOST);
        assert_int_equal(followed.seen.trouble.code, PROBLEM_NOT_HUNE);
        followed_end(&followed);
    }
}

static void test_no_exit_frame(void **state)
{
    struct followed *followed = *state;
    struct test_job *job;

    job = followed_give_and_wait(followed);
    job->output_ended = true;
    test_job_frame(job, FRAME_OUT, "x", 1);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_UNREACHABLE);
    assert_int_equal(followed->world.agent.outputs, 4);
}

static void test_long_note(void **state)
{
    struct followed *followed = *state;
    char *text = malloc(10000);
    struct test_job *job;

    memset(text, 'n', 10000);
    job = followed_give_and_wait(followed);
    test_job_frame(job, FRAME_NOTE, text, 10000);
    test_job_exit(job, STATE_EXITED, 0);
    followed_wait_end(followed);
    assert_int_equal(buffer_length(&followed->seen.notes), 4096 + 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        followed_test(test_output),           cmocka_unit_test(test_cut_at_every_byte),
        followed_test(test_cut_large),        followed_test(test_pause),
        followed_test(test_pause_holds_back), cmocka_unit_test(test_end_states),
        followed_test(test_refused_by_child), cmocka_unit_test(test_nonsense),
        followed_test(test_no_exit_frame),    followed_test(test_long_note),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
