/* Many machines: every one ends in exactly one result, bounds hold, links are reused, exit statuses
 * follow the rule. Each machine is the test's one agent, reached by as many links. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fleet/fanout-task.h"
#include "fleet/test-world.h"

enum { MACHINES = 60 };

struct setting {
    struct test_world world;
    struct link_pool *pool;
    struct fanout *fanout;
    struct fanout_job job;
    uint32_t machines[MACHINES];
    uint32_t dead_from;  /* machines from this index on do not exist */
    uint32_t wrong_from; /* and these have another id */
    uint32_t silent;     /* so many of the first ones answer nothing */
    uint32_t connecting; /* of fanout_settings */
    bool done;
    unsigned results[MACHINES];
    unsigned result_count;
    unsigned most_handshakes;
    size_t output_bytes;
    unsigned documents;
    unsigned infos;
    uint32_t stop_after; /* results */
    bool free_in_result;
    unsigned ended_jobs; /* of the agent's, by end_jobs() */
    uint32_t exit_state;
    uint32_t exit_detail;
    uv_check_t check;
};

static uint16_t closed_port;
static uint16_t silent_port;

static void target(uint32_t index, struct link_target *target_out, void *user)
{
    static const uint8_t wrong[MACHINE_ID_SIZE] = {9};
    struct setting *setting = user;

    *target_out = test_world_target(&setting->world);
    if (index < setting->silent)
        target_out->port = silent_port;
    else if (index >= setting->dead_from)
        target_out->port = closed_port;
    else if (index >= setting->wrong_from)
        target_out->id = wrong;
}

static void on_result(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user)
{
    struct setting *setting = user;

    assert_true(result->is_done);
    setting->results[machine]++;
    setting->result_count++;
    if (setting->stop_after && setting->result_count == setting->stop_after)
        fanout_stop(fanout);
    if (setting->free_in_result) {
        setting->done = true;
        setting->fanout = fanout_free(fanout);
    }
}

static void on_done(struct fanout *fanout, void *user)
{
    struct setting *setting = user;

    assert_false(setting->done);
    assert_int_equal(fanout_done_count(fanout), fanout_count(fanout));
    setting->done = true;
}

static const struct fanout_events events = {.on_result = on_result, .on_done = on_done};

/* Ends each job that the agent has got since. */
static void end_jobs(uv_check_t *check)
{
    struct setting *setting = check->data;
    struct test_agent *agent = &setting->world.agent;
    unsigned handshakes = link_factory_handshakes(test_world_factory(&setting->world));

    if (handshakes > setting->most_handshakes)
        setting->most_handshakes = handshakes;
    while (setting->exit_state && setting->ended_jobs < agent->job_count) {
        struct test_job *job = &agent->jobs[setting->ended_jobs];

        test_job_frame(job, FRAME_OUT, "out\n", 4);
        test_job_exit(job, setting->exit_state,
                      setting->exit_detail == 1000 ? 60 - setting->ended_jobs
                                                   : setting->exit_detail);
        setting->ended_jobs++;
    }
}

static void begin(struct setting *setting, bool warm)
{
    *setting = (struct setting){
        .dead_from = UINT32_MAX, .wrong_from = UINT32_MAX, .exit_state = STATE_EXITED};
    test_world_begin(&setting->world);
    closed_port = test_closed_port();
    for (uint32_t i = 0; i < MACHINES; i++)
        setting->machines[i] = i;
    assert_int_equal(
        link_pool_new(&setting->pool, test_world_factory(&setting->world), warm, target, setting),
        0);
    uv_check_init(&setting->world.loop, &setting->check);
    setting->check.data = setting;
    uv_check_start(&setting->check, end_jobs);
}

static void go(struct setting *setting, const struct fanout_task *task, uint32_t count,
               uint32_t at_once, uint32_t timeout_ms)
{
    const struct fanout_settings settings = {
        .pool = setting->pool,
        .machines = setting->machines,
        .count = count,
        .at_once = at_once,
        .connecting = setting->connecting,
        .timeout_ms = timeout_ms,
        .task = task,
        .events = &events,
        .user = setting,
    };

    setting->done = false;
    memset(setting->results, 0, sizeof(setting->results));
    setting->result_count = 0;
    assert_int_equal(fanout_new(&setting->fanout, &settings), 0);
    fanout_start(setting->fanout);
    assert_int_equal(setting->result_count, 0);
}

