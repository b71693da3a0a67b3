/* Lines that begin in Hebrew or Arabic stand at the left, and are copied as they were. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "desktop/text/left-lines.h"

#define MARK "\u200e"

static void check(const char *text, gboolean goes_on, const char *wanted)
{
    g_autofree char *marked = left_lines(text, goes_on);
    g_autofree char *again = left_lines_undo(marked ? marked : text, 0);

    if (wanted)
        assert_string_equal(marked, wanted);
    else
        assert_null(marked);
    assert_string_equal(again, text);
}

static void test_only_lines_that_begin_so_are_marked(void **state)
{
    (void)state;
    check("", FALSE, NULL);
    check("one\ntwo é € 漢字\n", FALSE, NULL);
    check("one שלום\n12: two\n", FALSE, NULL);
    check("שלום\n", FALSE, MARK "שלום\n");
    check("one\n12  שלום one\n\nسلام", FALSE, "one\n" MARK "12  שלום one\n\n" MARK "سلام");
    check("שלום\nשלום\n", TRUE, "שלום\n" MARK "שלום\n");
    check(MARK "one\n", FALSE, NULL); /* a machine's own */
    check("x" MARK "שלום\n", FALSE, NULL);
}

static void test_places_behind_marks(void **state)
{
    g_autofree char *marked = left_lines("ab\nשלום\ncd\nסוף", FALSE);

    (void)state;
    assert_int_equal(left_lines_before(marked, 0), 0);
    assert_int_equal(left_lines_before(marked, 2), 0);
    assert_int_equal(left_lines_before(marked, 3), 1); /* the first letter that is marked */
    assert_int_equal(left_lines_before(marked, 9), 1);
    assert_int_equal(left_lines_before(marked, 11), 2);
    assert_int_equal(left_lines_before(marked, 13), 2);
}

static void test_a_part_is_copied(void **state)
{
    g_autofree char *marked = left_lines("12 שלום\nسلام\n", FALSE);
    g_autofree char *behind = left_lines_undo(marked, strlen(MARK "12 "));
    g_autofree char *inside = left_lines_undo(marked, strlen(MARK));
    g_autofree char *second = left_lines_undo(marked, strlen(MARK "12 שלום\n"));

    (void)state;
    assert_string_equal(behind, "שלום\nسلام\n");
    assert_string_equal(inside, "12 שלום\nسلام\n");
    assert_string_equal(second, "سلام\n");
}

static void test_letters(void **state)
{
    (void)state;
    assert_false(left_lines_has_letter(""));
    assert_false(left_lines_has_letter(" 12: "));
    assert_true(left_lines_has_letter(" 12: x"));
    assert_true(left_lines_has_letter("ש"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_lines_that_begin_so_are_marked),
        cmocka_unit_test(test_places_behind_marks),
        cmocka_unit_test(test_a_part_is_copied),
        cmocka_unit_test(test_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
