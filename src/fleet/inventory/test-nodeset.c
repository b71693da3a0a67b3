/* Names in brackets: out of them and back into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "fleet/inventory/nodeset.h"

static int collect(const char *name, size_t length, void *context)
{
    struct buffer *out = context;

    assert_int_equal(strlen(name), length);
    return buffer_printf(out, "%s ", name);
}

static void expect_expansion(const char *text, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(nodeset_expand(text, strlen(text), collect, &out, NULL), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_expand(void **state)
{
    (void)state;
    expect_expansion("", "");
    expect_expansion(" , ", "");
    expect_expansion("web1", "web1 ");
    expect_expansion("web1,db1 x", "web1 db1 x ");
    expect_expansion("web[08-11]", "web08 web09 web10 web11 ");
    expect_expansion("web[8-11]", "web8 web9 web10 web11 ");
    expect_expansion("web[1-2,5].example.com",
                     "web1.example.com web2.example.com web5.example.com ");
    expect_expansion("db[1-2]-[a,b]", "db1-a db1-b db2-a db2-b ");
    expect_expansion("n[1-9/3]", "n1 n4 n7 ");
    expect_expansion("r[a-c]", "ra rb rc ");
    expect_expansion("x[0-0]", "x0 ");
    expect_expansion("x[099-101]", "x099 x100 x101 ");
    expect_expansion("a[1][2]", "a12 ");
    expect_expansion("x[999999999999999999]", "x999999999999999999 ");
}

static void test_expand_refused(void **state)
{
    static const struct {
        const char *text;
        int error;
        uint32_t column;
    } cases[] = {
        {"web[", NODESET_E_BRACKET, 4},
        {"web[1-3", NODESET_E_BRACKET, 4},
        {"web]", NODESET_E_BRACKET, 4},
        {"web[]", NODESET_E_BRACKET, 5},
        {"web[1,]", NODESET_E_BRACKET, 7},
        {"a,web[1,,2]", NODESET_E_BRACKET, 9},
        {"web[3-1]", NODESET_E_RANGE, 5},
        {"web[1-]", NODESET_E_RANGE, 5},
        {"web[-1]", NODESET_E_RANGE, 5},
        {"web[1,a-3]", NODESET_E_RANGE, 7},
        {"web[aa-bb]", NODESET_E_RANGE, 5},
        {"web[1-9/0]", NODESET_E_RANGE, 5},
        {"web[1-9/x]", NODESET_E_RANGE, 5},
        {"web[1-2-3]", NODESET_E_RANGE, 5},
        {"web[a b]", NODESET_E_RANGE, 5},
        {"web[[1]]", NODESET_E_RANGE, 5},
        {"web[1-1000001]", NODESET_E_TOO_MANY, 1},
        {"x,web[1-1000][1-1001]", NODESET_E_TOO_MANY, 3},
        {"w[0-999999999999999999,0-999999999999999999]", NODESET_E_TOO_MANY, 1},
        {"w[1-9999999999999999999]", NODESET_E_RANGE, 3},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        _cleanup_buffer_ struct buffer out = BUFFER_INIT;
        struct fault fault = {0};

        assert_int_equal(
            nodeset_expand(cases[i].text, strlen(cases[i].text), collect, &out, &fault),
            cases[i].error);
        assert_int_equal(fault.column, cases[i].column);
        assert_true(fault.text[0] && fault.hint[0]);
    }
}

static int count(const char *name, size_t length, void *context)
{
    (void)name;
    (void)length;
    ++*(uint32_t *)context;
    return 0;
}

static int stop(const char *name, size_t length, void *context)
{
    (void)length;
    ++*(uint32_t *)context;
    return strcmp(name, "n3") == 0 ? -42 : 0;
}

static void test_bounds(void **state)
{
    static const char most[] = "n[1-1000000]";
    char name[NODESET_NAME_MAX + 2];
    uint32_t names = 0;

    (void)state;
    assert_int_equal(nodeset_expand(most, strlen(most), count, &names, NULL), 0);
    assert_int_equal(names, 1000000);
    names = 0;
    assert_int_equal(nodeset_expand("n[1-9]", 6, stop, &names, NULL), -42);
    assert_int_equal(names, 3);
    memset(name, 'a', sizeof(name));
    assert_int_equal(nodeset_expand(name, NODESET_NAME_MAX, count, &names, NULL), 0);
    assert_int_equal(nodeset_expand(name, NODESET_NAME_MAX + 1, count, &names, NULL),
                     NODESET_E_LONG);
}

static void expect_fold(const char *list, const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    _cleanup_free_ char *copy = strdup(list);
    const char *names[64];
    size_t number = 0;

    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        names[number++] = word;
    assert_int_equal(nodeset_fold(names, number, &out), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void test_fold(void **state)
{
    (void)state;
    expect_fold("", "");
    expect_fold("web1", "web1");
    expect_fold("db", "db");
    expect_fold("web1 web1 db db", "web1,db");
    expect_fold("web3 web1 web2", "web[1-3]");
    expect_fold("web1 web2 web4", "web[1,2,4]");
    expect_fold("web08 web09 web10 web11", "web[08-11]");
    expect_fold("web8 web9 web10 web11", "web[8-11]");
    expect_fold("db1 web001 web002 web003 web005 mail", "db1,web[001-003,005],mail");
    expect_fold("r1-n1 r2-n1 r3-n1", "r[1-3]-n1");
    expect_fold("r1-n1 r1-n2 r1-n3 r2-n1", "r1-n[1-3],r2-n1");
    expect_fold("10.0.0.7 10.0.0.8 10.0.0.9", "10.0.0.[7-9]");
    expect_fold("web1 web01", "web[1,01]");
    expect_fold("a[1] a[2]", "a[1],a[2]");
    expect_fold("n12345678901234567890 n12345678901234567891",
                "n12345678901234567890,n12345678901234567891");
}

/* What was folded expands to the same names, for a hundred thousand with gaps and one width. */
static void test_fold_round_trip(void **state)
{
    enum { NAMES = 100000 };
    char(*texts)[24] = malloc(NAMES * sizeof(*texts));
    const char **names = malloc(NAMES * sizeof(*names));
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    uint32_t back = 0;

    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(texts[i], sizeof(*texts), "n%u-x%03u", i % 100, i / 100 * 2 % 1000);
        names[i] = texts[i];
    }
    assert_int_equal(nodeset_fold(names, NAMES, &out), 0);
    assert_int_equal(
        nodeset_expand((char *)buffer_bytes(&out), buffer_length(&out), count, &back, NULL), 0);
    assert_int_equal(back, 100 * 500);
    free(names);
    free(texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand),          cmocka_unit_test(test_expand_refused),
        cmocka_unit_test(test_bounds),          cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
