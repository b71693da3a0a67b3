/* Machines kept in sight: who is up, who is down, who refuses, and what does not count as an
 * outage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "fleet/link/test-world.h"
#include "fleet/watch/lookout.h"

struct scene {
    struct test_world world;
    struct link_pool *pool;
    struct lookout *lookout;
    struct link_target target;
    const char *fields;
    char steps[256]; /* "up down " */
    enum problem_code problem;
    bool is_up, is_down, is_refused;
    bool has_sample;
    bool has_problem; /* of a machine that is up */
    unsigned changes, readies, failures;
};

static void on_presence(struct lookout *lookout, uint32_t position, enum presence from,
                        enum presence to, const struct trouble *trouble, void *user)
{
    struct scene *scene = user;
    size_t used = strlen(scene->steps);

    (void)lookout;
    (void)from;
    assert_int_equal(position, 0);
    snprintf(scene->steps + used, sizeof(scene->steps) - used, "%s ", presence_word(to));
    scene->problem = trouble ? trouble->code : PROBLEM_NONE;
    scene->is_up = to == PRESENCE_UP;
    scene->is_down = to == PRESENCE_DOWN;
    scene->is_refused = to == PRESENCE_REFUSED;
}

static void on_change(struct lookout *lookout, uint32_t position, void *user)
{
    const struct sight *sight = lookout_sight(lookout, position);
    struct scene *scene = user;

    scene->changes++;
    scene->has_problem = sight->presence == PRESENCE_UP && sight->problem != PROBLEM_NONE;
}

static void on_sample(struct lookout *lookout, uint32_t position,
                      const struct vitals_sample *sample, void *user)
{
    struct scene *scene = user;

    scene->has_sample = sample != NULL;
    assert_true(!sample || lookout_sight(lookout, position)->sample_ms > 0);
}

static void on_ready(struct lookout *lookout, uint32_t position, const struct link_info *info,
                     void *user)
{
    struct scene *scene = user;

    assert_ptr_equal(info, link_info(lookout_link(lookout, position)));
    assert_int_equal(lookout_sight(lookout, position)->presence, PRESENCE_UP);
    scene->readies++;
}

static void on_failed(struct lookout *lookout, uint32_t position, const struct trouble *trouble,
                      void *user)
{
    struct scene *scene = user;

    assert_int_not_equal(trouble->code, PROBLEM_NONE);
    assert_true(lookout_sight(lookout, position)->attempt_ms > 0);
    scene->failures++;
}

static const struct lookout_events events = {.on_presence = on_presence,
                                             .on_change = on_change,
                                             .on_sample = on_sample,
                                             .on_ready = on_ready,
                                             .on_failed = on_failed};

static void target_of(uint32_t index, struct link_target *target_out, void *user)
{
    struct scene *scene = user;

    (void)index;
    *target_out = scene->target;
}

static void scene_begin(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    test_world_begin(&scene->world);
    scene->target = test_world_target(&scene->world);
    scene->world.settings.first_pause_ms = 20;
    scene->world.settings.answer_timeout_ms = 500;
    assert_int_equal(
        link_pool_new(&scene->pool, test_world_factory(&scene->world), false, target_of, scene), 0);
}

static void scene_look(struct scene *scene)
{
    static const uint32_t machines[] = {0};
    const struct lookout_settings settings = {.pool = scene->pool,
                                              .machines = machines,
                                              .count = 1,
                                              .fields = scene->fields,
                                              .every_ms = 1000,
                                              .events = &events,
                                              .user = scene};

    assert_int_equal(lookout_new(&scene->lookout, &settings), 0);
    assert_int_equal(lookout_present(scene->lookout, PRESENCE_UNKNOWN), 1);
}

static void scene_end(struct scene *scene)
{
    scene->lookout = lookout_free(scene->lookout);
    scene->pool = link_pool_free(scene->pool);
    test_world_end(&scene->world);
}

