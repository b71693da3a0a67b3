/* See groups.h. */
#include "fleet/inventory/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

static char place[64];

static void put_file(const char *path, const char *text)
{
    assert_int_equal(file_replace(path, 0600, text, strlen(text)), 0);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(place, "/tmp/test-groups.XXXXXX");
    if (!mkdtemp(place) || chdir(place) < 0 || mkdir("groups.d", 0700) < 0)
        return -1;
    unsetenv("CLUSTERSHELL_CFGDIR");
    put_file("genders", "# all of them\nweb[1-2]\twww,rack=7\nweb3 www,rack=8 # late\ndb1 db\n");
    put_file("groups.d/local.cfg", "front: web[1,3]\nboth: @front,@db\nloop: a,@loop\n"
                                   "bad: x[3-1]\nlost: @nowhere\n");
    put_file("groups.d/more.yaml", "roles:\n    admin: 'm[1-2]'\n    \"x\": y\n"
                                   "racks:\n    admin: r9\n    a: @roles:admin\n");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink("genders");
    unlink("groups.d/local.cfg");
    unlink("groups.d/more.yaml");
    return rmdir("groups.d") == 0 && chdir("/") == 0 && rmdir(place) == 0 ? 0 : -1;
}

static const struct groups_places places = {.genders = "genders", .config = "."};

static int find(const char *name, struct buffer *names, struct fault *fault)
{
    int result = groups_find(&places, name, strlen(name), names, fault);

    for (size_t i = 0; i < buffer_length(names); i++)
        if (buffer_bytes(names)[i] == '\0')
            buffer_bytes(names)[i] = ' ';
    return result;
}

static void found(const char *name, const char *expected)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    struct fault fault = {0};

    assert_int_equal(find(name, &names, &fault), 0);
    assert_string_equal(buffer_text(&names), expected);
}

static void not_found(const char *name, int expected)
{
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    struct fault fault = {0};

    assert_int_equal(find(name, &names, &fault), expected);
    if (expected == 2)
        assert_string_not_equal(fault.text, "");
}

static void test_genders(void **state)
{
    (void)state;
    found("www", "web1 web2 web3 ");
    found("rack", "web1 web2 web3 ");
    found("rack=8", "web3 ");
    found("genders:db", "db1 ");
    not_found("ww", 1);
    not_found("rack=", 1);
    not_found("genders:front", 1);
}

static void test_clustershell(void **state)
{
    (void)state;
    found("front", "web1 web3 ");
    found("both", "web1 web3 db1 ");
    found("roles:admin", "m1 m2 ");
    found("racks:admin", "r9 ");
    found("racks:a", "m1 m2 ");
    not_found("roles:front", 1);
    not_found("nothing", 1);
}

static void test_bad_groups(void **state)
{
    (void)state;
    not_found("loop", 2);
    not_found("bad", 2);
    not_found("lost", 2);
}

static void test_no_files(void **state)
{
    const struct groups_places nowhere = {.genders = "none", .config = "none"};
    _cleanup_buffer_ struct buffer names = BUFFER_INIT;
    char long_name[1000];

    (void)state;
    assert_int_equal(groups_find(&nowhere, "no-such-group", 13, &names, NULL), 1);
    memset(long_name, 'x', sizeof(long_name));
    assert_int_equal(groups_find(&nowhere, long_name, sizeof(long_name), &names, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genders),
        cmocka_unit_test(test_clustershell),
        cmocka_unit_test(test_bad_groups),
        cmocka_unit_test(test_no_files),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
