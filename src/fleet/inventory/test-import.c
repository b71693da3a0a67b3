/* Lists of other tools: what becomes a machine, what is refused, and that applying is the preview.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/import.h"

#define ID_A "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
#define ID_B "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static int setup(void **state)
{
    struct fleet *fleet = NULL;
    int r = fleet_parse("", 0, &fleet, NULL);

    *state = fleet;
    return r;
}

static int teardown(void **state)
{
    *state = fleet_free(*state);
    return 0;
}

static struct import *read_list(const struct fleet *fleet, enum import_format format,
                                const char *text)
{
    struct import *import = NULL;
    struct fault fault = {0};

    if (import_read(format, text, strlen(text), fleet, &import, &fault))
        fail_msg("not read: %s", fault.text);
    return import;
}

/* Every item as "outcome name host port tags user;" where + is added, ~ changed, = unchanged and
 * ! refused (with its line). */
static void expect(struct import *import, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    for (uint32_t i = 0; i < import->count; i++) {
        const struct import_item *item = &import->items[i];

        buffer_printf(&out, "%c", "+~=!"[item->outcome]);
        if (item->outcome == IMPORT_REFUSED) {
            assert_true(item->why[0] && item->hint[0]);
            buffer_printf(&out, "%u;", item->line);
            continue;
        }
        buffer_printf(&out, "%s %s %u %s %s;", item->name, item->host, item->port, item->tags,
                      item->user);
    }
    assert_string_equal(buffer_text(&out), expected);
}

static void expect_list(const struct fleet *fleet, enum import_format format, const char *text,
                        const char *expected)
{
    _cleanup_import_ struct import *import = read_list(fleet, format, text);
    _cleanup_import_ struct import *guessed = read_list(fleet, IMPORT_GUESS, text);

    expect(import, expected);
    assert_string_equal(import_format_name(guessed->format), import_format_name(format));
}

static void test_csv(void **state)
{
    expect_list(*state, IMPORT_CSV, "name,host,port,tags,user,id\nw,h,1,\"a,b\",root," ID_A "\n",
                "+w h 1 a,b root;");
    expect_list(*state, IMPORT_CSV, "Hostname;IP Address;Group\r\nweb1;192.0.2.1;Web Servers\r\n",
                "+web1 192.0.2.1 0 Web-Servers ;");
    expect_list(*state, IMPORT_CSV, "Label,Address\nThe big one,192.0.2.1:99\n(x),192.0.2.2\n",
                "+The-big-one 192.0.2.1 99  ;+x 192.0.2.2 0  ;");
    expect_list(*state, IMPORT_CSV, "ip\n192.0.2.1\nbad!host\n192.0.2.1\n",
                "+192.0.2.1 192.0.2.1 0  ;!3;!4;");
    /* What other tools mean by port, user name and id is not what Hune means. */
    expect_list(*state, IMPORT_CSV, "Name,Hostname,Protocol,Port,Username,ID\nw,h,SSH2,22,me,17\n",
                "+w h 0  ;");
    expect_list(*state, IMPORT_CSV, "host,port,id\na,0,\nb,99999,\nc,1,SHA256:x\n\"d\nok,,\n",
                "!2;!3;!4;!5;+ok ok 0  ;");
    expect_list(*state, IMPORT_CSV, "h1\nh2\n", "+h1 h1 0  ;+h2 h2 0  ;");
}

static void test_ssh_config(void **state)
{
    expect_list(*state, IMPORT_SSH_CONFIG,
                "# mine\n"
                "Host *\n  User me\n"
                "Host web1 web2\n"
                "  HostName %h.example.com\n"
                "  Port 2222\n  User admin\n"
                "host=\"db\"\n\tHOSTNAME = 192.0.2.9 # here\n\tHostName second\n"
                "Host bastion !x *.example.com b?\n"
                "Match user x\n  HostName never\n"
                "Host web1\n  HostName later\n"
                "Host v6\n  HostName 2001:db8::1\n"
                "Host bad\n  HostName a/b\n",
                "+web1 web1.example.com 0  ;+web2 web2.example.com 0  ;+db 192.0.2.9 0  ;"
                "+bastion bastion 0  ;+v6 2001:db8::1 0  ;!18;");
}

