/* A job from the console's side: what becomes of its order, whoever restarts meanwhile; it never
 * runs twice. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-followed.h"

/* One flight after hello: `open`, the order and the request for its output, all before `open` is
 * answered. */
static void test_one_flight(void **state)
{
    struct followed *followed = *state;

    followed_fill(followed_give_and_wait(followed));
    followed_wait_end(followed);
    followed_expect_filled(followed);
    assert_true(followed->world.agent.held >= 1);
    assert_int_equal(followed->world.agent.puts, 1);
    assert_int_equal(followed->world.agent.outputs, 1);
}

/* An agent that does not hold what comes early only costs time. */
static void test_early_refusals(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.holds_nothing = true;
    followed_fill(followed_give_and_wait(followed));
    followed_wait_end(followed);
    followed_expect_filled(followed);
    assert_int_equal(followed->world.agent.connections, 1);
    assert_false(followed->seen.interrupted);
}

static void test_refused(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.refuse_put = PROBLEM_RUN_AS;
    followed_give(followed, true);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_REFUSED);
    assert_int_equal(followed->seen.state.detail, PROBLEM_RUN_AS);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_RUN_AS);
    assert_false(followed->seen.accepted);
}

static void test_unsent(void **state)
{
    struct followed *followed = *state;

    link_free(followed->link);
    followed->world.agent.port = test_closed_port();

    struct link_target target = test_world_target(&followed->world);

    assert_int_equal(link_new(&followed->link, followed->world.factory, &target), 0);
    link_connect(followed->link);
    followed_give(followed, true);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_UNSENT);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_CONNECTION_REFUSED);
}

/* On a closed link everything happens inside the call. */
static void on_end_detach(struct remote_job *job, struct job_state state,
                          const struct trouble *trouble, void *user)
{
    struct seen *seen = user;

    seen->ends++;
    seen->state = state;
    seen->trouble = *trouble;
    remote_job_detach(job);
}

static void test_closed_link(void **state)
{
    static const struct remote_job_events detaching = {.on_end = on_end_detach};
    struct followed *followed = *state;
    const struct errand errand = {.verb = VERB_RUN};

    link_disconnect(followed->link);
    assert_int_equal(remote_job_start(&followed->job, followed->link, &errand, true, &detaching,
                                      &followed->seen),
                     0);
    assert_null(followed->job);
    assert_int_equal(followed->seen.ends, 1);
    assert_int_equal(followed->seen.state.state, STATE_UNSENT);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_CLOSED);
}

static void test_answer_lost(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.lose_put = true;
    followed_fill(followed_give_and_wait(followed));
    followed_wait_end(followed);
    followed_expect_filled(followed);
}

/* The order was taken, that was not heard, and when it is given again its output is there first. */
static void test_output_comes_before_the_answer(void **state)
{
    struct followed *followed = *state;
    struct test_agent *agent = &followed->world.agent;

    agent->greets = false;
    agent->lose_put = true;
    agent->hush_known = true;
    followed_give(followed, true);
    while (agent->accepted == 0)
        test_world_wait(&followed->world, 1);
    followed_fill(test_agent_job(agent));
    followed_wait_end(followed);
    assert_true(followed->seen.accepted);
    assert_true(agent->puts > 1);
    followed_expect_filled(followed);
}

static void test_machine_restarts(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.reset_epoch_on_cut = true;
    followed_give_and_wait(followed);
    test_agent_cut(&followed->world.agent);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_LOST);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_NO_SUCH_JOB);
}

static void test_machine_restarts_before_answer(void **state)
{
    struct followed *followed = *state;

    followed->world.agent.reset_epoch_on_cut = true;
    followed->world.agent.lose_put = true;
    followed_give(followed, true);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_LOST);
}

static void test_detached_order(void **state)
{
    struct followed *followed = *state;

    followed_give(followed, false);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_RUNNING);
    assert_int_equal(followed->world.agent.outputs, 0);
}

static void test_attach(void **state)
{
    struct followed *followed = *state;
    struct remote_job *second;
    struct test_job *job;
    struct seen seen = {0};

    job = followed_give_and_wait(followed);
    /* From behind the first frame. */
    assert_int_equal(
        remote_job_attach(&second, followed->link, job->id, 12 + 6, 0, &followed_events, &seen), 0);
    followed_fill(job);
    test_world_run(&followed->world, &seen.ended);
    expect_text(&seen.out, "world");
    assert_int_equal(seen.state.state, STATE_EXITED);
    assert_true(seen.accepted);
    remote_job_detach(second);
    seen_deinit(&seen);
}

static void test_attach_unknown(void **state)
{
    static const uint8_t id[UUID_SIZE] = {1};
    struct followed *followed = *state;

    assert_int_equal(remote_job_attach(&followed->job, followed->link, id, 0, 0, &followed_events,
                                       &followed->seen),
                     0);
    followed_wait_end(followed);
    assert_int_equal(followed->seen.state.state, STATE_REFUSED);
    assert_int_equal(followed->seen.trouble.code, PROBLEM_NO_SUCH_JOB);
}

static void test_detach_at_any_time(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 20; turns++) {
        struct followed followed;

        followed_begin(&followed);
        followed_give(&followed, true);
        for (unsigned i = 0; i < turns; i++) {
            uv_run(&followed.world.loop, UV_RUN_NOWAIT);
            if (followed.seen.accepted && !test_agent_job(&followed.world.agent)->output_ended)
                test_job_frame(test_agent_job(&followed.world.agent), FRAME_OUT, "x", 1);
        }
        remote_job_write(followed.job, "abc", 3);
        followed.job = remote_job_detach(followed.job);
        test_world_wait(&followed.world, 3);
        followed_end(&followed);
    }
}

static void test_detach_in_output(void **state)
{
    struct followed *followed = *state;

    followed->seen.detach_on_output = true;
    followed_fill(followed_give_and_wait(followed));
    followed_wait_end(followed);
    followed->job = NULL;
    test_world_wait(&followed->world, 10);
    expect_text(&followed->seen.out, "hello ");
    assert_int_equal(followed->seen.ends, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        followed_test(test_one_flight),       followed_test(test_early_refusals),
        followed_test(test_refused),          followed_test(test_unsent),
        followed_test(test_closed_link),      followed_test(test_answer_lost),
        followed_test(test_machine_restarts), followed_test(test_machine_restarts_before_answer),
        followed_test(test_detached_order),   followed_test(test_attach),
        followed_test(test_attach_unknown),   cmocka_unit_test(test_detach_at_any_time),
        followed_test(test_detach_in_output), followed_test(test_output_comes_before_the_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
