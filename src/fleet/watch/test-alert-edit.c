/* Sections put in, changed and taken out; what else stands in the file stays to the last byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/home/test-place.h"
#include "fleet/watch/alert-edit.h"
#include "fleet/watch/alert-rules.h"

static const char two[] = "# what wakes me up\n"
                          "\n"
                          "[hot]\n"
                          "when = cpu > 90 for 5m\n"
                          "# only these\n"
                          "machines   =  @web\n"
                          "notify = no\n"
                          "\n"
                          "# the disks\n"
                          "[full]\n"
                          "when = disk.free < 5%\n";

static void expect(const char *text, const char *label, const struct alert_draft *draft,
                   const char *wanted)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct fault fault = {0};
    int error = alert_rules_rewrite(text, strlen(text), label, draft, &out, &fault);

    if (error)
        fail_msg("%d: %s", error, fault.text);
    assert_string_equal(buffer_text(&out) ? buffer_text(&out) : "", wanted);
}

static void refuse(const char *text, const char *label, const struct alert_draft *draft,
                   const char *says)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    struct fault fault = {0};

    assert_int_equal(alert_rules_rewrite(text, strlen(text), label, draft, &out, &fault), 1);
    if (!strstr(fault.text, says))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, says);
    assert_int_equal(buffer_length(&out), 0);
}

static void test_add(void **state)
{
    const struct alert_draft plain = {.label = "gone", .when = "down for 2m", .machines = ""};
    const struct alert_draft whole = {.label = "all of it",
                                      .when = "mem > 95",
                                      .machines = "@web,!web3",
                                      .command = "logger \"$HUNE_MACHINE\"",
                                      .clear = "2m",
                                      .is_silent = true};

    (void)state;
    expect("", NULL, &plain, "[gone]\nwhen = down for 2m\n");
    expect("# mine", NULL, &plain, "# mine\n\n[gone]\nwhen = down for 2m\n");
    expect("", NULL, &whole,
           "[all of it]\nwhen = mem > 95\nmachines = @web,!web3\ndo = logger \"$HUNE_MACHINE\"\n"
           "clear = 2m\nnotify = no\n");
}

static void test_change(void **state)
{
    const struct alert_draft other = {
        .label = "hot", .when = "cpu > 95 for 5m", .machines = "@web", .clear = "1m"};
    const struct alert_draft renamed = {.label = "disks", .when = "disk.free < 5%"};

    (void)state;
    expect(two, "hot", &other,
           "# what wakes me up\n"
           "\n"
           "[hot]\n"
           "when = cpu > 95 for 5m\n"
           "# only these\n"
           "machines   =  @web\n"
           "clear = 1m\n"
           "\n"
           "# the disks\n"
           "[full]\n"
           "when = disk.free < 5%\n");
    expect("[full]\nwhen = disk.free < 5%", "full", &renamed, "[disks]\nwhen = disk.free < 5%");
    expect("[full]\nwhen = down", "full", &renamed, "[disks]\nwhen = disk.free < 5%\n");
    expect("[hot]\nwhen = cpu > 95 for 5m", "hot", &other,
           "[hot]\nwhen = cpu > 95 for 5m\nmachines = @web\nclear = 1m\n");
}

static void test_take_out(void **state)
{
    (void)state;
    expect(two, "hot", NULL,
           "# what wakes me up\n"
           "\n"
           "# the disks\n"
           "[full]\n"
           "when = disk.free < 5%\n");
    expect("[a]\nwhen = down\n", "a", NULL, "");
}

static void test_refused(void **state)
{
    char long_text[195];

    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
#define DRAFT(...) (&(struct alert_draft){__VA_ARGS__})
    refuse(two, NULL, DRAFT(.label = "hot", .when = "down"), "already");
    refuse(two, "full", DRAFT(.label = "hot", .when = "down"), "already");
    refuse(two, "cold", DRAFT(.label = "cold", .when = "down"), "any more");
    refuse(two, "cold", NULL, "any more");
    refuse(two, NULL, DRAFT(.label = "", .when = "down"), "name");
    refuse(two, NULL, DRAFT(.label = "a]b", .when = "down"), "brackets");
    refuse(two, NULL, DRAFT(.label = " a", .when = "down"), "space");
    refuse(two, NULL, DRAFT(.label = "a\nb", .when = "down"), "one line");
    refuse(two, NULL,
           DRAFT(.label = "12345678901234567890123456789012345678901234567890", .when = "down"),
           "49");
    refuse(two, NULL, DRAFT(.label = "a"), "waits for");
    refuse(two, NULL, DRAFT(.label = "a", .when = "cpo > 1"), "cpo");
    refuse(two, NULL, DRAFT(.label = "a", .when = "down", .command = long_text), "longer than");
    refuse(two, NULL, DRAFT(.label = "a", .when = "down", .command = "a ; b"), ";");
    refuse(two, NULL, DRAFT(.label = "a", .when = "down", .command = "a\n[b]"), "one line");
    refuse(two, NULL, DRAFT(.label = "a", .when = "down", .machines = ";x"), ";");
    refuse(two, NULL, DRAFT(.label = "a", .when = "down", .clear = "soon"), "soon");
    /* A file with a mistake is left alone. */
    refuse("[x]\nwhen = cpo > 1\n", NULL, DRAFT(.label = "a", .when = "down"), "cpo");
}

static void test_check_tells_the_field(void **state)
{
    enum alert_draft_field field;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(
        alert_draft_check(DRAFT(.label = "a", .when = "mem > 3 and cpo > 1"), &field, &fault), 1);
    assert_int_equal(field, ALERT_WHEN);
    assert_int_equal(fault.column, 13);
    assert_int_equal(
        alert_draft_check(DRAFT(.label = "a", .when = "down", .clear = "x"), &field, &fault), 1);
    assert_int_equal(field, ALERT_CLEAR);
    assert_int_equal(alert_draft_check(DRAFT(.label = "a", .when = "down"), &field, &fault), 0);
}

static void test_file(void **state)
{
    static struct alert_rules rules;
    struct fault fault = {0};
    struct stat status;

    (void)state;
    assert_int_equal(
        alert_rules_change("new/alerts.conf", NULL, DRAFT(.label = "a", .when = "down"), &fault),
        0);
    assert_int_equal(stat("new/alerts.conf", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(
        alert_rules_change("new/alerts.conf", NULL, DRAFT(.label = "b", .when = "refused"), &fault),
        0);
    assert_int_equal(alert_rules_change("new/alerts.conf", "a", NULL, &fault), 0);
    assert_int_equal(alert_rules_read(&rules, "new/alerts.conf", &fault), 0);
    assert_int_equal(rules.count, 1);
    assert_string_equal(rules.items[0].label, "b");
    alert_rules_deinit(&rules);
    unlink("new/alerts.conf");
    unlink("new/alerts.conf.lock");
    rmdir("new");
}

static void test_a_file_that_cannot_be_read(void **state)
{
    struct fault fault = {0};

    (void)state;
    assert_int_equal(mkdir("alerts.conf", 0700), 0);
    assert_int_equal(
        alert_rules_change("alerts.conf", NULL, DRAFT(.label = "a", .when = "down"), &fault),
        -EISDIR);
    assert_non_null(strstr(fault.text, "alerts.conf"));
    rmdir("alerts.conf");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_change),
        cmocka_unit_test(test_take_out),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_check_tells_the_field),
        cmocka_unit_test_setup_teardown(test_file, test_place_enter, test_place_leave),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_read, test_place_enter,
                                        test_place_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
