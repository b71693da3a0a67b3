/* See test-crowd.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/run/test-crowd.h"

#include <string.h>

static void target(uint32_t index, struct link_target *target_out, void *user)
{
    static const uint8_t wrong[MACHINE_ID_SIZE] = {9};
    struct crowd *crowd = user;

    *target_out = test_world_target(&crowd->world);
    if (index < crowd->silent)
        target_out->port = crowd->silent_port;
    else if (index >= crowd->dead_from)
        target_out->port = crowd->closed_port;
    else if (index >= crowd->wrong_from)
        target_out->id = wrong;
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct crowd *crowd = user;

    assert_true(result->is_done);
    crowd->results[machine]++;
    crowd->result_count++;
    if (crowd->stop_after && crowd->result_count == crowd->stop_after)
        fanout_stop(fanout);
    if (crowd->free_in_result) {
        crowd->done = true;
        crowd->fanout = fanout_free(fanout);
    }
}

static void on_done(struct fanout *fanout, void *user)
{
    struct crowd *crowd = user;

    assert_false(crowd->done);
    assert_int_equal(fanout_done_count(fanout), fanout_count(fanout));
    crowd->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* Ends each job that the agent has got since. */
static void end_jobs(uv_check_t *check)
{
    struct crowd *crowd = check->data;
    struct test_agent *agent = &crowd->world.agent;
    unsigned handshakes = link_factory_handshakes(test_world_factory(&crowd->world));

    if (handshakes > crowd->most_handshakes)
        crowd->most_handshakes = handshakes;
    while (crowd->exit_state && crowd->ended_jobs < agent->job_count) {
        struct test_job *job = &agent->jobs[crowd->ended_jobs];

        test_job_frame(job, FRAME_OUT, "out\n", 4);
        test_job_exit(job, crowd->exit_state,
                      crowd->exit_detail == 1000 ? 60 - crowd->ended_jobs : crowd->exit_detail);
        crowd->ended_jobs++;
    }
}

void crowd_begin(struct crowd *crowd, bool warm)
{
    *crowd = (struct crowd){
        .dead_from = UINT32_MAX, .wrong_from = UINT32_MAX, .exit_state = STATE_EXITED};
    test_world_begin(&crowd->world);
    crowd->closed_port = test_closed_port();
    for (uint32_t i = 0; i < MACHINES; i++)
        crowd->machines[i] = i;
    assert_int_equal(
        link_pool_new(&crowd->pool, test_world_factory(&crowd->world), warm, target, crowd), 0);
    uv_check_init(&crowd->world.loop, &crowd->check);
    crowd->check.data = crowd;
    uv_check_start(&crowd->check, end_jobs);
}

void crowd_end(struct crowd *crowd)
{
    fanout_free(crowd->fanout);
    link_pool_free(crowd->pool);
    uv_close((uv_handle_t *)&crowd->check, NULL);
    test_world_end(&crowd->world);
}

void crowd_go(struct crowd *crowd, const struct fanout_task *task, uint32_t count, uint32_t at_once,
              uint32_t timeout_ms)
{
    const struct fanout_settings settings = {
        .pool = crowd->pool,
        .machines = crowd->machines,
        .count = count,
        .at_once = at_once,
        .connecting = crowd->connecting,
        .timeout_ms = timeout_ms,
        .task = task,
        .events = &events,
        .user = crowd,
    };

    crowd->done = false;
    memset(crowd->results, 0, sizeof(crowd->results));
    crowd->result_count = 0;
    assert_int_equal(fanout_new(&crowd->fanout, &settings), 0);
    fanout_start(crowd->fanout);
    assert_int_equal(crowd->result_count, 0);
}

void crowd_wait(struct crowd *crowd)
{
    test_world_run(&crowd->world, &crowd->done);
}

static void on_output(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct crowd *crowd = user;

    (void)job;
    (void)kind;
    (void)bytes;
    (void)ms;
    assert_true(machine < MACHINES);
    crowd->output_bytes += size;
}

const struct fanout_task *crowd_job(struct crowd *crowd)
{
    crowd->job = (struct fanout_job){
        .errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"x", 1}},
        .on_output = on_output,
        .user = crowd,
    };
    fanout_job_init(&crowd->job);
    return &crowd->job.task;
}

void crowd_expect_each_once(const struct crowd *crowd, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(crowd->results[i], 1);
    assert_int_equal(crowd->result_count, count);
}

void crowd_expect_state(const struct crowd *crowd, uint32_t position, enum state state,
                        enum problem_code code)
{
    const struct fanout_result *result = fanout_result(crowd->fanout, position);

    assert_int_equal(result->state.state, state);
    if (code == PROBLEM_NONE)
        assert_null(result->trouble);
    else
        assert_int_equal(result->trouble->code, code);
}

static struct crowd common;

int crowd_set_up(void **state)
{
    crowd_begin(&common, false);
    *state = &common;
    return 0;
}

int crowd_set_up_warm(void **state)
{
    crowd_begin(&common, true);
    *state = &common;
    return 0;
}

int crowd_tear_down(void **state)
{
    crowd_end(*state);
    return 0;
}
