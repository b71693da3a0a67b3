/* The fleet list as it is read: every dialect of CSV, and what is refused by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/test-fleet.h"

#define ID "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

static void expect_machine(const struct fleet *fleet, const char *name, const char *host,
                           uint16_t port)
{
    uint32_t index = fleet_find(fleet, name);

    if (index == FLEET_NONE)
        fail_msg("%s is not there", name);
    assert_string_equal(fleet->machines[index].host, host);
    assert_int_equal(fleet->machines[index].port, port);
}

static void test_all_columns(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse(
        "name,host,port,tags,user,id\n"
        "web1,web1.example.com,10001,\"web, prod;web\",root," ID "\n"
        "db1,192.0.2.1,,,,\n");

    (void)state;
    assert_int_equal(fleet->count, 2);
    assert_int_equal(fleet->bad_count, 0);
    expect_machine(fleet, "web1", "web1.example.com", 10001);
    expect_machine(fleet, "db1", "192.0.2.1", 10000);
    assert_string_equal(fleet->machines[0].tags, "web,prod");
    assert_string_equal(fleet->machines[0].user, "root");
    assert_true(fleet->machines[0].has_id);
    assert_int_equal(fleet->machines[0].id[0], 0xe3);
    assert_false(fleet->machines[1].has_id);
    assert_int_equal(fleet_find(fleet, "WEB1"), FLEET_NONE);
    assert_int_equal(fleet_find(fleet, ""), FLEET_NONE);
}

/* Every dialect says the same two machines. */
static void test_dialects(void **state)
{
    static const char *const texts[] = {
        "host,name\nh1,a\nh2:99,b\n",
        "name,host\na,h1\nb,h2:99",                           /* no line end at the end */
        "name;host;port\r\na;h1;\r\nb;h2;99\r\n",             /* a German spreadsheet */
        "\xef\xbb\xbfname\thost\tport\na\th1\t\nb\th2\t99\n", /* BOM and tabs */
        "\"Name\",\" HOST \",\"port\"\n\"a\",\"h1\",\"\"\n\"b\" , \"h2\" , \"99\"\n",
        "name,host,port\ra,h1,\rb,h2,99\r", /* line ends of old Macs */
        "# our list\n\n,,,\nname,host,port,,\n  # first\na,h1,,,\n\n\nb,h2,99\n ,, \n",
        "note,name,host,port\n\"two\nlines, and \"\"quotes\"\"\",a,h1,\n,b,h2,99\n",
        "name,host,host,port\na,h1,x,\nb,h2,y,99\n", /* a title twice: the first counts */
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        _cleanup_fleet_ struct fleet *fleet = parse(texts[i]);

        if (fleet->count != 2 || fleet->bad_count != 0)
            fail_msg("text %zu: %u machines, %u bad", i, fleet->count, fleet->bad_count);
        expect_machine(fleet, "a", "h1", 10000);
        expect_machine(fleet, "b", "h2", 99);
        expect_export(fleet, texts[i]);
    }
}

static void test_bare_column(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse(
        "h1\n192.0.2.1:99\n[2001:db8::1]:7\n2001:db8::2\nh1:5\nh1\n192.0.2.1:98\n");
    char lost[] = "h9,\n\"h10\"\n";
    _cleanup_fleet_ struct fleet *quoted = parse(lost);

    (void)state;
    assert_int_equal(fleet->count, 6);
    expect_machine(fleet, "h1", "h1", 10000);
    expect_machine(fleet, "192.0.2.1", "192.0.2.1", 99);
    expect_machine(fleet, "2001:db8::1", "2001:db8::1", 7);
    expect_machine(fleet, "2001:db8::2", "2001:db8::2", 10000);
    /* Several agents on one computer have names; the same address twice is a mistake. */
    expect_machine(fleet, "h1:5", "h1", 5);
    expect_machine(fleet, "192.0.2.1:98", "192.0.2.1", 98);
    assert_int_equal(fleet->bad_count, 1);
    assert_int_equal(fleet->bad[0].problem, BAD_ROW_NAME_TWICE);
    assert_int_equal(fleet->bad[0].line, 6);
    assert_int_equal(quoted->count, 2);
}

static void test_empty(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "name,host\n", "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
        _cleanup_fleet_ struct fleet *fleet = parse(texts[i]);

        assert_int_equal(fleet->count + fleet->bad_count, 0);
        expect_export(fleet, texts[i]);
        assert_int_equal(fleet_find(fleet, "x"), FLEET_NONE);
        assert_int_equal(fleet_find_host(fleet, "x", 0), FLEET_NONE);
    }
}

