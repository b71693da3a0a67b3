/* See keyring.h: one operator's line, both ways. */
#include "warden/test-support.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/right.h"
#include "proto/test-keys.h"
#include "warden/keyring.h"

/* As in proto/test-keys.h, without the comment; "K" stands for it in the tables. */
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf6fWtKE/veXzIhtyoPceN17rxX5TDmMr9"

struct good {
    const char *line;
    uint16_t rights;
    const char *as;
    const char *name;
};

static const struct good good_rows[] = {
    {KEY, RIGHT_OBSERVE, "", ""},
    {KEY " alice@laptop", RIGHT_OBSERVE, "", "alice@laptop"},
    {"  \t" KEY " with spaces \r", RIGHT_OBSERVE, "", "with spaces"},
    {"may=\"run\" " KEY " a", RIGHT_RUN, "", "a"},
    {"may=\"observe,run,shell,files,control\" " KEY, RIGHTS_ALL, "", ""},
    {"may=\"all\" " KEY, RIGHTS_ALL, "", ""},
    {"may=\"run\",as=\"root\" " KEY, RIGHT_RUN, "root", ""},
    {"as=\"root,www-data,*\",may=\"run\"\t" KEY, RIGHT_RUN, "root,www-data,*", ""},
    {"as=\"root\" " KEY, RIGHT_OBSERVE, "root", ""},
    {"may=\"run\",may=\"observe\" " KEY, RIGHT_OBSERVE, "", ""}, /* the last one counts */
    {"may=\"run\"    " KEY, RIGHT_RUN, "", ""},
};

static const char *const bad_lines[] = {
    "may=\"fly\" " KEY,
    "may=\"\" " KEY,
    "may=\"run,\" " KEY,
    "may=\"run, shell\" " KEY,
    "may=run " KEY,
    "may=\"run " KEY,
    "may \"run\" " KEY,
    "may " KEY,
    "may=\"run\"" KEY,
    "may=\"run\";as=\"root\" " KEY,
    "may=\"run\", " KEY,
    ",may=\"run\" " KEY,
    "=\"run\" " KEY,
    "MAY=\"run\" " KEY,
    "as=\"\" " KEY,
    "as=\"a b\" " KEY,
    "as=\"../root\" " KEY,
    "as=\"root:wheel\" " KEY,
    "as=\"a\tb\" " KEY,
    "as=\"a\\\"b\" " KEY,
    "as=\"123456789012345678901234567890123\" " KEY,
    "no-pty " KEY,
    "command=\"/bin/true\" " KEY,
    "may=\"run\"",
    "may=\"run\" ",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    "ssh-ed25519 " KEY,
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 a",
    "hello",
    "\xff\xfe",
};

static void test_options(void **state)
{
    uint8_t fingerprint[FINGERPRINT_SIZE];

    (void)state;
    assert_true(fingerprint_parse(plain_fingerprint, fingerprint));
    for (size_t i = 0; i < ELEMENTS_OF(good_rows); i++) {
        const struct good *row = &good_rows[i];
        struct operator_entry who;
        const char *why = NULL;

        if (operator_parse(&who, row->line, &why) != 0)
            fail_msg("%s: %s", row->line, why);
        assert_int_equal(who.rights, row->rights);
        assert_string_equal(who.as, row->as);
        assert_string_equal(who.name, row->name);
        assert_memory_equal(who.fingerprint, fingerprint, sizeof(fingerprint));
    }
}

static void test_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(bad_lines); i++) {
        struct operator_entry who;
        const char *why = NULL;

        if (operator_parse(&who, bad_lines[i], &why) != 2)
            fail_msg("taken: %s", bad_lines[i]);
        assert_non_null(why);
    }
}

static void test_empty_lines(void **state)
{
    static const char *const lines[] = {"", " ", "\t\r", "#", "# may=\"run\" " KEY, "  # x"};
    struct operator_entry who;
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++)
        assert_int_equal(operator_parse(&who, lines[i], &why), 1);
    assert_null(why);
}

static void test_long_lines(void **state)
{
    char line[LIMIT_OPERATOR_LINE + 2];
    struct operator_entry who;
    const char *why = NULL;

    (void)state;
    memset(line, 'x', sizeof(line));
    memcpy(line, KEY " ", strlen(KEY " "));
    line[LIMIT_OPERATOR_LINE] = '\0';
    assert_int_equal(operator_parse(&who, line, &why), 0);
    assert_int_equal(strlen(who.name), INVITE_LABEL_MAX);
    line[LIMIT_OPERATOR_LINE] = 'x';
    line[LIMIT_OPERATOR_LINE + 1] = '\0';
    assert_int_equal(operator_parse(&who, line, &why), 2);
    assert_string_equal(why, "the line is too long");
}

/* A list of users as long as the field, and one character more. */
static void test_long_as(void **state)
{
    char as[OPERATOR_AS_MAX + 3];
    struct operator_entry who;

    (void)state;
    for (size_t i = 0; i < sizeof(as); i++)
        as[i] = i % 16 == 15 ? ',' : 'u';
    for (size_t extra = 0; extra < 2; extra++) {
        char line[LIMIT_OPERATOR_LINE];
        const char *why;

        snprintf(line, sizeof(line), "as=\"%.*s\" " KEY, (int)(OPERATOR_AS_MAX + extra), as);
        assert_int_equal(operator_parse(&who, line, &why), extra ? 2 : 0);
    }
}

static void test_format_and_parse(void **state)
{
    static const char *const lines[] = {
        "may=\"observe\" " KEY " \n",
        "may=\"run,shell\" " KEY " alice at home\n",
        "may=\"observe,run,shell,files,control\",as=\"root,*\" " KEY " bob\n",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++) {
        _cleanup_buffer_ struct buffer written = BUFFER_INIT;
        struct operator_entry who;
        const char *why = NULL;

        assert_int_equal(operator_parse(&who, lines[i], &why), 0);
        assert_int_equal(operator_format(&who, &written), 0);
        assert_string_equal(buffer_text(&written), lines[i]);
    }
}

static void test_may_run_as(void **state)
{
    struct operator_entry who = {.as = "root,www-data"};

    (void)state;
    assert_true(operator_may_run_as(&who, "root"));
    assert_true(operator_may_run_as(&who, "www-data"));
    assert_false(operator_may_run_as(&who, ""));
    assert_false(operator_may_run_as(&who, "www"));
    assert_false(operator_may_run_as(&who, "root,www-data"));
    text_copy(who.as, sizeof(who.as), "");
    assert_false(operator_may_run_as(&who, ""));
    assert_false(operator_may_run_as(&who, "root"));
    text_copy(who.as, sizeof(who.as), "a,*");
    assert_true(operator_may_run_as(&who, "root"));
    text_copy(who.as, sizeof(who.as), "*a");
    assert_false(operator_may_run_as(&who, "root"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),     cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_empty_lines), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_as),     cmocka_unit_test(test_format_and_parse),
        cmocka_unit_test(test_may_run_as),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
