/* A text found in another one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "desktop/text/find-text.h"

/* `wanted` stands in `text` at `at`, with that many bytes; SIZE_MAX: it does not. */
static void check(const char *text, const char *wanted, bool last, size_t at, size_t size)
{
    size_t found_at = 0, found_size = 0;
    struct find_text find;

    find_text_init(&find, wanted);
    assert_int_equal(find_text_in(&find, text, strlen(text), last, &found_at, &found_size),
                     at != SIZE_MAX);
    if (at != SIZE_MAX) {
        assert_int_equal(found_at, at);
        assert_int_equal(found_size, size);
    }
    find_text_clear(&find);
}

static void test_ascii(void **state)
{
    (void)state;
    check("one two one", "one", false, 0, 3);
    check("one two one", "one", true, 8, 3);
    check("one two one", "ONE", true, 8, 3);
    check("ONE TWO ONE", "two", false, 4, 3);
    check("aaab", "aab", false, 1, 3);
    check("abcabcabd", "abcabd", false, 3, 6);
    check("a", "ab", false, SIZE_MAX, 0);
    check("", "a", false, SIZE_MAX, 0);
    check("a", "", false, SIZE_MAX, 0);
    check("aab cab ", "bab", false, SIZE_MAX, 0); /* one letter before, one behind what is wanted */
    check("a[b", "{", false, SIZE_MAX, 0);        /* these differ as letters' cases do */
    check("x\xff\xc3ONE", "one", false, 3, 3);    /* any bytes */
}

static void test_other_letters(void **state)
{
    (void)state;
    check("Un ÉTÉ chaud", "été", false, 3, 5);
    check("été, ÉTÉ", "Été", true, 7, 5);
    check("ete", "été", false, SIZE_MAX, 0);
    check("ét", "été", false, SIZE_MAX, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_other_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