static void test_up(void **state)
{
    struct scene scene;
    struct reading reading;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_up);
    assert_string_equal(scene.steps, "up ");
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UP), 1);
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UNKNOWN), 0);
    assert_true(lookout_sight(scene.lookout, 0)->is_ready);
    lookout_reading(scene.lookout, 0, clock_monotonic_ms(), &reading);
    assert_int_equal(reading.presence, PRESENCE_UP);
    assert_null(reading.vitals); /* none came */
    scene_end(&scene);
}

/* An agent that is older than the vital signs: up, and the reason is told. */
static void test_no_vitals(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.fields = "cpu.busy";
    scene.world.agent.refuse_vitals = PROBLEM_NOT_FOUND;
    scene_look(&scene);
    test_world_run(&scene.world, &scene.has_problem);
    assert_string_equal(scene.steps, "up ");
    assert_int_equal(lookout_sight(scene.lookout, 0)->problem, PROBLEM_NOT_FOUND);
    assert_true(lookout_is_stale(scene.lookout, lookout_sight(scene.lookout, 0), 1000000));
    scene_end(&scene);
}

static void test_vitals(void **state)
{
    struct scene scene;
    struct reading reading;
    const struct sight *sight;

    (void)state;
    scene_begin(&scene);
    scene.fields = "cpu.busy,mem.used,mem.total,mounts";
    scene.world.agent.vitals =
        "{\"columns\":[\"cpu.busy\",\"mem.used\",\"mem.total\",\"disk.full{mount=\\\"/srv\\\"}\"],"
        "\"every_ms\":1000}\n{\"t\":1764133563123,\"i\":1000,\"v\":[12.5,500,1000,96]}\n";
    scene_look(&scene);
    test_world_run(&scene.world, &scene.has_sample);
    sight = lookout_sight(scene.lookout, 0);
    assert_true(sight->vitals[VITAL_CPU_BUSY] == 12.5F && sight->vitals[VITAL_MEM_USED] == 500);
    assert_true(isnan(sight->vitals[VITAL_LOAD_1]));
    assert_true(sight->tracks[TRACK_CPU][TRACK_LENGTH - 1] == 12.5F);
    assert_true(sight->tracks[TRACK_MEM][TRACK_LENGTH - 1] == 50);
    assert_true(isnan(sight->tracks[TRACK_NET][TRACK_LENGTH - 1]));
    assert_true(isnan(sight->tracks[TRACK_CPU][TRACK_LENGTH - 2]));
    lookout_reading(scene.lookout, 0, sight->sample_ms + 1, &reading);
    assert_ptr_equal(reading.vitals, sight->vitals);
    assert_true(reading.thing(&reading, VITAL_DISK_FULL, "/srv") == 96);
    assert_true(isnan(reading.thing(&reading, VITAL_DISK_FULL, "/")));
    assert_true(isnan(reading.thing(&reading, VITAL_NET_RX, "eth0")));
    lookout_reading(scene.lookout, 0, sight->sample_ms + 60000, &reading);
    assert_null(reading.vitals);
    assert_null(reading.thing);
    scene_end(&scene);
}

/* A connection that breaks and comes back is no outage. */
static void test_cut_is_no_outage(void **state)
{
    struct scene scene;
    unsigned opens;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_up);
    opens = scene.world.agent.opens;
    test_agent_cut(&scene.world.agent);
    for (int i = 0; i < 200 && scene.world.agent.opens == opens; i++)
        test_world_wait(&scene.world, 10);
    assert_int_equal(scene.world.agent.opens, opens + 1);
    test_world_wait(&scene.world, 50);
    assert_string_equal(scene.steps, "up ");
    scene_end(&scene);
}

static void test_down_and_up_again(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.target.port = test_closed_port();
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_down);
    assert_string_equal(scene.steps, "down ");
    assert_int_equal(scene.problem, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(lookout_sight(scene.lookout, 0)->problem, PROBLEM_CONNECTION_REFUSED);
    /* It was never reached, and is tried again all the same. */
    assert_int_equal(link_state(lookout_link(scene.lookout, 0)), LINK_WAITING);
    scene_end(&scene);
}

