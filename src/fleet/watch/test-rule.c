#include "fleet/watch/rule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

/* One machine as a rule sees it, second by second. */
struct scene {
    struct rule *rule;
    struct rule_mark marks[RULE_NODES_MAX];
    struct judgement judgement;
    struct reading reading;
    float vitals[VITAL_COUNT];
    uint64_t now_ms;
    uint64_t clear_ms;
};

static void scene_set(struct scene *scene, const char *text)
{
    struct fault fault = {0};
    int error = rule_parse(text, &scene->rule, &fault);

    if (error)
        fail_msg("%s: %s", text, fault.text);
    memset(scene->marks, 0, sizeof(scene->marks));
    scene->judgement = (struct judgement){.marks = scene->marks};
    scene->reading = (struct reading){.presence = PRESENCE_UP, .vitals = scene->vitals};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        scene->vitals[i] = NAN;
    scene->now_ms = 1000;
    scene->clear_ms = 10000;
}

static void scene_end(struct scene *scene)
{
    scene->rule = rule_free(scene->rule);
}
#define _cleanup_scene_ _cleanup_(scene_end)

static enum verdict judge(struct scene *scene)
{
    return rule_judge(scene->rule, &scene->judgement, &scene->reading, scene->now_ms,
                      scene->clear_ms);
}

/* How often the alert began (or ended) within so many seconds in which `vital` has `value`. */
static int pass(struct scene *scene, int seconds, enum vital vital, double value,
                enum verdict wanted)
{
    int count = 0;

    scene->vitals[vital] = (float)value;
    for (int i = 0; i < seconds; i++) {
        scene->now_ms += 1000;
        count += judge(scene) == wanted;
    }
    return count;
}

/* Whether it begins at once with this one value. */
static bool begins(const char *text, enum vital vital, double value)
{
    _cleanup_scene_ struct scene scene = {0};

    scene_set(&scene, text);
    scene.vitals[vital] = (float)value;
    return judge(&scene) == VERDICT_BEGINS;
}

static void test_comparisons(void **state)
{
    (void)state;
    assert_true(begins("cpu > 90", VITAL_CPU_BUSY, 90.5));
    assert_false(begins("cpu > 90", VITAL_CPU_BUSY, 90));
    assert_true(begins("cpu >= 90", VITAL_CPU_BUSY, 90));
    assert_true(begins("cpu.busy>90%", VITAL_CPU_BUSY, 91));
    assert_true(begins("CPU > 90", VITAL_CPU_BUSY, 91));
    assert_true(begins("load<0.5", VITAL_LOAD_1, 0.25));
    assert_false(begins("load < 0.5", VITAL_LOAD_1, 0.5));
    assert_true(begins("load <= 0.5", VITAL_LOAD_1, 0.5));
    assert_true(begins("temp > 80 °C", VITAL_TEMP, 81));
    assert_true(begins("temp > -5C", VITAL_TEMP, -4));
    assert_true(begins("uptime < 5m", VITAL_UPTIME, 299));
    assert_false(begins("uptime < 5m", VITAL_UPTIME, 301));
    assert_true(begins("net.rx > 100M", VITAL_NET_RX, 101 * 1048576.));
    assert_true(begins("net.rx > 100 MiB/s", VITAL_NET_RX, 101 * 1048576.));
    assert_false(begins("net.rx > 100M", VITAL_NET_RX, 99 * 1048576.));
    assert_true(begins("disk.free < 10G", VITAL_DISK_FREE, 9 * 1073741824.));
    assert_false(begins("cpu > 90", VITAL_CPU_BUSY, NAN));
    assert_false(begins("cpu < 90", VITAL_CPU_BUSY, NAN));
}

