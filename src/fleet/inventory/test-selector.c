/* Selectors: what they pick, and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/selector.h"

static const char list[] = "name,host,port,tags\n"
                           "web01,10.0.0.1,,\"web,prod\"\n"
                           "web02,10.0.0.2,,\"web,prod\"\n"
                           "web03,10.0.0.3,,\"web,test\"\n"
                           "db1,10.0.1.1,,\"db,prod\"\n"
                           "db2,10.0.1.1,10001,\"db,test\"\n"
                           ",::1,,\n"
                           "m\xc3\xbcller,mail.example.com,,mail\n";

static int setup(void **state)
{
    struct fleet *fleet = NULL;
    int r = fleet_parse(list, sizeof(list) - 1, &fleet, NULL);

    *state = fleet;
    return r || fleet->bad_count;
}

static int teardown(void **state)
{
    *state = fleet_free(*state);
    return 0;
}

static void expect(const struct fleet *fleet, const char *text, const char *expected)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    char got[64] = "";
    struct fault fault = {0};

    if (selector_match(fleet, text, &selection, &fault))
        fail_msg("%s: %s", text, fault.text);
    for (uint32_t i = 0; i < selection.count; i++)
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u", selection.indices[i]);
    assert_string_equal(got, expected);
}

static void test_picks(void **state)
{
    (void)state;
    expect(*state, "web02", "1");
    expect(*state, "db1,web01", "03");
    expect(*state, " db1  web01,,web01 ", "03");
    expect(*state, "web[01-03]", "012");
    expect(*state, "web[03,01],db[1-2]", "0234");
    expect(*state, "web*", "012");
    expect(*state, "*1", "035");
    expect(*state, "d?2", "4");
    expect(*state, "m?ller", "6");
    expect(*state, "m\xc3\xbcller", "6");
    expect(*state, "*", "0123456");
    expect(*state, "all", "0123456");
    expect(*state, "@prod", "013");
    expect(*state, "@pr*", "013");
    expect(*state, "@web&@prod", "01");
    expect(*state, "@web & @prod , db2", "014");
    expect(*state, "@web&!@prod", "2");
    expect(*state, "!@prod&@web", "2");
    expect(*state, "@web,!web02", "02");
    expect(*state, "!web02,@web", "02");
    expect(*state, "!@web", "3456");
    expect(*state, "!!web02", "1");
    expect(*state, "! web02 , ! web[01,03]", "3456");
    expect(*state, "@web&@db", "");
    expect(*state, "web01,!web01", "");
}

static void test_addresses(void **state)
{
    (void)state;
    expect(*state, "10.0.0.2", "1");
    expect(*state, "10.0.1.1", "34");
    expect(*state, "10.0.1.1:10001", "4");
    expect(*state, "10.0.0.1:10000", "0");
    expect(*state, "mail.example.com", "6");
    expect(*state, "::1", "5");
    expect(*state, "[::1]:10000", "5");
    expect(*state, "10.0.0.*", "012");
    expect(*state, "10.0.0.[1-2]", "01");
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        int error;
        uint32_t column;
        const char *says;
        const char *hints;
    } cases[] = {
        {"", SELECTOR_E_EMPTY, 0, "empty", "@tag"},
        {" , ", SELECTOR_E_EMPTY, 0, "empty", "@tag"},
        {"web1", SELECTOR_E_MACHINE, 1, "\"web1\"", "web01"},
        {"db1, wbe02", SELECTOR_E_MACHINE, 6, "\"wbe02\"", "web02"},
        {"WEB02", SELECTOR_E_MACHINE, 1, "\"WEB02\"", "web02"},
        {"somethingelse", SELECTOR_E_MACHINE, 1, "somethingelse", "hune add"},
        {"web[02-04]", SELECTOR_E_MACHINE, 1, "\"web04\" (of \"web[02-04]\")", "web0"},
        {"192.0.2.1", SELECTOR_E_MACHINE, 1, "192.0.2.1", "hune add"},
        {"10.0.0.1:9", SELECTOR_E_MACHINE, 1, "10.0.0.1:9", "hune"},
        {"[::2]:9", SELECTOR_E_MACHINE, 1, "[::2]:9", "hune"},
        {"all,!web9", SELECTOR_E_MACHINE, 6, "web9", "web0"},
        {"xx*", SELECTOR_E_MACHINE, 1, "xx*", "hune list"},
        {"@nobody", SELECTOR_E_TAG, 1, "nobody", "hune tag"},
        {"@prdo", SELECTOR_E_TAG, 1, "prdo", "@prod"},
        {"web01,@", SELECTOR_E_SYNTAX, 7, "@", ""},
        {"web01&", SELECTOR_E_SYNTAX, 7, "missing", ""},
        {"&web01", SELECTOR_E_SYNTAX, 1, "missing", ""},
        {"!", SELECTOR_E_SYNTAX, 2, "missing", ""},
        {"web01!web02", SELECTOR_E_SYNTAX, 6, "!", ""},
        {"web01 & , web02", SELECTOR_E_SYNTAX, 9, "missing", ""},
        {"(web01)", SELECTOR_E_SYNTAX, 1, "no meaning", ""},
        {"web01;rm", SELECTOR_E_SYNTAX, 6, "no meaning", ""},
        {"web[1-2]*", SELECTOR_E_SYNTAX, 1, "mixed", ""},
        {"db1,web[3-1]", SELECTOR_E_RANGE, 9, "down", "web[01-40"},
        {"web[1-9999999]", SELECTOR_E_RANGE, 1, "more than", ""},
        {"web[01", SELECTOR_E_RANGE, 4, "[", ""},
    };

    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        _cleanup_selection_ struct selection selection = SELECTION_INIT;
        struct fault fault = {0};
        int r = selector_match(*state, cases[i].text, &selection, &fault);

        if (r != cases[i].error || fault.column != cases[i].column ||
            !strstr(fault.text, cases[i].says) || !strstr(fault.hint, cases[i].hints))
            fail_msg("%s: %d, column %u: %s %s", cases[i].text, r, fault.column, fault.text,
                     fault.hint);
        assert_null(selection.indices);
        assert_int_equal(selector_match(*state, cases[i].text, &selection, NULL), cases[i].error);
    }
}

static void test_find(void **state)
{
    uint32_t indices[] = {1, 2, 5};
    const struct selection some = {.indices = indices, .count = ELEMENTS_OF(indices)};
    const struct selection none = SELECTION_INIT;

    (void)state;
    for (uint32_t i = 0; i < some.count; i++)
        assert_int_equal(selection_find(&some, indices[i]), i);
    assert_int_equal(selection_find(&some, 0), FLEET_NONE);
    assert_int_equal(selection_find(&some, 3), FLEET_NONE);
    assert_int_equal(selection_find(&some, FLEET_NONE), FLEET_NONE);
    assert_int_equal(selection_find(&none, 0), FLEET_NONE);
}

static void test_one(void **state)
{
    struct fault fault;
    uint32_t index = 0;

    assert_int_equal(selector_one(*state, "db2", &index, &fault), 0);
    assert_int_equal(index, 4);
    assert_int_equal(selector_one(*state, "10.0.1.1:10001", &index, &fault), 0);
    assert_int_equal(index, 4);
    assert_int_equal(selector_one(*state, "10.0.1.1", &index, &fault), SELECTOR_E_MACHINE);
    assert_non_null(strstr(fault.text, "More than one"));
    assert_int_equal(selector_one(*state, "", &index, &fault), SELECTOR_E_EMPTY);
    assert_int_equal(selector_one(*state, "dbx", &index, &fault), SELECTOR_E_MACHINE);
    assert_non_null(strstr(fault.hint, "db"));
    assert_int_equal(selector_one(*state, "web*", &index, &fault), SELECTOR_E_MACHINE);
}

static void test_empty_fleet(void **state)
{
    _cleanup_fleet_ struct fleet *fleet = NULL;
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct fault fault;

    (void)state;
    assert_int_equal(fleet_parse("", 0, &fleet, NULL), 0);
    assert_int_equal(selector_match(fleet, "all", &selection, &fault), 0);
    assert_int_equal(selection.count, 0);
    assert_int_equal(selector_match(fleet, "web1", &selection, &fault), SELECTOR_E_MACHINE);
    assert_non_null(strstr(fault.hint, "empty"));
}

/* What @NAME means where nobody has such a tag. */
static int find_group(const char *name, size_t length, struct buffer *names_out,
                      struct fault *fault, void *user)
{
    static const char members[] = "db2\0gone\0web01";