static void test_outage(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_up);
    scene.world.agent.silent_hello = true;
    test_agent_cut(&scene.world.agent);
    test_world_run(&scene.world, &scene.is_down);
    assert_string_equal(scene.steps, "up down ");
    assert_int_equal(scene.problem, PROBLEM_TIMEOUT);
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_DOWN), 1);
    assert_false(lookout_sight(scene.lookout, 0)->is_ready);
    scene_end(&scene);
}

static void test_refused(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_refused);
    assert_string_equal(scene.steps, "refused ");
    assert_int_equal(scene.problem, PROBLEM_KEY_UNKNOWN);
    scene_end(&scene);
}

/* Another machine at the address is no machine that is down. */
static void test_other_id(void **state)
{
    static const uint8_t other[MACHINE_ID_SIZE] = {1};
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.target.id = other;
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_refused);
    assert_int_equal(scene.problem, PROBLEM_ID_CHANGED);
    scene_end(&scene);
}

static void test_adopt(void **state)
{
    struct scene scene;
    struct sight old = {.presence = PRESENCE_DOWN, .problem = PROBLEM_TIMEOUT, .presence_ms = 42};

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    old.vitals[VITAL_CPU_BUSY] = 12;
    lookout_adopt(scene.lookout, 0, &old);
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_DOWN), 1);
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UNKNOWN), 0);
    assert_true(lookout_sight(scene.lookout, 0)->vitals[VITAL_CPU_BUSY] == 12);
    test_world_run(&scene.world, &scene.is_up);
    assert_string_equal(scene.steps, "up ");
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UP), 1);
    scene_end(&scene);
}

static void test_stale(void **state)
{
    struct scene scene;
    struct sight sight = {.sample_ms = 100000};

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    assert_false(lookout_is_stale(scene.lookout, &sight, 100000));
    assert_false(lookout_is_stale(scene.lookout, &sight, 105000));
    assert_true(lookout_is_stale(scene.lookout, &sight, 105001));
    sight.sample_ms = 0;
    assert_true(lookout_is_stale(scene.lookout, &sight, 1));
    scene_end(&scene);
}

/* One machine comes, another goes, a third takes its place. */
static void test_comes_and_goes(void **state)
{
    struct scene scene;
    uint32_t second, third;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_up);
    assert_int_equal(lookout_add(scene.lookout, 7, PROBLEM_ID_UNKNOWN, &second), 0);
    assert_int_equal(second, 1);
    assert_int_equal(lookout_machine(scene.lookout, second), 7);
    assert_null(lookout_link(scene.lookout, second));
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_REFUSED), 1);
    assert_int_equal(lookout_sight(scene.lookout, second)->problem, PROBLEM_ID_UNKNOWN);
    lookout_wake(scene.lookout, second); /* nothing can be tried */
    lookout_remove(scene.lookout, 0);
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UP), 0);
    scene.is_up = false;
    assert_int_equal(lookout_add(scene.lookout, 0, PROBLEM_NONE, &third), 0);
    assert_int_equal(third, 0);
    assert_int_equal(lookout_count(scene.lookout), 2);
    test_world_run(&scene.world, &scene.is_up);
    assert_string_equal(scene.steps, "up up ");
    assert_int_equal(scene.readies, 2);
    scene_end(&scene);
}

