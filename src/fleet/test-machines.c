/* The fleet list: what is read, what is refused by line, and that saving loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/machines.h"

#define ID "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

struct place {
    char directory[64];
    char path[96];
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    snprintf(place->directory, sizeof(place->directory), "/tmp/hune-machines-XXXXXX");
    if (!mkdtemp(place->directory))
        return -1;
    snprintf(place->path, sizeof(place->path), "%s/machines.csv", place->directory);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char lock[128];

    snprintf(lock, sizeof(lock), "%s.lock", place->path);
    unlink(lock);
    unlink(place->path);
    rmdir(place->directory);
    free(place);
    return 0;
}

static struct fleet *parse(const char *text)
{
    struct fleet *fleet = NULL;
    struct fault fault = {0};

    if (fleet_parse(text, strlen(text), &fleet, &fault))
        fail_msg("not parsed: %s", fault.text);
    return fleet;
}

static void put_file(const struct place *place, const char *text)
{
    assert_int_equal(file_replace(place->path, 0600, text, strlen(text)), 0);
}

static void expect_file(const struct place *place, const char *text)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    assert_int_equal(file_read(place->path, 1 << 20, &content), 0);
    assert_string_equal(buffer_text(&content), text);
}

static void expect_export(const struct fleet *fleet, const char *text)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(fleet_export(fleet, &out), 0);
    assert_string_equal(buffer_text(&out), text);
}

static void expect_machine(const struct fleet *fleet, const char *name, const char *host,
                           uint16_t port)
{
    uint32_t index = fleet_find(fleet, name);

    if (index == FLEET_NONE)
        fail_msg("%s is not there", name);
    assert_string_equal(fleet->machines[index].host, host);
    assert_int_equal(fleet->machines[index].port, port);
}

/* ---- reading ---- */

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

/* ---- changing ---- */

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

/* ---- on disk ---- */

static int add_one(struct fleet *fleet, void *context, struct fault *fault)
{
    return fleet_add(fleet, &(struct machine_spec){.host = context}, NULL, fault);
}

static void test_edit(void **state)
{
    const struct place *place = *state;
    struct stat status;
    struct fault fault;

    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h1"}, &fault), 0);
    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h2"}, &fault), 0);
    assert_int_equal(fleet_edit(place->path, add_one, (char[]){"h2"}, &fault), BAD_ROW_NAME_TWICE);
    expect_file(place, "name,host,port,tags,user,id\nh1,h1,10000,,,\nh2,h2,10000,,,\n");
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
}

static void test_changed_on_disk(void **state)
{
    const struct place *place = *state;
    _cleanup_fleet_ struct fleet *mine = NULL;
    struct fault fault;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_load(place->path, &mine, &fault), 0);
    assert_int_equal(fleet_tag(mine, 0, "t", &fault), 0);
    put_file(place, "host\nh1\nh2\n");
    assert_int_equal(fleet_save(mine, &fault), FLEET_E_CHANGED);
    assert_non_null(strstr(fault.text, "changed by another program"));
    expect_file(place, "host\nh1\nh2\n");
    mine = fleet_free(mine);
    assert_int_equal(fleet_load(place->path, &mine, &fault), 0);
    assert_int_equal(fleet_tag(mine, 0, "t", &fault), 0);
    assert_int_equal(fleet_save(mine, &fault), 0);
    /* Saving twice in a row is not "changed on disk". */
    assert_int_equal(fleet_untag(mine, 0, "t"), 0);
    assert_int_equal(fleet_save(mine, &fault), 0);
    expect_file(place, "host,tags\nh1,\nh2\n");
}

static int add_while_edited(struct fleet *fleet, void *context, struct fault *fault)
{
    const struct place *place = context;

    /* An editor without locks saves in the middle of ours, once. */
    if (fleet->count == 1)
        put_file(place, "host\nh1\nh2\n");
    return add_one(fleet, (char[]){"h3"}, fault);
}

static void test_edit_merges(void **state)
{
    struct place *place = *state;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_edit(place->path, add_while_edited, place, NULL), 0);
    expect_file(place, "host\nh1\nh2\nh3\n");
}

/* Four consoles at once add 15 machines each: none is lost. */
static void test_edit_in_parallel(void **state)
{
    const struct place *place = *state;
    _cleanup_fleet_ struct fleet *fleet = NULL;
    pid_t children[4];

    for (size_t i = 0; i < ELEMENTS_OF(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (int k = 0; k < 15; k++) {
                char host[32];

                snprintf(host, sizeof(host), "h%zu-%d", i, k);
                if (fleet_edit(place->path, add_one, host, NULL))
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < ELEMENTS_OF(children); i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(fleet_load(place->path, &fleet, NULL), 0);
    assert_int_equal(fleet->count, 60);
}

/* The disk is full (the largest file may have 1 KiB): the old list stays, nothing else is left. */
static void test_full_disk(void **state)
{
    const struct place *place = *state;
    struct rlimit before;
    struct rlimit small = {.rlim_cur = 1024};
    _cleanup_fleet_ struct fleet *fleet = NULL;
    struct fault fault = {0};
    char host[32];
    int r;

    put_file(place, "host\nh1\n");
    assert_int_equal(fleet_load(place->path, &fleet, &fault), 0);
    for (int i = 0; i < 500; i++) {
        snprintf(host, sizeof(host), "machine-%d", i);
        assert_int_equal(fleet_add(fleet, &(struct machine_spec){.host = host}, NULL, NULL), 0);
    }
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    r = fleet_save(fleet, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, -EFBIG);
    assert_non_null(strstr(fault.text, "could not be saved"));
    assert_non_null(strstr(fault.hint, "as it was"));
    expect_file(place, "host\nh1\n");
    /* rmdir in teardown proves that no temporary file is left; and the next save works. */
    assert_int_equal(fleet_save(fleet, &fault), 0);
    unlink(place->path);
    assert_int_equal(rmdir(place->directory), 0);
    assert_int_equal(mkdir(place->directory, 0700), 0);
}

static void test_unreadable(void **state)
{
    const struct place *place = *state;
    struct fleet *fleet = NULL;
    struct fault fault = {0};

    assert_int_equal(fleet_load(place->directory, &fleet, &fault), -EISDIR);
    assert_non_null(strstr(fault.text, place->directory));
    assert_true(fault.hint[0]);
    assert_int_equal(fleet_edit("/proc/nowhere/machines.csv", add_one, (char[]){"h"}, &fault),
                     -ENOENT);
    assert_true(fault.text[0] && fault.hint[0]);
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
        cmocka_unit_test(test_changed_lines_keep_the_rest),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_columns_appear_when_needed),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_add_refused),
        cmocka_unit_test(test_remove_many),
        cmocka_unit_test_setup_teardown(test_edit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_on_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edit_merges, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edit_in_parallel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unreadable, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
