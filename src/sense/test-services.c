/* Services from trees of control groups in the three arrangements that exist. */
#include "sense/test-fixture.h"

#include "sense/services.h"

static void groups_tell_whether_they_live(void **state)
{
    (void)state;
    assert_true(group_is_populated(span_of("populated 1\nfrozen 0\n")));
    assert_false(group_is_populated(span_of("populated 0\nfrozen 0\n")));
    assert_false(group_is_populated(span_of("frozen 0\npopulated 0")));
    assert_true(group_is_populated(span_of("")));
    assert_true(group_is_populated(span_of("frozen 0\n")));
    assert_span_equal(group_unit(span_of("_memory.service")), "memory.service");
    assert_span_equal(group_unit(span_of("ssh.service")), "ssh.service");
    assert_span_equal(group_unit(span_of("_")), "_");
}

static void tree_write(const char *root, const char *place)
{
    static const char *const files[] = {
        "system.slice/ssh.service/cgroup.procs",
        "system.slice/cron.service/cgroup.procs",
        "system.slice/cron.service/inner.service/cgroup.procs",
        "system.slice/system-getty.slice/getty@tty1.service/cgroup.procs",
        "system.slice/dbus.socket/cgroup.procs",
        "system.slice/.service/cgroup.procs",
        "user.slice/user-1000.slice/user@1000.service/cgroup.procs",
        "user.slice/user-1000.slice/session-1.scope/cgroup.procs",
    };
    char path[256];

    for (size_t i = 0; i < ELEMENTS_OF(files); i++) {
        snprintf(path, sizeof(path), "/sys/fs/cgroup%s/%s", place, files[i]);
        fixture_write(root, path, "");
    }
}

static void every_arrangement_is_read(void **state)
{
    static const char *const places[] = {"", "/systemd", "/unified"};
    static const char *const names[] = {"cron.service", "ssh.service", "getty@tty1.service",
                                        "user@1000.service"};

    (void)state;
    for (size_t place = 0; place < ELEMENTS_OF(places); place++) {
        char root[32];
        json_t *json;
        json_t *list;

        fixture_make(root);
        fixture_write(root, "/proc/1/comm", "systemd\n");
        tree_write(root, places[place]);
        assert_int_equal(services_collect(root, &json), 0);
        assert_text_in(json, "manager", "systemd");
        list = json_object_get(json, "services");
        assert_int_equal(json_array_size(list), ELEMENTS_OF(names));
        for (size_t i = 0; i < ELEMENTS_OF(names); i++) {
            assert_text_in(json_array_get(list, i), "name", names[i]);
            assert_text_in(json_array_get(list, i), "state", "running");
        }
        json_decref(json);
        fixture_remove(root);
    }
}

static void empty_groups_do_not_run(void **state)
{
    char root[32];
    json_t *json;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/1/comm", "systemd\n");
    assert_int_equal(services_collect(root, &json), 0);
    assert_int_equal(json_array_size(json_object_get(json, "services")), 0);
    json_decref(json);
    fixture_write(root, "/sys/fs/cgroup/system.slice/a.service/cgroup.events", "populated 0\n");
    fixture_write(root, "/sys/fs/cgroup/system.slice/b\xff.service/cgroup.events", "populated 1\n");
    assert_int_equal(services_collect(root, &json), 0);
    assert_int_equal(json_array_size(json_object_get(json, "services")), 1);
    assert_text_in(json_array_get(json_object_get(json, "services"), 0), "name", "b\\xff.service");
    json_decref(json);
    fixture_remove(root);
}

static void without_systemd_nothing_is_claimed(void **state)
{
    char root[32];
    json_t *json;

    (void)state;
    fixture_make(root);
    assert_int_equal(services_collect(root, &json), 0);
    assert_absent(json, "manager");
    json_decref(json);
    fixture_write(root, "/proc/1/comm", "init\n");
    tree_write(root, "");
    assert_int_equal(services_collect(root, &json), 0);
    assert_text_in(json, "manager", "none");
    assert_absent(json, "services");
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_tell_whether_they_live),
        cmocka_unit_test(every_arrangement_is_read),
        cmocka_unit_test(empty_groups_do_not_run),
        cmocka_unit_test(without_systemd_nothing_is_claimed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
