/* See place.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/place.h"

static void check(const char *word, const char *selector, const char *path)
{
    _cleanup_free_ char *found = NULL;
    const char *rest;

    assert_int_equal(place_split(word, &found, &rest), 0);
    assert_string_equal(found, selector);
    assert_string_equal(rest, path);
}

static void test_split(void **state)
{
    char *found;
    const char *rest;

    (void)state;
    check("web1:/etc/hosts", "web1", "/etc/hosts");
    check("web[1-3],@db:a b", "web[1-3],@db", "a b");
    check("web1:", "web1", "");
    check(":x", "", "x");
    check("web1:a:b", "web1", "a:b");
    check("x[a:b]:/y", "x[a:b]", "/y");
    check("x]:/y", "x]", "/y");
    assert_int_equal(place_split("web1", &found, &rest), 1);
    assert_int_equal(place_split("", &found, &rest), 1);
    assert_int_equal(place_split("x[a:b", &found, &rest), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