static void test_ansible(void **state)
{
    expect_list(*state, IMPORT_ANSIBLE,
                "mail.example.com\n"
                "[web]\n"
                "web[01:03] ansible_user=root\n"
                "edge ansible_host=192.0.2.5 ansible_port=2222 note='a b'\n"
                "# comment\n; another\n"
                "[db]\n"
                "db-[a:b].example.com:2222\n"
                "edge\n"
                "n[1:5:2]\n"
                "[everything:children]\nprod\n"
                "[prod:children]\nweb\n"
                "[web:vars]\nx=y\n"
                "[all]\nloner\n"
                "[bad]\nx[3:1]\n",
                "+mail.example.com mail.example.com 0  ;"
                "+web01 web01 0 web,prod,everything ;+web02 web02 0 web,prod,everything ;"
                "+web03 web03 0 web,prod,everything ;+edge 192.0.2.5 0 web,db,prod,everything ;"
                "+db-a.example.com db-a.example.com 0 db ;+db-b.example.com db-b.example.com 0 db ;"
                "+n1 n1 0 db ;+n3 n3 0 db ;+n5 n5 0 db ;+loner loner 0  ;!20;");
    /* Groups in a ring end. */
    expect_list(*state, IMPORT_ANSIBLE, "[a]\nh\n[b:children]\na\n[a:children]\nb\n",
                "+h h 0 a,b ;");
}

static void test_hosts(void **state)
{
    expect_list(*state, IMPORT_HOSTS,
                "127.0.0.1\tlocalhost\n::1 ip6-localhost\nff02::1 ip6-allnodes\n0.0.0.0 ads.test\n"
                "192.0.2.1 web1.example.com web1 www # first\n"
                "192.0.2.2\tdb.example.com\n"
                "2001:db8::1 web1\n"
                "192.0.2.3\n"
                "nonsense x\n",
                "+web1 192.0.2.1 0  ;+db.example.com 192.0.2.2 0  ;+192.0.2.3 192.0.2.3 0  ;!9;");
}

static void test_refused_as_a_whole(void **state)
{
    struct import *import = NULL;
    struct fault fault;
    static const char yaml[] = "all:\n  hosts:\n    web1:\n";
    static const char titles[] = "color,size\nred,1\n";

    assert_int_equal(import_read(IMPORT_GUESS, "", 0, *state, &import, &fault), IMPORT_E_EMPTY);
    assert_int_equal(import_read(IMPORT_HOSTS, "# x\n", 4, *state, &import, &fault),
                     IMPORT_E_EMPTY);
    assert_int_equal(import_read(IMPORT_GUESS, yaml, strlen(yaml), *state, &import, &fault),
                     IMPORT_E_FORMAT);
    assert_non_null(strstr(fault.hint, "--from"));
    assert_int_equal(import_read(IMPORT_CSV, titles, strlen(titles), *state, &import, &fault),
                     IMPORT_E_HEADER);
    assert_int_equal(fault.line, 1);
    assert_null(import);
}

static void test_nul_and_long_lines(void **state)
{
    static const char nul[] = "192.0.2.1 a\n192.0.2.2 b\0c\n";
    _cleanup_import_ struct import *import = NULL;
    _cleanup_import_ struct import *cut = NULL;
    char *text = calloc(1, FLEET_LINE_MAX + 32);
    char *at = stpcpy(text, "192.0.2.1 a\n192.0.2.2 ");

    memset(at, 'x', FLEET_LINE_MAX);
    assert_int_equal(import_read(IMPORT_GUESS, nul, sizeof(nul) - 1, *state, &import, NULL), 0);
    expect(import, "+a 192.0.2.1 0  ;!2;");
    cut = read_list(*state, IMPORT_HOSTS, text);
    expect(cut, "+a 192.0.2.1 0  ;!2;");
    free(text);
}

static void expect_changes(const struct import_item *item, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(import_changes(item, " | ", &out), 0);
    assert_string_equal(buffer_length(&out) ? buffer_text(&out) : "", expected);
}