static void wait_done(struct setting *setting)
{
    test_world_run(&setting->world, &setting->done);
}

static void end(struct setting *setting)
{
    fanout_free(setting->fanout);
    link_pool_free(setting->pool);
    uv_close((uv_handle_t *)&setting->check, NULL);
    test_world_end(&setting->world);
}

static void on_output(struct remote_job *job, uint32_t machine, enum frame_kind kind,
                      const uint8_t *bytes, size_t size, uint32_t ms, void *user)
{
    struct setting *setting = user;

    (void)job;
    (void)kind;
    (void)bytes;
    (void)ms;
    assert_true(machine < MACHINES);
    setting->output_bytes += size;
}

static const struct fanout_task *job_task(struct setting *setting)
{
    setting->job = (struct fanout_job){
        .errand = {.verb = VERB_RUN, .payload = {(const uint8_t *)"x", 1}},
        .on_output = on_output,
        .user = setting,
    };
    fanout_job_init(&setting->job);
    return &setting->job.task;
}

static void expect_each_once(const struct setting *setting, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(setting->results[i], 1);
    assert_int_equal(setting->result_count, count);
}

static void expect_state(const struct setting *setting, uint32_t position, enum state state,
                         enum problem_code code)
{
    const struct fanout_result *result = fanout_result(setting->fanout, position);

    assert_int_equal(result->state.state, state);
    if (code == PROBLEM_NONE)
        assert_null(result->trouble);
    else
        assert_int_equal(result->trouble->code, code);
}

static void test_all_succeed(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    go(&setting, job_task(&setting), MACHINES, 0, 0);
    wait_done(&setting);
    expect_each_once(&setting, MACHINES);
    assert_int_equal(fanout_exit_status(setting.fanout), 0);
    assert_int_equal(setting.output_bytes, 4 * MACHINES);
    assert_int_equal(setting.world.agent.accepted, MACHINES);
    end(&setting);
}

static void test_none(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    go(&setting, job_task(&setting), 0, 0, 0);
    wait_done(&setting);
    assert_int_equal(fanout_exit_status(setting.fanout), 0);
    end(&setting);
}

static void test_largest_code(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.exit_detail = 1000; /* each its own number, from 60 down */
    go(&setting, job_task(&setting), 40, 0, 0);
    wait_done(&setting);
    assert_int_equal(fanout_exit_status(setting.fanout), 60);
    end(&setting);
}

static void test_mixed_fates(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.wrong_from = 20;
    setting.dead_from = 30;
    go(&setting, job_task(&setting), 40, 0, 0);
    wait_done(&setting);
    expect_each_once(&setting, 40);
    for (uint32_t i = 0; i < 20; i++)
        expect_state(&setting, i, STATE_EXITED, PROBLEM_NONE);
    for (uint32_t i = 20; i < 30; i++)
        expect_state(&setting, i, STATE_UNSENT, PROBLEM_ID_CHANGED);
    for (uint32_t i = 30; i < 40; i++)
        expect_state(&setting, i, STATE_UNSENT, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(fanout_exit_status(setting.fanout), 255);
    end(&setting);
}

static void test_refused(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.world.agent.refuse_put = PROBLEM_RIGHT_MISSING;
    go(&setting, job_task(&setting), 5, 0, 0);
    wait_done(&setting);
    expect_state(&setting, 4, STATE_REFUSED, PROBLEM_RIGHT_MISSING);
    assert_int_equal(fanout_exit_status(setting.fanout), 254);
    end(&setting);
}

static void test_bounds(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    go(&setting, job_task(&setting), MACHINES, 7, 0);
    while (!setting.done) {
        uv_run(&setting.world.loop, UV_RUN_ONCE);
        assert_true(fanout_visiting(setting.fanout) <= 7);
    }
    assert_true(setting.most_handshakes <= 7);
    assert_true(setting.most_handshakes >= 3);
    expect_each_once(&setting, MACHINES);
    end(&setting);
}

/* A port whose queue is full: the kernel drops whoever connects. */
static int silent_listener(int fillers_out[4])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    silent_port = ntohs(address.sin_port);
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
    struct setting setting;
    int fillers[4], listener = silent_listener(fillers);
    uint64_t begun = clock_monotonic_ms();

    (void)state;
    begin(&setting, false);
    setting.silent = SILENT;
    setting.connecting = 4;
    go(&setting, job_task(&setting), SILENT + LIVING, 0, 0);
    while (setting.result_count < LIVING)
        uv_run(&setting.world.loop, UV_RUN_ONCE);
    assert_true(clock_monotonic_ms() - begun < 4000);
    for (uint32_t i = 0; i < SILENT; i++)
        assert_int_equal(setting.results[i], 0);
    end(&setting);
    for (unsigned i = 0; i < 4; i++)
        close(fillers[i]);
    close(listener);
}

