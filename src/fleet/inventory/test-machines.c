/* The fleet list as it is changed: saving loses nothing that others wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/test-fleet.h"

static void test_changed_lines_keep_the_rest(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse("owner;host;tags;name;\r\n"
                                                "\"Ann; the \"\"boss\"\"\";h1;;a;spare\r\n"
                                                "Bob;h2;x y;b;\r\n"
                                                "bad line;;;;\r\n"
                                                "Cyd;h3;;c");
    _cleanup_buffer_ struct buffer cell = BUFFER_INIT;
    uint32_t removed = 1;

    (void)state;
    assert_int_equal(fleet_tag(fleet, 0, "web", NULL), 0);
    assert_int_equal(fleet_tag(fleet, 0, "prod", NULL), 0);
    assert_int_equal(fleet_tag(fleet, 0, "web", NULL), 0);
    assert_string_equal(fleet_column_title(fleet, 0), "owner");
    assert_null(fleet_column_title(fleet, 5));
    assert_int_equal(fleet_cell(fleet, 0, 0, &cell), 0);
    assert_string_equal(buffer_text(&cell), "Ann; the \"boss\"");
    assert_int_equal(fleet_remove(fleet, &removed, 1), 0);
    assert_int_equal(fleet_find(fleet, "b"), FLEET_NONE);
    assert_int_equal(fleet_find(fleet, "c"), 1);
    assert_int_equal(
        fleet_add(fleet, &(struct machine_spec){.host = "h4:7", .name = "d"}, NULL, NULL), 0);
    expect_export(fleet, "owner;host;tags;name;\r\n"
                         "\"Ann; the \"\"boss\"\"\";h1;\"web,prod\";a;spare\r\n"
                         "bad line;;;;\r\n"
                         "Cyd;h3;;c\r\n"
                         ";h4:7;;d;\r\n");
}

/* A machine that was removed and is brought back has the cells that are not ours, too. */
static void test_a_line_comes_back(void **state)
{
    static const char text[] = "owner,host,tags,note\n\"Ann, boss\",h1,x,\"# mine\"\nBob,h2,,\n";
    _cleanup_fleet_ struct fleet *fleet = parse(text);
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    struct machine_spec spec = {.host = "h1", .tags = "x"};
    uint32_t first = 0;

    (void)state;
    assert_int_equal(fleet_line(fleet, 0, &line), 0);
    assert_int_equal(fleet_remove(fleet, &first, 1), 0);
    spec.line = buffer_text(&line);
    assert_int_equal(fleet_add(fleet, &spec, NULL, NULL), 0);
    expect_export(fleet, "owner,host,tags,note\nBob,h2,,\n\"Ann, boss\",h1,x,\"# mine\"\n");
}

/* What would read back differently is quoted: a comment's sign, spaces at the ends, line ends. */
static void test_quoting(void **state)
{
    static const char text[] =
        "note,host,tags\n\"# note\",h1,\n\" x \",h2,\n\"a\nb\",h3,\n\";\",h4,\n";
    _cleanup_fleet_ struct fleet *fleet = parse(text);

    (void)state;
    assert_int_equal(fleet->count, 4);
    for (uint32_t i = 0; i < fleet->count; i++)
        assert_int_equal(fleet_tag(fleet, i, "t", NULL), 0);
    expect_export(fleet,
                  "note,host,tags\n\"# note\",h1,t\n\" x \",h2,t\n\"a\nb\",h3,t\n\";\",h4,t\n");
}

static void test_columns_appear_when_needed(void **state)
{
    _cleanup_fleet_ struct fleet *bare = parse("h1\nh2:99");
    _cleanup_fleet_ struct fleet *named = parse("host,note\nh1,x\n");
    _cleanup_fleet_ struct fleet *empty = parse("");
    uint8_t id[MACHINE_ID_SIZE];

    (void)state;
    memset(id, 0, sizeof(id));
    assert_int_equal(fleet_add(bare, &(struct machine_spec){.host = "h3", .port = 5}, NULL, NULL),
                     0);
    expect_export(bare, "h1\nh2:99\nh3:5\n");
    assert_int_equal(fleet_tag(bare, 1, "t", NULL), 0);
    expect_export(bare, "host,tags\nh1\nh2:99,t\nh3:5,\n");
    assert_int_equal(fleet_set_id(named, 0, id), 0);
    expect_export(named, "host,note,id\nh1,x,SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    assert_int_equal(
        fleet_add(empty, &(struct machine_spec){.host = "::1", .tags = "a b"}, NULL, NULL), 0);
    expect_export(empty, "name,host,port,tags,user,id\n::1,::1,10000,\"a,b\",,\n");
}