static void test_shares(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    /* The fullest file system decides. */
    assert_true(begins("disk.free < 5%", VITAL_DISK_FULL, 96));
    assert_false(begins("disk.free < 5%", VITAL_DISK_FULL, 94));
    scene_set(&scene, "mem > 90 and swap > 50");
    assert_int_equal(rule_vitals(scene.rule), 1ull << VITAL_MEM_USED | 1ull << VITAL_MEM_TOTAL |
                                                  1ull << VITAL_SWAP_USED |
                                                  1ull << VITAL_SWAP_TOTAL);
    scene.vitals[VITAL_MEM_TOTAL] = 1000;
    scene.vitals[VITAL_MEM_USED] = 950;
    scene.vitals[VITAL_SWAP_TOTAL] = 0; /* none: nothing of it is in use */
    scene.vitals[VITAL_SWAP_USED] = 0;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    scene.vitals[VITAL_SWAP_TOTAL] = 100;
    scene.vitals[VITAL_SWAP_USED] = 60;
    assert_int_equal(judge(&scene), VERDICT_BEGINS);
}

/* /srv is 96 % full, everything else is not there. */
static double value_of_thing(const struct reading *reading, enum vital vital, const char *name)
{
    assert_ptr_equal(reading->user, "mine");
    if (vital == VITAL_DISK_FULL && strcmp(name, "/srv") == 0)
        return 96;
    return vital == VITAL_DISK_FREE && strcmp(name, "a } \"b") == 0 ? 1000 : NAN;
}

static bool begins_of_thing(const char *text)
{
    _cleanup_scene_ struct scene scene = {0};

    scene_set(&scene, text);
    scene.reading.thing = value_of_thing;
    scene.reading.user = "mine";
    return judge(&scene) == VERDICT_BEGINS;
}

static void test_one_thing(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    assert_true(begins_of_thing("disk{mount=\"/srv\"} > 95"));
    assert_false(begins_of_thing("disk{mount=\"/srv\"} > 96"));
    assert_true(
        begins_of_thing("disk.full{mount=\"/srv\"}>95 for 1s or disk.free{mount=\"/srv\"}<5%"));
    assert_false(begins_of_thing("disk{mount=\"/\"} > 1"));
    assert_false(begins_of_thing("disk > 1"));
    assert_true(begins_of_thing("disk.free{mount=\"a } \\\"b\"} < 1K"));
    assert_false(begins_of_thing("disk.free{mount=\"a } \\\"b\"} < 0.9K"));
    scene_set(&scene, "disk{mount=\"/srv\"} > 95 and net.rx{interface=\"eth0\"} > 1M and cpu > 1");
    assert_int_equal(rule_vitals(scene.rule), 1ull << VITAL_CPU_BUSY);
    assert_int_equal(rule_labels(scene.rule),
                     1u << VITAL_LABEL_MOUNT | 1u << VITAL_LABEL_INTERFACE);
    assert_int_equal(judge(&scene), VERDICT_SAME); /* nobody tells of things */
}

static void test_for_needs_the_whole_time(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    scene_set(&scene, "cpu > 90 for 1m");
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 1, VITAL_CPU_BUSY, 80, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 1);
}

/* A gap in what is known begins the count anew, and ends nothing. */
static void test_unknown(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    scene_set(&scene, "cpu > 90 for 1m");
    assert_int_equal(pass(&scene, 50, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 1, VITAL_CPU_BUSY, NAN, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 5, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 1);
    assert_int_equal(pass(&scene, 600, VITAL_CPU_BUSY, NAN, VERDICT_ENDS), 0);
    assert_true(scene.judgement.is_active);
    assert_int_equal(pass(&scene, 11, VITAL_CPU_BUSY, 10, VERDICT_ENDS), 1);
}

/* A value at the edge is one alert. */
static void test_no_flapping(void **state)
{
    _cleanup_scene_ struct scene scene = {0};
    int begun = 0, ended = 0;

    (void)state;
    scene_set(&scene, "cpu > 90");
    for (int i = 0; i < 100; i++) {
        begun += pass(&scene, 1, VITAL_CPU_BUSY, 91, VERDICT_BEGINS);
        ended += pass(&scene, 20, VITAL_CPU_BUSY, 89, VERDICT_ENDS);
    }
    assert_int_equal(begun, 1);
    assert_int_equal(ended, 0);
    /* Far enough back, but not for long enough. */
    for (int i = 0; i < 100; i++) {
        ended += pass(&scene, 9, VITAL_CPU_BUSY, 10, VERDICT_ENDS);
        begun += pass(&scene, 1, VITAL_CPU_BUSY, 91, VERDICT_BEGINS);
    }
    assert_int_equal(begun, 1);
    assert_int_equal(ended, 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 85, VERDICT_ENDS), 1);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 89, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 91, VERDICT_BEGINS), 1);
}