static void test_timeout(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.exit_state = 0; /* no job ends */
    go(&setting, job_task(&setting), 10, 5, 120);
    wait_done(&setting);
    expect_each_once(&setting, 10);
    expect_state(&setting, 0, STATE_RUNNING, PROBLEM_TIMEOUT);
    assert_int_equal(fanout_exit_status(setting.fanout), 255);
    end(&setting);
}

static void test_timeout_unsent(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.world.agent.silent_hello = true;
    go(&setting, job_task(&setting), 3, 0, 50);
    wait_done(&setting);
    expect_state(&setting, 2, STATE_UNSENT, PROBLEM_TIMEOUT);
    end(&setting);
}

static void test_stop(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.stop_after = 10;
    go(&setting, job_task(&setting), MACHINES, 4, 0);
    wait_done(&setting);
    expect_each_once(&setting, MACHINES);
    expect_state(&setting, MACHINES - 1, STATE_UNSENT, PROBLEM_NONE);
    end(&setting);
}

static void test_free_under_way(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 12; turns++) {
        struct setting setting;

        begin(&setting, false);
        go(&setting, job_task(&setting), 20, 0, 0);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&setting.world.loop, UV_RUN_NOWAIT);
        setting.fanout = fanout_free(setting.fanout);
        end(&setting);
    }
}

static void test_free_in_result(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.free_in_result = true;
    go(&setting, job_task(&setting), 20, 0, 0);
    wait_done(&setting);
    end(&setting);
}

/* Links stay, and the second time no handshake is needed. */
static void test_warm(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, true);
    go(&setting, job_task(&setting), 20, 0, 0);
    wait_done(&setting);
    assert_int_equal(setting.world.agent.connections, 20);
    setting.fanout = fanout_free(setting.fanout);
    go(&setting, job_task(&setting), 20, 0, 0);
    wait_done(&setting);
    expect_each_once(&setting, 20);
    assert_int_equal(fanout_exit_status(setting.fanout), 0);
    assert_int_equal(setting.world.agent.connections, 20);
    assert_non_null(link_pool_peek(setting.pool, 19));
    assert_null(link_pool_peek(setting.pool, 20));
    link_pool_forget(setting.pool);
    assert_null(link_pool_peek(setting.pool, 19));
    end(&setting);
}

/* Warm links that died unnoticed are made again, without a failure. */
static void test_warm_but_dead(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, true);
    go(&setting, job_task(&setting), 20, 0, 0);
    wait_done(&setting);
    setting.fanout = fanout_free(setting.fanout);
    test_agent_cut(&setting.world.agent);
    go(&setting, job_task(&setting), 20, 0, 0);
    wait_done(&setting);
    assert_int_equal(fanout_exit_status(setting.fanout), 0);
    assert_int_equal(setting.world.agent.accepted, 40);
    end(&setting);
}

static void on_document(uint32_t machine, json_t *root, void *user)
{
    (void)machine;
    ((struct setting *)user)->documents += json_is_object(root);
}

static void test_documents(void **state)
{
    struct setting setting;
    struct fanout_document document = {
        .path = "/v1/facts", .on_document = on_document, .user = &setting};

    (void)state;
    begin(&setting, false);
    fanout_document_init(&document);
    setting.dead_from = 9;
    go(&setting, &document.task, 10, 0, 0);
    wait_done(&setting);
    assert_int_equal(setting.documents, 9);
    expect_state(&setting, 9, STATE_UNREACHABLE, PROBLEM_CONNECTION_REFUSED);
    end(&setting);
}