static void test_changes(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse(
        "name,host,port,tags,user\n,h1,,\"a,b\",\nx,h2,,,\n");
    _cleanup_buffer_ struct buffer some = BUFFER_INIT;
    struct fault fault;
    uint32_t index = 1;

    (void)state;
    assert_int_equal(fleet_rename(fleet, 1, "h1", &fault), BAD_ROW_NAME_TWICE);
    assert_int_equal(fleet_rename(fleet, 1, "", &fault), BAD_ROW_NAME);
    assert_int_equal(fleet_rename(fleet, 1, "y", &fault), 0);
    assert_int_equal(fleet_find(fleet, "x"), FLEET_NONE);
    assert_int_equal(fleet_find(fleet, "y"), 1);
    /* The name was the host; it stays when the host moves. */
    assert_int_equal(fleet_set_address(fleet, 0, "h9", 9, &fault), 0);
    assert_int_equal(fleet_find_host(fleet, "h1", 0), FLEET_NONE);
    assert_int_equal(fleet_find_host(fleet, "h9", 9), 0);
    assert_int_equal(fleet_find_host(fleet, "h9", 8), FLEET_NONE);
    assert_int_equal(fleet_set_address(fleet, 0, "h 9", 9, &fault), BAD_ROW_HOST);
    assert_int_equal(fleet_untag(fleet, 0, "a"), 0);
    assert_int_equal(fleet_untag(fleet, 0, "absent"), 0);
    assert_int_equal(fleet_tag(fleet, 0, "a,c", &fault), BAD_ROW_TAG);
    assert_int_equal(fleet_set_user(fleet, 1, "root", &fault), 0);
    assert_int_equal(fleet_set_user(fleet, 1, "ro ot", &fault), BAD_ROW_USER);
    expect_export(fleet, "name,host,port,tags,user\nh1,h9,9,b,\ny,h2,,,root\n");
    assert_int_equal(fleet_export_some(fleet, &index, 1, &some), 0);
    assert_string_equal(buffer_text(&some), "name,host,port,tags,user\ny,h2,,,root\n");
}

static void test_add_refused(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse("host\nh1\n");
    struct fault fault = {0};

    (void)state;
    assert_int_equal(fleet_add(fleet, &(struct machine_spec){.host = "h1"}, NULL, &fault),
                     BAD_ROW_NAME_TWICE);
    assert_non_null(strstr(fault.hint, "--name"));
    assert_int_equal(fleet_add(fleet, &(struct machine_spec){0}, NULL, &fault),
                     BAD_ROW_HOST_MISSING);
    assert_int_equal(
        fleet_add(fleet, &(struct machine_spec){.host = "h2", .name = "a b"}, NULL, &fault),
        BAD_ROW_NAME);
    assert_int_equal(fleet->count, 1);
    expect_export(fleet, "host\nh1\n");
}

static void test_remove_many(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse("host\n0\n1\n2\n3\n4\n");
    const uint32_t indices[] = {4, 0, 2, 2};

    (void)state;
    assert_int_equal(fleet_remove(fleet, indices, 4), 0);
    assert_int_equal(fleet->count, 2);
    assert_int_equal(fleet_find(fleet, "1"), 0);
    assert_int_equal(fleet_find(fleet, "3"), 1);
    assert_int_equal(fleet_find(fleet, "4"), FLEET_NONE);
    assert_int_equal(fleet_tag(fleet, 1, "t", NULL), 0);
    expect_export(fleet, "host,tags\n1\n3,t\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_lines_keep_the_rest),
        cmocka_unit_test(test_a_line_comes_back),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_columns_appear_when_needed),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_add_refused),
        cmocka_unit_test(test_remove_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