static void test_margin_from_below(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    scene_set(&scene, "disk.free < 5%");
    assert_int_equal(pass(&scene, 1, VITAL_DISK_FULL, 95.1, VERDICT_BEGINS), 1);
    assert_int_equal(pass(&scene, 60, VITAL_DISK_FULL, 94.9, VERDICT_ENDS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_DISK_FULL, 94, VERDICT_ENDS), 1);
}

static void test_down(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    scene_set(&scene, "down for 2m");
    assert_int_equal(rule_vitals(scene.rule), 0);
    scene.reading.presence = PRESENCE_UNKNOWN;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    /* Away for two minutes before this console looked for the first time. */
    scene.now_ms = 500000;
    scene.reading.presence = PRESENCE_DOWN;
    scene.reading.presence_ms = scene.now_ms - 119000;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    scene.now_ms += 1000;
    assert_int_equal(judge(&scene), VERDICT_BEGINS);
    scene.reading.presence = PRESENCE_REFUSED;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    scene.now_ms += scene.clear_ms;
    assert_int_equal(judge(&scene), VERDICT_ENDS);
}

static void test_joined(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    /* "and" binds tighter: down, or both others. */
    scene_set(&scene, "down or cpu > 90 and load > 8");
    scene.vitals[VITAL_CPU_BUSY] = 95;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    scene.vitals[VITAL_LOAD_1] = 9;
    assert_int_equal(judge(&scene), VERDICT_BEGINS);
    scene_end(&scene);

    scene_set(&scene, "(down or cpu > 90) and load > 8");
    scene.reading.presence = PRESENCE_DOWN;
    assert_int_equal(judge(&scene), VERDICT_SAME);
    scene.vitals[VITAL_LOAD_1] = 9;
    assert_int_equal(judge(&scene), VERDICT_BEGINS);
    scene_end(&scene);

    /* What is known to be false decides, whatever the other is. */
    scene_set(&scene, "not (cpu > 90 and load > 8)");
    scene.vitals[VITAL_LOAD_1] = 1;
    assert_int_equal(judge(&scene), VERDICT_BEGINS);
    scene_end(&scene);

    scene_set(&scene, "(cpu > 90 or load > 8) for 10s");
    assert_int_equal(pass(&scene, 8, VITAL_LOAD_1, 9, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 4, VITAL_CPU_BUSY, 99, VERDICT_BEGINS), 1);
}

