/* See test-many.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/run/test-many.h"

#include <string.h>

static void target(uint32_t index, struct link_target *target_out, void *user)
{
    static const uint8_t wrong[MACHINE_ID_SIZE] = {9};
    struct test_many *many = user;

    *target_out = test_world_target(&many->world);
    if (index < many->silent)
        target_out->port = many->silent_port;
    else if (index >= many->dead_from)
        target_out->port = many->closed_port;
    else if (index >= many->wrong_from)
        target_out->id = wrong;
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct test_many *many = user;

    assert_true(result->is_done);
    many->results[machine]++;
    many->result_count++;
    if (many->stop_after && many->result_count == many->stop_after)
        fanout_stop(fanout);
    if (many->free_in_result) {
        many->done = true;
        many->fanout = fanout_free(fanout);
    }
}

static void on_done(struct fanout *fanout, void *user)
{
    struct test_many *many = user;

    assert_false(many->done);
    assert_int_equal(fanout_done_count(fanout), fanout_count(fanout));
    many->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* Ends each job that the agent has got since. */
static void end_jobs(uv_check_t *check)
{
    struct test_many *many = check->data;
    struct test_agent *agent = &many->world.agent;
    unsigned handshakes = link_factory_handshakes(test_world_factory(&many->world));

    if (handshakes > many->most_handshakes)
        many->most_handshakes = handshakes;
    while (many->exit_state && many->ended_jobs < agent->job_count) {
        struct test_job *job = &agent->jobs[many->ended_jobs];

        test_job_frame(job, FRAME_OUT, "out\n", 4);
        test_job_exit(job, many->exit_state,
                      many->exit_detail == 1000 ? 60 - many->ended_jobs : many->exit_detail);
        many->ended_jobs++;
    }
}

void many_begin(struct test_many *many, bool warm)
{
    *many = (struct test_many){
        .dead_from = UINT32_MAX, .wrong_from = UINT32_MAX, .exit_state = STATE_EXITED};
    test_world_begin(&many->world);
    many->closed_port = test_closed_port();
    for (uint32_t i = 0; i < MACHINES; i++)
        many->machines[i] = i;
    assert_int_equal(
        link_pool_new(&many->pool, test_world_factory(&many->world), warm, target, many), 0);
    uv_check_init(&many->world.loop, &many->check);
    many->check.data = many;
    uv_check_start(&many->check, end_jobs);
}

void many_end(struct test_many *many)
{
    fanout_free(many->fanout);
    link_pool_free(many->pool);
    uv_close((uv_handle_t *)&many->check, NULL);
    test_world_end(&many->world);
}

void many_go(struct test_many *many, const struct fanout_task *task, uint32_t count,
             uint32_t at_once, uint32_t timeout_ms)
{
    const struct fanout_settings settings = {
        .pool = many->pool,
        .machines = many->machines,
        .count = count,
        .at_once = at_once,
        .connecting = many->connecting,
        .timeout_ms = timeout_ms,
        .task = task,
        .events = &events,
        .user = many,
    };

    many->done = false;
    memset(many->results, 0, sizeof(many->results));
    many->result_count = 0;
    assert_int_equal(fanout_new(&many->fanout, &settings), 0);
    fanout_start(many->fanout);
    assert_int_equal(many->result_count, 0);
}

void many_wait(struct test_many *many)
{
    test_world_run(&many->world, &many->done);
}

static void on_output(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct test_many *many = user;

    (void)job;
    (void)kind;
    (void)bytes;
    (void)ms;
    assert_true(machine < MACHINES);
    many->output_bytes += size;
}

const struct fanout_task *many_job(struct test_many *many)
{
    many->job = (struct fanout_job){
        .errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"x", 1}},
        .on_output = on_output,
        .user = many,
    };
    fanout_job_init(&many->job);
    return &many->job.task;
}

void many_expect_each_once(const struct test_many *many, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(many->results[i], 1);
    assert_int_equal(many->result_count, count);
}

void many_expect_state(const struct test_many *many, uint32_t position, enum state state,
                       enum problem_code code)
{
    const struct fanout_result *result = fanout_result(many->fanout, position);

    assert_int_equal(result->state.state, state);
    if (code == PROBLEM_NONE)
        assert_null(result->trouble);
    else
        assert_int_equal(result->trouble->code, code);
}

static struct test_many common;

int many_set_up(void **state)
{
    many_begin(&common, false);
    *state = &common;
    return 0;
}

int many_set_up_warm(void **state)
{
    many_begin(&common, true);
    *state = &common;
    return 0;
}

int many_tear_down(void **state)
{
    many_end(*state);
    return 0;
}
