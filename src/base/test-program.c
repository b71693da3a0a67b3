/* See program.h. This test is in src/base of a build tree, as the programs are in their folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "config.h"

static void test_of_the_build_tree(void **state)
{
    _cleanup_free_ char *path = program_path("base", "test-base-program");
    _cleanup_free_ char *real = path ? realpath(path, NULL) : NULL;
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    (void)state;
    assert_true(length > 0);
    self[length] = '\0';
    assert_non_null(real);
    assert_string_equal(real, self);
}

/* Also when something of that name is there which is no program. */
static void test_installed(void **state)
{
    static const char *const names[] = {"no-such-program", "libbase.a"};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(names); i++) {
        _cleanup_free_ char *path = program_path("base", names[i]);
        char expected[4096];

        assert_non_null(path);
        snprintf(expected, sizeof(expected), "%s/%s", HUNE_LIBEXEC_DIR, names[i]);
        assert_string_equal(path, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_the_build_tree),
        cmocka_unit_test(test_installed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
