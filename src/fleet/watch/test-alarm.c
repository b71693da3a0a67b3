#include "fleet/watch/alarm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fleet/home/test-place.h"
#include "fleet/watch/store-alerts.h"

static const char fleet_text[] = "name,host,tags\nweb1,192.0.2.1,web\nweb2,192.0.2.2,web\n"
                                 "db1,192.0.2.3,db\n";

struct scene {
    struct fleet *fleet;
    struct alert_rules rules;
    struct alarm *alarm;
    struct store *store;
    float vitals[VITAL_COUNT];
    struct buffer told;
};

static void on_alert(struct alarm *alarm, const struct alert *alert, void *user)
{
    struct scene *scene = user;

    assert_ptr_equal(alarm, scene->alarm);
    buffer_printf(&scene->told, "%s %s %s (%s) %llu\n", alert->machine->name,
                  alert->is_over ? "end" : "begin", rule_text(alert->rule->rule), alert->detail,
                  (unsigned long long)alert->begun_ms);
}

static int look(struct scene *scene)
{
    static const uint32_t machines[] = {0, 1, 2};
    const struct alarm_settings settings = {.fleet = scene->fleet,
                                            .machines = machines,
                                            .count = 3,
                                            .rules = &scene->rules,
                                            .store = scene->store,
                                            .on_alert = on_alert,
                                            .user = scene};

    return alarm_new(&scene->alarm, &settings, 1000, NULL);
}

static struct scene *scene_begin(bool with_store)
{
    static struct scene scene;

    memset(&scene, 0, sizeof(scene));
    assert_int_equal(fleet_parse(fleet_text, strlen(fleet_text), &scene.fleet, NULL), 0);
    for (size_t i = 0; i < VITAL_COUNT; i++)
        scene.vitals[i] = NAN;
    if (with_store)
        assert_int_equal(store_open("hune.db", &scene.store, NULL), 0);
    return &scene;
}

static void scene_end(struct scene *scene)
{
    alarm_free(scene->alarm);
    store_close(scene->store);
    alert_rules_deinit(&scene->rules);
    fleet_free(scene->fleet);
    buffer_deinit(&scene->told);
}

static void judge(struct scene *scene, uint32_t position, enum presence presence, double cpu,
                  uint64_t now_ms)
{
    struct reading reading = {.presence = presence, .vitals = scene->vitals};

    scene->vitals[VITAL_CPU_BUSY] = (float)cpu;
    alarm_judge(scene->alarm, position, &reading, now_ms, 5000000 + now_ms);
}

static void assert_told(struct scene *scene, const char *expected)
{
    const char *told = buffer_text(&scene->told);

    assert_string_equal(told ? told : "", expected);
    buffer_clear(&scene->told);
}

/* Every rule for the machines that it is about, each begin and each end once. */
static void test_rules_and_machines(void **state)
{
    struct scene *scene = scene_begin(false);

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "cpu > 90", NULL), 0);
    assert_int_equal(alert_rules_add(&scene->rules, "down", NULL), 0);
    scene->rules.items[0].machines = strdup("@web");
    scene->rules.items[1].clear_ms = 5000;
    assert_int_equal(look(scene), 0);
    judge(scene, 0, PRESENCE_UP, 95, 2000);
    judge(scene, 2, PRESENCE_UP, 95, 2000); /* a database: not asked about */
    assert_told(scene, "web1 begin cpu > 90 (cpu 95 %) 5002000\n");
    assert_int_equal(alarm_standing(scene->alarm), 1);
    judge(scene, 0, PRESENCE_UP, 96, 3000);
    assert_told(scene, "");
    judge(scene, 2, PRESENCE_DOWN, NAN, 4000);
    assert_told(scene, "db1 begin down () 5004000\n");
    assert_int_equal(alarm_standing(scene->alarm), 2);
    judge(scene, 2, PRESENCE_UP, 1, 5000);
    judge(scene, 2, PRESENCE_UP, 1, 9999);
    assert_told(scene, "");
    judge(scene, 2, PRESENCE_UP, 1, 10000);
    assert_told(scene, "db1 end down () 5004000\n");
    judge(scene, 0, PRESENCE_UP, 5, 11000);
    judge(scene, 0, PRESENCE_UP, 5, 11000 + RULE_CLEAR_MS);
    assert_told(scene, "web1 end cpu > 90 (cpu 5.0 %) 5002000\n");
    assert_int_equal(alarm_standing(scene->alarm), 0);
    scene_end(scene);
}

static void test_unknown_machines(void **state)
{
    struct scene *scene = scene_begin(false);

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "down", NULL), 0);
    scene->rules.items[0].machines = strdup("@nobody");
    assert_int_equal(look(scene), SELECTOR_E_TAG);
    scene->alarm = NULL;
    scene_end(scene);
}

/* A console that begins while an alert stands does not tell it again, and ends it. */
static void test_taken_up(void **state)
{
    struct scene *scene = scene_begin(true);

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "cpu > 90 for 1m", NULL), 0);
    assert_int_equal(store_alert_begin(scene->store, "web2", "cpu > 90 for 1m", "", 777), 0);
    assert_int_equal(look(scene), 0);
    assert_int_equal(alarm_standing(scene->alarm), 1);
    for (uint64_t now = 2000; now < 200000; now += 1000)
        judge(scene, 1, PRESENCE_UP, 95, now);
    assert_told(scene, "");
    for (uint64_t now = 200000; now < 240000; now += 1000)
        judge(scene, 1, PRESENCE_UP, 5, now);
    assert_told(scene, "web2 end cpu > 90 for 1m (cpu 5.0 %) 777\n");
    scene_end(scene);
}

