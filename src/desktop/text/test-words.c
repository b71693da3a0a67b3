/* Which lines are Hune's own, and which are asked about. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "desktop/text/words.h"

static void check_shell(const char *text, const char *wanted)
{
    struct hune_line line = hune_line_parse(text);

    assert_int_equal(line.kind, HUNE_LINE_SHELL);
    assert_string_equal(line.shell, wanted);
    g_free(line.shell);
}

static void test_shell_lines(void **state)
{
    (void)state;
    check_shell("uname -a", "uname -a");
    check_shell("  ls  ", "ls");
    check_shell("!os", "os");
    check_shell("! kill 4711", "kill 4711");
    check_shell("ip addr", "ip addr"); /* a fact's word with something behind it */
    check_shell("kill 4711", "kill 4711");
}

static void test_facts(void **state)
{
    struct hune_line line = hune_line_parse("os ram");

    (void)state;
    assert_int_equal(line.kind, HUNE_LINE_FACTS);
    assert_true(line.facts[FACT_OS] && line.facts[FACT_RAM]);
    assert_false(line.facts[FACT_CPU]);
    line = hune_line_parse("all");
    for (int i = 0; i < FACT_COUNT; i++)
        assert_true(line.facts[i]);
}

static void test_control(void **state)
{
    (void)state;
    assert_int_equal(hune_line_parse("kill").kind, HUNE_LINE_CONTROL);
    assert_int_equal(hune_line_parse("kill").verb, VERB_KILL);
    assert_int_equal(hune_line_parse(" reset ").verb, VERB_RESET);
    assert_int_equal(hune_line_parse("disconnect").verb, VERB_DISCONNECT);
    assert_int_equal(hune_line_parse("").kind, HUNE_LINE_EMPTY);
    assert_int_equal(hune_line_parse(" ! ").kind, HUNE_LINE_EMPTY);
}

static void test_danger(void **state)
{
    (void)state;
    assert_true(hune_line_is_dangerous("rm -rf /tmp/x"));
    assert_true(hune_line_is_dangerous("cd /tmp && /bin/rm x"));
    assert_true(hune_line_is_dangerous("mkfs.ext4 /dev/sdb"));
    assert_true(hune_line_is_dangerous("x=$(reboot)"));
    assert_false(hune_line_is_dangerous("uname -a"));
    assert_false(hune_line_is_dangerous("echo warm farm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shell_lines),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_danger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
