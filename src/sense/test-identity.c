/* Names, os-release as the shell reads it, real or virtual, the boot time. */
#include "sense/test-fixture.h"

#include "base/text.h"
#include "sense/identity.h"

static void names_need_no_name_service(void **state)
{
    struct host_name name;

    (void)state;
    host_name_parse(span_of("web01"), span_of("web01\n"), &name);
    assert_span_equal(name.name, "web01");
    assert_true(span_is_empty(name.qualified));
    host_name_parse(span_of("web01.example.org"), span_of(""), &name);
    assert_span_equal(name.name, "web01");
    assert_span_equal(name.qualified, "web01.example.org");
    host_name_parse(span_of("web01"), span_of("# a comment\n\n web01.example.org \n"), &name);
    assert_span_equal(name.qualified, "web01.example.org");
    /* The file was changed after boot: it names another machine. */
    host_name_parse(span_of("web01"), span_of("web012.example.org\n"), &name);
    assert_true(span_is_empty(name.qualified));
    host_name_parse(span_of("web01"), span_of("web0.example.org\n"), &name);
    assert_true(span_is_empty(name.qualified));
    host_name_parse(span_of("web01"), span_of("# web01.example.org"), &name);
    assert_true(span_is_empty(name.qualified));
    host_name_parse(span_of(""), span_of(""), &name);
    assert_true(span_is_empty(name.name));
}

static void assert_os_release(const char *text, const char *key, const char *value)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(os_release_value(span_of(text), key, &out), 0);
    assert_string_equal(buffer_text(&out), value);
}

static void os_release_is_read_as_by_a_shell(void **state)
{
    (void)state;
    assert_os_release("NAME=\"Debian GNU/Linux\"\nID=debian\n", "NAME", "Debian GNU/Linux");
    assert_os_release("NAME=\"Debian GNU/Linux\"\nID=debian\n", "ID", "debian");
    assert_os_release("VERSION_ID=1\nID=x\n", "ID", "x");
    assert_os_release("ID='a\\b \"c\"'", "ID", "a\\b \"c\"");
    assert_os_release("ID=\"a\\\"b\\$c\\\\\"", "ID", "a\"b$c\\");
    assert_os_release("# ID=no\n  ID=yes  \n", "ID", "yes");
    assert_os_release("ID=\"never closed", "ID", "never closed");
    assert_os_release("ID=\\", "ID", "\\");
    assert_os_release("ID=\n", "ID", "");
    assert_os_release("ID\n", "ID", "");
    assert_os_release("", "ID", "");
}

static void virtual_machines_are_told_apart(void **state)
{
    struct virtual_hints hints = {.cpuid_known = true, .vendor = {"", 0}, .product = {"", 0}};

    (void)state;
    assert_string_equal(virtual_name(&hints), "none");
    memcpy(hints.signature, "KVMKVMKVM", 10);
    assert_string_equal(virtual_name(&hints), "kvm");
    memcpy(hints.signature, "somebody new", 13);
    assert_string_equal(virtual_name(&hints), "unknown");
    hints.other_pid_namespace = true;
    assert_string_equal(virtual_name(&hints), "container");
    /* A processor that cannot be asked leaves the firmware's word, or nothing. */
    hints = (struct virtual_hints){.vendor = {"", 0}, .product = {"", 0}};
    assert_null(virtual_name(&hints));
    hints.vendor = span_of("QEMU");
    assert_string_equal(virtual_name(&hints), "qemu");
    hints.product = span_of("KVM Virtual Machine");
    assert_non_null(virtual_name(&hints));
    hints.vendor = span_of("Lenovo");
    hints.product = span_of("ThinkStation");
    assert_null(virtual_name(&hints));
}

static void boot_time_is_found(void **state)
{
    (void)state;
    assert_true(boot_time_parse(span_of("cpu 1 2\nintr 5 6 7\nbtime 1795392700\n")) == 1795392700);
    assert_true(boot_time_parse(span_of("cpu 1 2\nbtime\n")) == SENSE_UNKNOWN);
    assert_true(boot_time_parse(span_of("btimes 7\n")) == SENSE_UNKNOWN);
    assert_true(boot_time_parse(span_of("")) == SENSE_UNKNOWN);
}

static void collected_from_a_machine(void **state)
{
    char root[32];
    json_t *json;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/proc/sys/kernel/hostname", "db\xff\x1b[31m.example.org\n");
    fixture_write(root, "/usr/lib/os-release", "ID=fallback\n");
    fixture_write(root, "/proc/uptime", "2281.49 4443.43\n");
    fixture_write(root, "/proc/stat", "btime 1795392700\n");
    assert_int_equal(identity_collect_name(root, &json), 0);
    assert_text_in(json, "name", "db\\xff\\x1b[31m");
    assert_text_in(json, "fqdn", "db\\xff\\x1b[31m.example.org");
    json_decref(json);
    assert_int_equal(identity_collect_os(root, &json), 0);
    assert_text_in(json, "id", "fallback");
    assert_absent(json, "pretty");
    assert_text_in(json, "kernel", "Linux");
    json_decref(json);
    assert_int_equal(identity_collect_uptime(root, &json), 0);
    assert_number_in(json, "seconds", 2281);
    assert_number_in(json, "booted", 1795392700000);
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_need_no_name_service),
        cmocka_unit_test(os_release_is_read_as_by_a_shell),
        cmocka_unit_test(virtual_machines_are_told_apart),
        cmocka_unit_test(boot_time_is_found),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