static void test_resume(void **state)
{
    _cleanup_scene_ struct scene scene = {0};

    (void)state;
    scene_set(&scene, "cpu > 90 for 5m");
    rule_resume(scene.rule, &scene.judgement, scene.now_ms);
    assert_int_equal(pass(&scene, 600, VITAL_CPU_BUSY, 95, VERDICT_BEGINS), 0);
    assert_int_equal(pass(&scene, 60, VITAL_CPU_BUSY, 5, VERDICT_ENDS), 1);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        int error;
        uint32_t column;
        const char *says; /* in the sentence or the hint */
    } cases[] = {
        {"", RULE_E_SYNTAX, 1, "at the end"},
        {"   ", RULE_E_SYNTAX, 4, "at the end"},
        {"cpu", RULE_E_SYNTAX, 4, "> >= < <="},
        {"cpu > ", RULE_E_SYNTAX, 7, "number"},
        {"cpu = 90", RULE_E_SYNTAX, 5, "> >= < <="},
        {"cpu == 90", RULE_E_SYNTAX, 5, "> >= < <="},
        {"cpu > ninety", RULE_E_SYNTAX, 7, "ninety"},
        {"cpu > 90 fro 5m", RULE_E_NUMBER, 10, "fro"},
        {"down fro 5m", RULE_E_SYNTAX, 6, "fro"},
        {"cpu > 90 for", RULE_E_SYNTAX, 13, "length of time"},
        {"cpu > 90 for 5x", RULE_E_SYNTAX, 14, "5x"},
        {"cpu > 90 for 0s", RULE_E_SYNTAX, 14, "0s"},
        {"cpo > 90", RULE_E_WORD, 1, "cpu"},
        {"mem > 90 and disk.fee < 5%", RULE_E_WORD, 14, "disk.free"},
        {"zzzzzz > 1", RULE_E_WORD, 1, "zzzzzz"},
        {"dwon", RULE_E_WORD, 1, "down"},
        {"cpu > 90 GiB", RULE_E_NUMBER, 10, "GiB"},
        {"temp > 80%", RULE_E_NUMBER, 10, "%"},
        {"net.rx > 5%", RULE_E_NUMBER, 11, "%"},
        {"cpu > 90/s", RULE_E_SYNTAX, 9, "/"},
        {"(cpu > 90", RULE_E_SYNTAX, 10, "parenthesis"},
        {"cpu > 90)", RULE_E_SYNTAX, 9, ")"},
        {"cpu > 90 down", RULE_E_NUMBER, 10, "down"},
        {"down down", RULE_E_SYNTAX, 6, "down"},
        {"cpu > 90 and", RULE_E_SYNTAX, 13, "condition"},
        {"cpu > 90 for 5m for 3m", RULE_E_SYNTAX, 17, "for"},
        {"cpu > 0x5a", RULE_E_NUMBER, 8, "x5a"},
        {"cpu > 1e3", RULE_E_NUMBER, 8, "e3"},
        {"cpu > 99999999999999999999", RULE_E_NUMBER, 7, "large"},
        {"\x1b[31m > 3", RULE_E_SYNTAX, 1, "\\x1b"},
        {"cpu > 90 ö", RULE_E_SYNTAX, 10, "ö"},
        {"disk{mount=\"/srv\" > 90", RULE_E_SYNTAX, 5, "disk.full{mount=\"NAME\"}"},
        {"disk{core=\"0\"} > 90", RULE_E_SYNTAX, 5, "disk.full{mount=\"NAME\"}"},
        {"disk{mount=\"/srv\"} 90", RULE_E_SYNTAX, 20, "> >="},
        {"load{core=\"0\"} > 90", RULE_E_SYNTAX, 5, "whole machine"},
        {"mem{mount=\"/\"} > 90", RULE_E_SYNTAX, 4, "whole machine"},
        {"((((((((((((((((( down )))))))))))))))))", RULE_E_LONG, 17, "parentheses"},
        {"cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 "
         "or "
         "cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1 or cpu>1",
         RULE_E_LONG, 150, "conditions"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct fault fault = {0};
        struct rule *rule = NULL;
        int error = rule_parse(cases[i].text, &rule, &fault);

        if (error != cases[i].error || fault.column != cases[i].column ||
            (!strstr(fault.text, cases[i].says) && !strstr(fault.hint, cases[i].says)))
            fail_msg("\"%s\": %d, column %u: %s (%s)", cases[i].text, error, fault.column,
                     fault.text, fault.hint);
        assert_null(rule);
        assert_int_equal(rule_parse(cases[i].text, &rule, NULL), cases[i].error);
    }
}

static void test_too_long(void **state)
{
    char text[RULE_TEXT_MAX + 2];
    struct rule *rule = NULL;

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "down", 4);
    text[RULE_TEXT_MAX] = '\0';
    assert_int_equal(rule_parse(text, &rule, NULL), 0);
    rule_free(rule);
    text[RULE_TEXT_MAX] = ' ';
    text[RULE_TEXT_MAX + 1] = '\0';
    assert_int_equal(rule_parse(text, &rule, NULL), RULE_E_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_one_thing),
        cmocka_unit_test(test_for_needs_the_whole_time),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_no_flapping),
        cmocka_unit_test(test_margin_from_below),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_joined),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