static void test_outcomes_and_apply(void **state)
{
    static const char before[] = "name,host,port,tags,user,id,note\n"
                                 "same,h1,99,\"a,b\",,,n1\n"
                                 "moved,h2,,,,,n2\n"
                                 "tagged,h3,99,a,,,n3\n"
                                 "pinned,h4,,,," ID_A ",n4\n"
                                 "unpinned,h5,,,,,n5\n"
                                 "loose,h7,,,,,n6\n"
                                 "other,h8,,,root,,n7\n";
    static const char list[] = "name,host,port,tags,user,id\n"
                               "same,h1,,b,,\n"
                               "moved,h9,7,,,\n"
                               "tagged,h3,,\"b,a\",root,\n"
                               "pinned,h4,,,," ID_B "\n"
                               "unpinned,h5,,,," ID_B "\n"
                               "new,h6,,t,,\n"
                               "loose,h7,,\"x,y\",,\n"
                               "other,h8,,,www,\n"
                               "bad name!,,,,,\n";
    _cleanup_fleet_ struct fleet *fleet = NULL;
    _cleanup_import_ struct import *import = NULL;
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(fleet_parse(before, strlen(before), &fleet, NULL), 0);
    import = read_list(fleet, IMPORT_CSV, list);
    expect(import, "=same h1 0 b ;~moved h9 7  ;~tagged h3 0 b,a root;!5;~unpinned h5 0  ;"
                   "+new h6 0 t ;~loose h7 0 x,y ;~other h8 0  www;!10;");
    assert_int_equal(import->outcomes[IMPORT_ADDED], 1);
    assert_int_equal(import->outcomes[IMPORT_CHANGED], 5);
    assert_int_equal(import->outcomes[IMPORT_UNCHANGED], 1);
    assert_int_equal(import->outcomes[IMPORT_REFUSED], 2);
    assert_non_null(strstr(import->items[3].why, "another machine id"));
    expect_changes(&import->items[0], "");
    expect_changes(&import->items[1], "address: h2:10000 → h9:7");
    expect_changes(&import->items[2], "user: none → root | tags: a → a,b");
    expect_changes(&import->items[4], "id: none → " ID_B);
    expect_changes(&import->items[5], "");
    expect_changes(&import->items[6], "tags: none → x,y");
    expect_changes(&import->items[7], "user: root → www");
    fleet = fleet_free(fleet); /* what it was is still told */
    expect_changes(&import->items[1], "address: h2:10000 → h9:7");
    assert_int_equal(fleet_parse(before, strlen(before), &fleet, NULL), 0);
    assert_int_equal(import_apply(import, fleet), 0);
    assert_int_equal(fleet_export(fleet, &out), 0);
    assert_string_equal(buffer_text(&out), "name,host,port,tags,user,id,note\n"
                                           "same,h1,99,\"a,b\",,,n1\n"
                                           "moved,h9,7,,,,n2\n"
                                           "tagged,h3,99,\"a,b\",root,,n3\n"
                                           "pinned,h4,,,," ID_A ",n4\n"
                                           "unpinned,h5,,,," ID_B ",n5\n"
                                           "loose,h7,,\"x,y\",,,n6\n"
                                           "other,h8,,,www,,n7\n"
                                           "new,h6,10000,t,,,\n");
    /* Once more: nothing is left to do. */
    assert_int_equal(import_preview(import, fleet), 0);
    assert_int_equal(import->outcomes[IMPORT_UNCHANGED], 7);
    assert_int_equal(import->outcomes[IMPORT_REFUSED], 2);
}

static void test_words(void **state)
{
    enum import_format format;

    (void)state;
    for (unsigned i = 1; i <= IMPORT_HOSTS; i++) {
        assert_true(import_format_parse(import_format_name(i), &format));
        assert_int_equal(format, i);
    }
    assert_false(import_format_parse("guess", &format));
    assert_false(import_format_parse("", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_ssh_config),
        cmocka_unit_test(test_ansible),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_refused_as_a_whole),
        cmocka_unit_test(test_nul_and_long_lines),
        cmocka_unit_test(test_outcomes_and_apply),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