/* What another console told already is not told here. */
static void test_told_elsewhere(void **state)
{
    struct scene *scene = scene_begin(true);
    uint64_t begun;

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "down", NULL), 0);
    scene->rules.items[0].clear_ms = 0;
    assert_int_equal(look(scene), 0);
    assert_int_equal(store_alert_begin(scene->store, "web1", "down", "", 888), 0);
    judge(scene, 0, PRESENCE_DOWN, NAN, 2000);
    assert_told(scene, "");
    assert_int_equal(alarm_standing(scene->alarm), 1);
    assert_int_equal(store_alert_end(scene->store, "web1", "down", 889, &begun), 0);
    judge(scene, 0, PRESENCE_UP, 1, 3000);
    assert_told(scene, "");
    judge(scene, 0, PRESENCE_DOWN, NAN, 4000);
    assert_told(scene, "web1 begin down () 5004000\n");
    scene_end(scene);
}

/* The list is read anew: machines have other numbers, one came, one is gone. What was going on goes
 * on. */
static void test_goes_on_after_a_change(void **state)
{
    static const char other_text[] = "name,host,tags\nnew1,192.0.2.9,web\ndb1,192.0.2.3,db\n"
                                     "web1,192.0.2.1,web\n";
    static const uint32_t machines[] = {0, 1, 2};
    struct scene *scene = scene_begin(false);
    struct alarm *before;
    struct fleet *old = scene->fleet;
    struct alarm_settings settings = {.machines = machines,
                                      .count = 3,
                                      .rules = &scene->rules,
                                      .on_alert = on_alert,
                                      .user = scene};

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "cpu > 90 for 10s", NULL), 0);
    assert_int_equal(alert_rules_add(&scene->rules, "down", NULL), 0);
    assert_int_equal(look(scene), 0);
    judge(scene, 0, PRESENCE_UP, 95, 2000);
    judge(scene, 2, PRESENCE_DOWN, NAN, 2000);
    assert_told(scene, "db1 begin down () 5002000\n");
    before = scene->alarm;
    assert_int_equal(fleet_parse(other_text, strlen(other_text), &scene->fleet, NULL), 0);
    settings.fleet = scene->fleet;
    settings.before = before;
    assert_int_equal(alarm_new(&scene->alarm, &settings, 3000, NULL), 0);
    alarm_free(before);
    fleet_free(old);
    assert_int_equal(alarm_standing(scene->alarm), 1);
    judge(scene, 0, PRESENCE_UP, 95, 12000); /* new1: its ten seconds begin */
    judge(scene, 2, PRESENCE_UP, 95, 12000); /* web1: they are over */
    assert_told(scene, "web1 begin cpu > 90 for 10s (cpu 95 %) 5012000\n");
    judge(scene, 1, PRESENCE_UP, 1, 13000);
    judge(scene, 1, PRESENCE_UP, 1, 13000 + RULE_CLEAR_MS);
    assert_told(scene, "db1 end down () 5002000\n");
    scene_end(scene);
}

static void add_standing(const struct standing *standing, void *user)
{
    struct buffer *out = user;

    buffer_printf(out, "%u %s %llu %s\n", standing->position, rule_text(standing->rule->rule),
                  (unsigned long long)standing->begun_ms, standing->finding);
}

/* What stands is told with its begin, also if another console, or an earlier one, told it. */
static void test_standing(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct scene *scene = scene_begin(true);
    uint32_t changes;

    (void)state;
    assert_int_equal(alert_rules_add(&scene->rules, "cpu > 90", NULL), 0);
    assert_int_equal(alert_rules_add(&scene->rules, "down", NULL), 0);
    assert_int_equal(store_alert_begin(scene->store, "web2", "down", "[]", 42), 0);
    assert_int_equal(look(scene), 0);
    changes = alarm_changes(scene->alarm);
    judge(scene, 0, PRESENCE_UP, 95, 2000);
    assert_int_not_equal(alarm_changes(scene->alarm), changes);
    /* Another console is first. */
    assert_int_equal(store_alert_begin(scene->store, "db1", "down", "[]", 43), 0);
    judge(scene, 2, PRESENCE_DOWN, NAN, 2000);
    assert_told(scene, "web1 begin cpu > 90 (cpu 95 %) 5002000\n");
    alarm_each(scene->alarm, add_standing, &out);
    assert_string_equal(
        buffer_text(&out),
        "0 cpu > 90 5002000 [{\"measure\":\"cpu\",\"value\":95.0,\"unit\":\"percent\"}]\n"
        "1 down 42 []\n"
        "2 down 43 []\n");
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_and_machines),
        cmocka_unit_test(test_unknown_machines),
        cmocka_unit_test_setup_teardown(test_taken_up, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_told_elsewhere, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_goes_on_after_a_change, test_place_enter,
                                        test_place_leave),
        cmocka_unit_test_setup_teardown(test_standing, test_place_enter, test_place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
