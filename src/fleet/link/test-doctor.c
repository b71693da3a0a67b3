/* hune doctor: it walks as far as the way is good, and names the step at which it is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "fleet/link/doctor.h"
#include "fleet/link/test-world.h"
#include "proto/frame.h"
#include "proto/right.h"
#include "proto/state.h"

struct examined {
    struct test_world *world;
    bool done;
    bool is_well;
    char steps[256]; /* the words of those that were passed */
    char failed[32];
    char clock[64];
    bool clock_warned;
    enum problem_code code;
    bool end_job; /* the agent's job ends well */
    uint32_t exit_code;
    uv_check_t check;
};

static void on_step(const struct doctor_finding *finding, void *user)
{
    struct examined *examined = user;
    size_t used = strlen(examined->steps);

    assert_true(finding->ms >= 0);
    assert_true(finding->is_ok == (finding->trouble == NULL));
    if (!finding->is_ok) {
        examined->code = finding->trouble->code;
        snprintf(examined->failed, sizeof(examined->failed), "%s", doctor_step_name(finding->step));
        return;
    }
    if (finding->step == DOCTOR_CLOCK) {
        snprintf(examined->clock, sizeof(examined->clock), "%s", finding->detail);
        examined->clock_warned = finding->is_warning;
    }
    snprintf(examined->steps + used, sizeof(examined->steps) - used, "%s ",
             doctor_step_name(finding->step));
}

static void on_done(bool is_well, void *user)
{
    struct examined *examined = user;

    examined->done = true;
    examined->is_well = is_well;
}

static const struct doctor_events events = {.on_step = on_step, .on_done = on_done};

static void end_job(uv_check_t *check)
{
    struct examined *examined = check->data;
    struct test_job *job = test_agent_job(&examined->world->agent);

    if (job && !job->output_ended)
        test_job_exit(job, STATE_EXITED, examined->exit_code);
}

static void examine(struct test_world *world, const struct link_target *target,
                    struct examined *examined)
{
    struct doctor *doctor;

    examined->world = world;
    uv_check_init(&world->loop, &examined->check);
    examined->check.data = examined;
    uv_check_start(&examined->check, end_job);
    assert_int_equal(
        doctor_start(&doctor, test_world_factory(world), target, NULL, &events, examined), 0);
    test_world_run(world, &examined->done);
    assert_true(examined->is_well == (examined->code == PROBLEM_NONE));
    uv_close((uv_handle_t *)&examined->check, NULL);
}

static void expect(void (*spoil)(struct test_world *world, struct link_target *target),
                   const char *steps, const char *failed, enum problem_code code)
{
    struct examined examined = {0};
    struct test_world world;
    struct link_target target;

    test_world_begin(&world);
    world.settings.answer_timeout_ms = 100;
    target = test_world_target(&world);
    if (spoil)
        spoil(&world, &target);
    examine(&world, &target, &examined);
    assert_string_equal(examined.steps, steps);
    assert_string_equal(examined.failed, failed);
    assert_int_equal(examined.code, code);
    test_world_end(&world);
}

static void test_well(void **state)
{
    (void)state;
    expect(NULL, "resolve connect secure identity hello open rights clock job ", "", PROBLEM_NONE);
}

static void spoil_name(struct test_world *world, struct link_target *target)
{
    (void)world;
    target->host = "no such name.invalid";
}

static void spoil_port(struct test_world *world, struct link_target *target)
{
    (void)world;
    target->port = test_closed_port();
}

static void spoil_id(struct test_world *world, struct link_target *target)
{
    static const uint8_t other[MACHINE_ID_SIZE] = {1};

    (void)world;
    target->id = other;
}

static void spoil_hello(struct test_world *world, struct link_target *target)
{
    (void)target;
    world->agent.protocol = 9;
}

static void spoil_open(struct test_world *world, struct link_target *target)
{
    (void)target;
    world->agent.refuse_open = PROBLEM_KEY_UNKNOWN;
}

static void spoil_rights(struct test_world *world, struct link_target *target)
{
    (void)target;
    world->agent.rights = RIGHT_OBSERVE;
}

static void spoil_job(struct test_world *world, struct link_target *target)
{
    (void)target;
    world->agent.refuse_put = PROBLEM_RUN_AS;
}

static void test_each_step_fails(void **state)
{
    (void)state;
    expect(spoil_name, "", "resolve", PROBLEM_RESOLVE);
    expect(spoil_port, "resolve ", "connect", PROBLEM_CONNECTION_REFUSED);
    expect(spoil_id, "resolve connect secure ", "identity", PROBLEM_ID_CHANGED);
    expect(spoil_hello, "resolve connect secure identity ", "hello", PROBLEM_VERSION);
    expect(spoil_open, "resolve connect secure identity hello ", "open", PROBLEM_KEY_UNKNOWN);
    expect(spoil_rights, "resolve connect secure identity hello open ", "rights",
           PROBLEM_RIGHT_MISSING);
    expect(spoil_job, "resolve connect secure identity hello open rights clock ", "job",
           PROBLEM_RUN_AS);
}

static void test_clock_and_code(void **state)
{
    struct examined examined = {.exit_code = 1};
    struct test_world world;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.agent.wall_ahead_ms = -90 * 1000;
    target = test_world_target(&world);
    examine(&world, &target, &examined);
    assert_true(examined.clock_warned);
    assert_memory_equal(examined.clock, "-9", 2); /* -90.0 or -89.9 */
    assert_string_equal(examined.failed, "job");  /* exited(1) */
    test_world_end(&world);
}

static void test_cancelled(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 14; turns++) {
        struct examined examined = {0};
        struct test_world world;
        struct link_target target;
        struct doctor *doctor;

        test_world_begin(&world);
        target = test_world_target(&world);
        assert_int_equal(
            doctor_start(&doctor, test_world_factory(&world), &target, "root", &events, &examined),
            0);
        for (unsigned i = 0; i < turns && !examined.done; i++)
            uv_run(&world.loop, UV_RUN_NOWAIT);
        assert_false(examined.done); /* its job has not ended */
        doctor_cancel(doctor);
        test_world_wait(&world, 3);
        assert_false(examined.done);
        test_world_end(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_well),
        cmocka_unit_test(test_each_step_fails),
        cmocka_unit_test(test_clock_and_code),
        cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