    ++*(unsigned *)user;
    if (length == 4 && memcmp(name, "some", 4) == 0)
        return buffer_append(names_out, members, sizeof(members));
    if (length == 4 && memcmp(name, "gone", 4) == 0)
        return buffer_append(names_out, "gone", 5);
    if (length == 5 && memcmp(name, "empty", 5) == 0)
        return 0;
    if (length == 3 && memcmp(name, "bad", 3) == 0) {
        fault_set(fault, NULL, "It cannot be read.");
        return FLEET_GROUP_BAD;
    }
    return 1;
}

static void test_groups(void **state)
{
    struct fleet *fleet = *state;
    unsigned asked = 0;
    const struct fleet_groups groups = {.find = find_group, .user = &asked};
    const char *const refused[] = {"@gone", "@empty", "@bad", "@other"};
    struct fault fault;

    fleet->groups = &groups;
    expect(fleet, "@some", "04");
    expect(fleet, "@some&!web01", "4");
    assert_int_equal(asked, 2);
    for (size_t i = 0; i < ELEMENTS_OF(refused); i++) {
        struct selection selection = SELECTION_INIT;

        assert_int_equal(selector_match(fleet, refused[i], &selection, &fault), SELECTOR_E_TAG);
        assert_int_equal(fault.column, 1);
        assert_string_not_equal(fault.text, "");
    }
    fleet->groups = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_picks),       cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_one),
        cmocka_unit_test(test_empty_fleet), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_find),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
