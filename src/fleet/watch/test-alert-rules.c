#include "fleet/watch/alert-rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/home/test-place.h"

static int read_text(struct alert_rules *rules, const char *text, struct fault *fault)
{
    assert_int_equal(file_replace("alerts.conf", 0600, text, strlen(text)), 0);
    return alert_rules_read(rules, "alerts.conf", fault);
}

static void test_file(void **state)
{
    static struct alert_rules rules;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(alert_rules_read(&rules, "no-such-file", &fault), 0);
    assert_int_equal(rules.count, 0);
    assert_int_equal(alert_rules_add(&rules, "down", &fault), 0);
    assert_int_equal(read_text(&rules,
                               "# what wakes me up\n"
                               "[hot]\n"
                               "when = cpu > 90 for 5m\n"
                               "machines = @web & !web3\n"
                               "do = logger \"$HUNE_MACHINE: $HUNE_RULE\"\n"
                               "clear = 2m\n"
                               "notify = no\n"
                               "\n"
                               "[full]\n"
                               "when = disk.free < 5%\n",
                               &fault),
                     0);
    assert_int_equal(rules.count, 3);
    assert_string_equal(rules.items[0].label, "");
    assert_string_equal(rules.items[1].label, "hot");
    assert_string_equal(rule_text(rules.items[1].rule), "cpu > 90 for 5m");
    assert_string_equal(rules.items[1].machines, "@web & !web3");
    assert_string_equal(rules.items[1].command, "logger \"$HUNE_MACHINE: $HUNE_RULE\"");
    assert_int_equal(rules.items[1].clear_ms, 120000);
    assert_true(rules.items[1].is_silent);
    assert_string_equal(rules.items[2].label, "full");
    assert_null(rules.items[2].machines);
    assert_null(rules.items[2].command);
    assert_int_equal(rules.items[2].clear_ms, RULE_CLEAR_MS);
    assert_false(rules.items[2].is_silent);
    alert_rules_deinit(&rules);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *says;
    } cases[] = {
        {"[a]\nwhen = cpu > 90\n[b]\n\nwhen = cpo > 1\n", 5, 1, "cpo"},
        {"[a]\nwhen = cpu > 90 for 5x\n", 2, 14, "5x"},
        {"when = down\n", 1, 0, "section"},
        {"[a]\ndo = x\n[b]\nwhen = down\n", 2, 0, "[a]"},
        {"[a]\nwhen = down\nwhen = down\n", 3, 0, "second time"},
        {"[a]\nwhen = down\ndo = x\n[b]\nwhen = down\nfoo = 1\n", 6, 0, "foo"},
        {"[a]\nwhen = down\nclear = soon\n", 3, 0, "soon"},
        {"[a]\nwhen = down\nnotify = maybe\n", 3, 0, "maybe"},
        {"[a]\nwhen = down\ndo = echo a ; rm b\n", 3, 0, ";"},
        {"[a]\nwhen = down\ndo = echo a\n  more of it\n", 4, 0, "second time"},
        {"[a]\nwhen = down\nnonsense\n", 3, 0, "neither"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        static struct alert_rules rules;
        struct fault fault = {0};
        int error;

        assert_int_equal(alert_rules_add(&rules, "down", &fault), 0);
        error = read_text(&rules, cases[i].text, &fault);
        if (error != 1 || fault.line != cases[i].line || fault.column != cases[i].column ||
            !strstr(fault.text, cases[i].says))
            fail_msg("%s\n%d, line %u, column %u: %s", cases[i].text, error, fault.line,
                     fault.column, fault.text);
        /* What was there before stays, and nothing else. */
        assert_int_equal(rules.count, 1);
        alert_rules_deinit(&rules);
    }
}

static void test_too_many(void **state)
{
    static struct alert_rules rules;
    struct fault fault = {0};

    (void)state;
    for (int i = 0; i < ALERT_RULES_MAX; i++)
        assert_int_equal(alert_rules_add(&rules, "down", &fault), 0);
    assert_true(alert_rules_add(&rules, "down", &fault) < 0);
    assert_int_equal(read_text(&rules, "[a]\nwhen = down\n", &fault), 1);
    assert_int_equal(rules.count, ALERT_RULES_MAX);
    alert_rules_deinit(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_mistakes, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_too_many, test_place_enter, test_place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
