/* See settings.h. */
#include "fleet/home/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "fleet/home/store.h"

static int load(const char *text, struct settings *settings, struct fault *fault)
{
    char path[] = "/tmp/test-settings.XXXXXX";
    int fd = mkstemp(path), result;

    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
    close(fd);
    result = settings_load(path, settings, fault);
    unlink(path);
    return result;
}

static void test_values(void **state)
{
    struct settings settings;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(settings_load("/nonexistent/hune.conf", &settings, &fault), 0);
    assert_int_equal(settings.confirm_above, 20);
    assert_int_equal(settings.keep_bytes, STORE_RUNS_BYTES);
    assert_int_equal(
        load("# mine\n[run]\nconfirm_above = 5\n[runs]\nkeep=2M\n[groups]\ngenders=/x/y\n",
             &settings, &fault),
        0);
    assert_int_equal(settings.confirm_above, 5);
    assert_int_equal(settings.keep_bytes, 2 << 20);
    assert_string_equal(settings.genders, "/x/y");
    assert_int_equal(load("[run]\nconfirm_above = 0\n", &settings, &fault), 0);
    assert_int_equal(settings.confirm_above, 0);
}

/* The first mistake is told; what is right holds. */
static void test_mistakes(void **state)
{
    struct settings settings;
    struct fault fault = {0};

    (void)state;
    assert_int_equal(
        load("[run]\nconfirm_above = many\nfoo = 1\n[runs]\nkeep = 1M\n", &settings, &fault), 1);
    assert_int_equal(fault.line, 2);
    assert_non_null(strstr(fault.text, "many"));
    assert_int_equal(settings.confirm_above, 20);
    assert_int_equal(settings.keep_bytes, 1 << 20);
    assert_int_equal(load("[runs]\n\nconfirm_above = 3\n", &settings, &fault), 1);
    assert_int_equal(fault.line, 3);
    assert_non_null(strstr(fault.text, "confirm_above"));
    assert_int_equal(load("[run]\nnonsense\n", &settings, &fault), 1);
    assert_int_equal(fault.line, 2);
    assert_true(settings_load("/", &settings, &fault) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