static void test_orders(void **state)
{
    struct setting setting;
    struct fanout_order order = {.errand = {.verb = VERB_RESET}};

    (void)state;
    begin(&setting, false);
    fanout_order_init(&order);
    go(&setting, &order.task, 10, 0, 0);
    wait_done(&setting);
    expect_state(&setting, 9, STATE_EXITED, PROBLEM_NONE);
    assert_int_equal(setting.world.agent.last_order.verb, VERB_RESET);
    end(&setting);
}

static void on_info(uint32_t machine, const struct link_info *info, void *user)
{
    (void)machine;
    assert_string_equal(info->name, "web1");
    ((struct setting *)user)->infos++;
}

static void test_probes(void **state)
{
    struct setting setting;
    struct fanout_probe probe = {.on_info = on_info, .user = &setting};

    (void)state;
    begin(&setting, true);
    setting.wrong_from = 8;
    fanout_probe_init(&probe);
    go(&setting, &probe.task, 10, 0, 0);
    wait_done(&setting);
    assert_int_equal(setting.infos, 8);
    expect_state(&setting, 9, STATE_UNREACHABLE, PROBLEM_ID_CHANGED);
    setting.fanout = fanout_free(setting.fanout);
    go(&setting, &probe.task, 5, 0, 0); /* warm: told at once */
    wait_done(&setting);
    assert_int_equal(setting.infos, 13);
    end(&setting);
}

static void test_input(void **state)
{
    struct setting setting;

    (void)state;
    begin(&setting, false);
    setting.exit_state = 0;
    setting.world.agent.echo = true;
    job_task(&setting);
    setting.job.has_input = true;
    setting.job.input = (struct slice){(const uint8_t *)"twelve bytes", 12};
    go(&setting, &setting.job.task, 10, 0, 0);
    wait_done(&setting);
    assert_int_equal(setting.output_bytes, 120);
    end(&setting);
}

static void test_exit_statuses(void **state)
{
    static const struct {
        struct job_state state;
        int status;
    } rules[] = {
        {{STATE_EXITED, 0}, 0},        {{STATE_EXITED, 7}, 7},      {{STATE_EXITED, 255}, 255},
        {{STATE_EXITED, 4000}, 255},   {{STATE_SIGNALLED, 9}, 137}, {{STATE_SIGNALLED, 15}, 143},
        {{STATE_TIMED_OUT, 0}, 124},   {{STATE_KILLED, 0}, 137},    {{STATE_REFUSED, 8}, 254},
        {{STATE_UNREACHABLE, 0}, 255}, {{STATE_UNSENT, 0}, 255},    {{STATE_LOST, 0}, 255},
        {{STATE_RUNNING, 0}, 255},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rules); i++)
        assert_int_equal(outcome_exit_status(rules[i].state), rules[i].status);
}

static void test_outcomes(void **state)
{
    struct trouble trouble;

    (void)state;
    trouble_set(&trouble, PROBLEM_RUN_AS, "x", NULL);
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_REFUSED);
    assert_int_equal(outcome_of_trouble(&trouble).detail, PROBLEM_RUN_AS);
    trouble_set(&trouble, PROBLEM_TIMEOUT, "x", NULL);
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_UNREACHABLE);
    trouble_set_errno(&trouble, "x", -ENOMEM); /* INTERNAL, but ours */
    assert_int_equal(outcome_of_trouble(&trouble).state, STATE_UNREACHABLE);
}

static void test_raise_files(void **state)
{
    struct rlimit limit, lowered;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    lowered = (struct rlimit){.rlim_cur = 200, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &lowered), 0);
    assert_true(files_raise_limit() == limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &lowered), 0);
    assert_true(lowered.rlim_cur == limit.rlim_max);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_succeed),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_largest_code),
        cmocka_unit_test(test_mixed_fates),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_silent_ones_hold_nobody_up),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_timeout_unsent),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_free_under_way),
        cmocka_unit_test(test_free_in_result),
        cmocka_unit_test(test_warm),
        cmocka_unit_test(test_warm_but_dead),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_raise_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