/* Many more than there was room for at first. */
static void test_grows(void **state)
{
    struct scene scene;
    uint32_t position;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    for (uint32_t i = 1; i < 200; i++) {
        assert_int_equal(lookout_add(scene.lookout, i, PROBLEM_ID_UNKNOWN, &position), 0);
        assert_int_equal(position, i);
    }
    assert_int_equal(lookout_machine(scene.lookout, 77), 77);
    lookout_remove(scene.lookout, 77);
    lookout_remove(scene.lookout, 5);
    assert_int_equal(lookout_add(scene.lookout, 300, PROBLEM_ID_UNKNOWN, &position), 0);
    assert_int_equal(position, 5);
    assert_int_equal(lookout_add(scene.lookout, 301, PROBLEM_ID_UNKNOWN, &position), 0);
    assert_int_equal(position, 77);
    assert_int_equal(lookout_add(scene.lookout, 302, PROBLEM_ID_UNKNOWN, &position), 0);
    assert_int_equal(position, 200);
    test_world_run(&scene.world, &scene.is_up);
    scene_end(&scene);
}

/* A person disconnects: that is no outage, and nothing is tried until the person says so. */
static void test_rest(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.fields = "cpu.busy";
    scene.world.agent.vitals = "{\"columns\":[\"cpu.busy\"],\"every_ms\":1000}\n"
                               "{\"t\":1764133563123,\"i\":1000,\"v\":[12.5]}\n";
    scene_look(&scene);
    test_world_run(&scene.world, &scene.has_sample);
    lookout_rest(scene.lookout, 0);
    assert_true(lookout_is_resting(scene.lookout, 0));
    assert_int_equal(lookout_present(scene.lookout, PRESENCE_UNKNOWN), 1);
    assert_false(lookout_sight(scene.lookout, 0)->is_ready);
    test_world_wait(&scene.world, 200);
    assert_int_equal(link_state(lookout_link(scene.lookout, 0)), LINK_CLOSED);
    assert_int_equal(scene.readies, 1);
    assert_int_equal(scene.failures, 0);
    scene.has_sample = scene.is_up = false;
    lookout_wake(scene.lookout, 0);
    test_world_run(&scene.world, &scene.has_sample);
    assert_int_equal(scene.readies, 2);
    assert_string_equal(scene.steps, "up unknown up ");
    scene_end(&scene);
}

/* An order to a machine at rest connects it: it is watched again. */
static void test_woken_by_others(void **state)
{
    struct scene scene;
    struct link *link;

    (void)state;
    scene_begin(&scene);
    scene_look(&scene);
    test_world_run(&scene.world, &scene.is_up);
    lookout_rest(scene.lookout, 0);
    test_world_wait(&scene.world, 100);
    scene.is_up = false;
    assert_int_equal(link_pool_take(scene.pool, 0, &link), 0);
    test_world_run(&scene.world, &scene.is_up);
    assert_false(lookout_is_resting(scene.lookout, 0));
    link_pool_give(scene.pool, link);
    scene_end(&scene);
}

static void test_other_fields(void **state)
{
    struct scene scene;

    (void)state;
    scene_begin(&scene);
    scene.world.agent.vitals = "{\"columns\":[\"cpu.busy\"],\"every_ms\":1000}\n"
                               "{\"t\":1764133563123,\"i\":1000,\"v\":[12.5]}\n";
    scene_look(&scene); /* presence only */
    test_world_run(&scene.world, &scene.is_up);
    assert_false(scene.has_sample);
    assert_int_equal(lookout_set_fields(scene.lookout, "cpu.busy"), 0);
    test_world_run(&scene.world, &scene.has_sample);
    scene.has_sample = false;
    assert_int_equal(lookout_set_fields(scene.lookout, "cpu.busy"), 0); /* the same: nothing */
    assert_int_equal(lookout_set_fields(scene.lookout, "cpu.busy,mem.used"), 0);
    test_world_run(&scene.world, &scene.has_sample);
    assert_int_equal(lookout_set_fields(scene.lookout, NULL), 0);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up),
        cmocka_unit_test(test_vitals),
        cmocka_unit_test(test_no_vitals),
        cmocka_unit_test(test_cut_is_no_outage),
        cmocka_unit_test(test_down_and_up_again),
        cmocka_unit_test(test_outage),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_other_id),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_comes_and_goes),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_woken_by_others),
        cmocka_unit_test(test_other_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