static void test_header_missing(void **state)
{
    struct fleet *fleet = NULL;
    struct fault fault;
    static const char names[] = "# list\nweb1,192.0.2.1,10000\nweb2,192.0.2.2,\n";
    static const char utf16[] = "\xff\xfeh\0o\0s\0t\0\n";

    (void)state;
    assert_int_equal(fleet_parse(names, sizeof(names) - 1, &fleet, &fault), FLEET_E_HEADER);
    assert_null(fleet);
    assert_int_equal(fault.line, 2);
    assert_non_null(strstr(fault.text, "host"));
    assert_non_null(strstr(fault.hint, "name,host,port,tags,user,id"));
    assert_int_equal(fleet_parse(utf16, sizeof(utf16) - 1, &fleet, &fault), FLEET_E_HEADER);
    assert_non_null(strstr(fault.text, "UTF-16"));
}

/* Each bad line alone between two good ones: told by number and cell, kept, and costing nothing. */
static void test_bad_lines(void **state)
{
    static const struct {
        const char *line;
        enum bad_row problem;
        uint32_t cell;
        const char *says;
    } cases[] = {
        {"x,,,,,", BAD_ROW_HOST_MISSING, 2, "no host"},
        {",,1,,,", BAD_ROW_HOST_MISSING, 2, "no host"},
        {"x,no host,,,,", BAD_ROW_HOST, 2, "no host"},
        {"x,[::1,,,,", BAD_ROW_HOST, 2, "[::1"},
        {"x,h,0,,,", BAD_ROW_PORT, 3, "\"0\""},
        {"x,h,65536,,,", BAD_ROW_PORT, 3, "65536"},
        {"x,h,http,,,", BAD_ROW_PORT, 3, "http"},
        {"x,h,-1,,,", BAD_ROW_PORT, 3, "-1"},
        {"x,h,10000.0,,,", BAD_ROW_PORT, 3, "10000.0"},
        {"x,h:99999,,,,", BAD_ROW_PORT, 2, "h:99999"},
        {"x,h:1,2,,,", BAD_ROW_PORT_TWICE, 2, "h:1"},
        {"a b,h,,,,", BAD_ROW_NAME, 1, "a b"},
        {"all,h,,,,", BAD_ROW_NAME, 1, "all"},
        {"-x,h,,,,", BAD_ROW_NAME, 1, "-x"},
        {"..,h,,,,", BAD_ROW_NAME, 1, ".."},
        {"a/b,h,,,,", BAD_ROW_NAME, 1, "a/b"},
        {"a*,h,,,,", BAD_ROW_NAME, 1, "a*"},
        {"a\xe2\x80\xae"
         "b,h,,,,",
         BAD_ROW_NAME, 1, "\\u202e"},
        {"a\xff,h,,,,", BAD_ROW_NAME, 1, "\\xff"},
        {"a\x1b[2J,h,,,,", BAD_ROW_NAME, 1, "\\x1b"},
        {"first,h,,,,", BAD_ROW_NAME_TWICE, 1, "first"},
        {",h1,,,,", BAD_ROW_NAME_TWICE, 2, "h1"},
        {"x,h,,a@b,,", BAD_ROW_TAG, 4, "a@b"},
        {"x,h,,-a,,", BAD_ROW_TAG, 4, "-a"},
        {"x,h,,,-root,", BAD_ROW_USER, 5, "-root"},
        {"x,h,,,a b,", BAD_ROW_USER, 5, "a b"},
        {"x,h,,,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,", BAD_ROW_USER, 5, "aaa"},
        {"x,h,,,,SHA256:abc", BAD_ROW_ID, 6, "SHA256:abc"},
        {"x,h,,,,7", BAD_ROW_ID, 6, "7"},
        {"x,h,,web,prod,root,", BAD_ROW_ID, 6, "root"},
        {"x,h,,,,,,over", BAD_ROW_CELLS, 7, "more cells"},
        {"x,\"h,,,,", BAD_ROW_QUOTE, 0, "quote"},
        {"x,h\"h\",,,,", BAD_ROW_QUOTE, 0, "quote"},
        {"\"x\"y,h,,,,", BAD_ROW_QUOTE, 0, "quote"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        _cleanup_fleet_ struct fleet *fleet = NULL;
        struct fault fault;
        char text[256];

        snprintf(text, sizeof(text),
                 "name,host,port,tags,user,id\nfirst,h0,,,,\n,h1,,,,\n%s\nlast,h9,,,,\n",
                 cases[i].line);
        fleet = parse(text);
        if (fleet->count != 3 || fleet->bad_count != 1 ||
            fleet->bad[0].problem != cases[i].problem || fleet->bad[0].cell != cases[i].cell)
            fail_msg("%s: %u machines, %u bad, problem %u, cell %u", cases[i].line, fleet->count,
                     fleet->bad_count, fleet->bad_count ? fleet->bad[0].problem : 0,
                     fleet->bad_count ? fleet->bad[0].cell : 0);
        assert_int_equal(fleet->bad[0].line, 4);
        fleet_bad_describe(fleet, &fleet->bad[0], &fault);
        assert_int_equal(fault.line, 4);
        if (!strstr(fault.text, cases[i].says) || !fault.hint[0])
            fail_msg("%s: %s %s", cases[i].line, fault.text, fault.hint);
        expect_export(fleet, text);
    }
}

/* Here the open quote would meet the one of h4 if the quotes of h3 went away. */
static void test_open_quote_moves_away(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = parse("host,tags\n\"h2,x\nh3,\"a\"\nh4, \"\nh5,");
    _cleanup_fleet_ struct fleet *again = NULL;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(fleet->count, 2);
    assert_int_equal(fleet->bad_count, 2);
    assert_int_equal(fleet_tag(fleet, 0, "b", NULL), 0);
    assert_int_equal(fleet_untag(fleet, 0, "a"), 0);
    expect_export(fleet, "host,tags\nh3,b\nh5,\n\"h2,x\nh4, \"\n");
    assert_int_equal(fleet_export(fleet, &out), 0);
    assert_int_equal(fleet_parse(buffer_bytes(&out), buffer_length(&out), &again, NULL), 0);
    assert_int_equal(again->count, 2);
}

static void test_nul_bytes(void **state)
{
    static const char text[] = "host,note\nh1,a\nh2,b\0c\nh\0"
                               "3,\nh4,\n";
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    _cleanup_fleet_ struct fleet *fleet = NULL;

    (void)state;
    assert_int_equal(fleet_parse(text, sizeof(text) - 1, &fleet, NULL), 0);
    assert_int_equal(fleet->count, 2);
    assert_int_equal(fleet->bad_count, 2);
    assert_int_equal(fleet->bad[0].problem, BAD_ROW_NUL);
    assert_int_equal(fleet->bad[0].line, 3);
    assert_int_equal(fleet->bad[1].line, 4);
    assert_int_equal(fleet_export(fleet, &out), 0);
    assert_int_equal(buffer_length(&out), sizeof(text) - 1);
    assert_memory_equal(buffer_bytes(&out), text, sizeof(text) - 1);
}

/* A line of a MiB, and a quote that would swallow a MiB of good lines. */
static void test_long_lines(void **state)
{
    enum { LINE = 1 << 20 };
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_fleet_ struct fleet *fleet = NULL;
    char line[64];

    (void)state;
    buffer_append_text(&text, "host,note\nh1,");
    for (int i = 0; i < LINE; i++)
        buffer_append(&text, "x", 1);
    buffer_append_text(&text, "\n\"h2,never closed\n");
    for (unsigned i = 0; buffer_length(&text) < 2 * LINE; i++) {
        snprintf(line, sizeof(line), "n%u,some more text\n", i);
        buffer_append_text(&text, line);
    }
    assert_int_equal(fleet_parse(buffer_bytes(&text), buffer_length(&text), &fleet, NULL), 0);
    assert_int_equal(fleet->bad_count, 2);
    assert_int_equal(fleet->bad[0].problem, BAD_ROW_LONG);
    assert_int_equal(fleet->bad[0].line, 2);
    assert_int_equal(fleet->bad[1].problem, BAD_ROW_QUOTE);
    assert_int_equal(fleet->bad[1].line, 3);
    assert_true(fleet->count > 40000);
    expect_machine(fleet, "n0", "n0", 10000);
    expect_export(fleet, buffer_text(&text));
}

static void test_hundred_thousand(void **state)
{
    enum { LINES = 100000 };
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_fleet_ struct fleet *fleet = NULL;

    (void)state;
    buffer_append_text(&text, "name,host,port,tags,user,id\n");
    for (unsigned i = 0; i < LINES; i++)
        buffer_printf(&text, "web%06u,web%06u.example.com,10000,\"web,rack%u\",,\n", i, i, i % 50);
    assert_int_equal(fleet_parse(buffer_bytes(&text), buffer_length(&text), &fleet, NULL), 0);
    assert_int_equal(fleet->count, LINES);
    assert_int_equal(fleet->bad_count, 0);
    assert_int_equal(fleet_find(fleet, "web000000"), 0);
    assert_int_equal(fleet_find(fleet, "web099999"), LINES - 1);
    assert_int_equal(fleet_find_host(fleet, "web050000.example.com", 10000), 50000);
    assert_int_equal(fleet_find(fleet, "web100000"), FLEET_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_columns),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_bare_column),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_header_missing),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_open_quote_moves_away),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_hundred_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
