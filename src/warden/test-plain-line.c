/* Which lines need no shell, and into what they fall. */
#include "warden/plain-line.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *line, const char *joined)
{
    char *words[PLAIN_WORDS_MAX + 1];
    char copy[512];
    char seen[512] = "";
    bool split;

    snprintf(copy, sizeof(copy), "%s", line);
    split = plain_line_split(copy, words);
    assert_int_equal(split, joined != NULL);
    if (!joined) {
        assert_string_equal(copy, line);
        return;
    }
    for (size_t i = 0; words[i]; i++)
        snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "<%s>", words[i]);
    assert_string_equal(seen, joined);
}

static void test_plain(void **state)
{
    (void)state;
    expect("uptime", "<uptime>");
    expect("true", "<true>");
    expect("  ls   -l /etc/hosts ", "<ls><-l></etc/hosts>");
    expect("systemctl status cron.service", "<systemctl><status><cron.service>");
    expect("./run user@host:/x 50% a,b +x", "<./run><user@host:/x><50%><a,b><+x>");
    /* A builtin's name is only one where the program stands. */
    expect("man cd", "<man><cd>");
    expect("cdparanoia", "<cdparanoia>");
}

static void test_for_a_shell(void **state)
{
    static const char *const lines[] = {
        "",     " ",     "cd /tmp", "echo a",   "pwd",   ". file",   ": x",   "a;b",
        "a|b",  "a&",    "a>b",     "a<b",      "$a",    "`a`",      "a*",    "a?",
        "a[1]", "{a,b}", "~",       "ls ~root", "A=1 b", "'a'",      "\"a\"", "a\\ b",
        "a #b", "!a",    "a\tb",    "a\nb",     "(a)",   "\xc3\xa9", "a^b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        expect(lines[i], NULL);
}

static void test_many_words(void **state)
{
    char line[3 * PLAIN_WORDS_MAX + 3];
    char *words[PLAIN_WORDS_MAX + 1];
    size_t length = 0;

    (void)state;
    for (int i = 0; i < PLAIN_WORDS_MAX; i++)
        length += (size_t)snprintf(line + length, sizeof(line) - length, "w ");
    assert_true(plain_line_split(line, words));
    assert_non_null(words[PLAIN_WORDS_MAX - 1]);
    assert_null(words[PLAIN_WORDS_MAX]);
    length = 0;
    for (int i = 0; i <= PLAIN_WORDS_MAX; i++)
        length += (size_t)snprintf(line + length, sizeof(line) - length, "w ");
    assert_false(plain_line_split(line, words));
    assert_int_equal(strlen(line), length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_for_a_shell),
        cmocka_unit_test(test_many_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
