/* Processes with the names that people give them, cut lines, and more of them than are listed. */
#include "sense/test-fixture.h"

#include "sense/processes.h"

#define REST \
    " S 7 42 42 0 -1 4194560 1 2 3 4 100 50 0 0 20 0 13 0 999 1000000 25 18446744073709551615"

static void hostile_names_end_where_they_end(void **state)
{
    static const char *const names[] = {"bash", "",   "a b",       "a) R 1 (b", ")",        "(",
                                        "((",   "))", "new\nline", "\xff\xfe",  ") S 1 2 3"};
    struct process process;
    struct span name;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(names); i++) {
        char text[256];

        snprintf(text, sizeof(text), "42 (%s)" REST, names[i]);
        assert_true(process_parse(span_of(text), &process, &name));
        assert_span_equal(name, names[i]);
        assert_int_equal(process.pid, 42);
        assert_int_equal(process.ppid, 7);
        assert_int_equal(process.state, 'S');
        assert_int_equal(process.ticks, 150);
        assert_int_equal(process.threads, 13);
        assert_int_equal(process.pages, 25);
    }
}

static void broken_lines_are_refused(void **state)
{
    static const char *const lines[] = {"",
                                        "42",
                                        "42 (a",
                                        "42 a)" REST,
                                        ")(" REST,
                                        "42 (a)",
                                        "42 (a) SS 1 2 3",
                                        "x (a)" REST,
                                        "(a)" REST,
                                        "42 (a) S 1 2 3"};
    struct process process;
    struct span name;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(lines); i++)
        assert_false(process_parse(span_of(lines[i]), &process, &name));
    assert_true(process_parse(span_of("42 (a) S -1 2 3 4 5 6 7 8 9 10 99999999999999999999 "
                                      "1 1 1 1 1 x 1 1 1 -5"),
                              &process, &name));
    assert_true(process.ppid == SENSE_UNKNOWN);
    assert_true(process.ticks == SENSE_UNKNOWN);
    assert_true(process.threads == SENSE_UNKNOWN);
    assert_true(process.pages == SENSE_UNKNOWN);
}

static void use_beginning(struct span text)
{
    struct process process;
    struct process_status status;
    struct span name;

    if (process_parse(text, &process, &name))
        assert_span_equal(name, "a) (b");
    process_status_parse(text, &status);
}

static void cut_anywhere(void **state)
{
    static const char status[] = "Name:\ta\nUid:\t1000\t1001\t1002\t1003\nVmRSS:\t 12 kB\n";

    (void)state;
    with_each_beginning("42 (a) (b)" REST, strlen("42 (a) (b)" REST), use_beginning);
    with_each_beginning(status, sizeof(status) - 1, use_beginning);
}

static void status_tells_user_and_memory(void **state)
{
    struct process_status status;

    (void)state;
    process_status_parse(span_of("Name:\tUid:\nUid:\t1000\t1001\t1002\t1003\nVmRSS:\t 12 kB\n"),
                         &status);
    assert_int_equal(status.uid, 1001);
    assert_int_equal(status.resident, 12288);
    process_status_parse(span_of("Name:\tkthreadd\nUid:\t0\n"), &status);
    assert_true(status.uid == SENSE_UNKNOWN);
    assert_int_equal(status.resident, 0);
}

static void assert_command(const char *arguments, size_t size, const char *name,
                           const char *expected)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;

    assert_int_equal(process_command((struct span){arguments, size}, span_of(name), &out), 0);
    assert_string_equal(buffer_text(&out), expected);
}

static void commands_are_bounded(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    char many[COMMAND_MAX + 8];

    (void)state;
    assert_command("ls\0-l\0a b\0", 10, "ls", "ls -l a b");
    assert_command("title\0\0\0\0", 9, "x", "title");
    assert_command("\0\0\0", 3, "zombie", "[zombie]");
    assert_command("", 0, "kworker/0:1", "[kworker/0:1]");
    memset(many, 'a', sizeof(many));
    assert_int_equal(process_command((struct span){many, sizeof(many)}, span_of("x"), &out), 0);
    assert_int_equal(buffer_length(&out), COMMAND_MAX);
    /* The euro sign over the edge goes as a whole; bytes that are no character stay bounded too. */
    buffer_clear(&out);
    memcpy(many + COMMAND_MAX - 2, "\xe2\x82\xac", 3);
    assert_int_equal(process_command((struct span){many, sizeof(many)}, span_of("x"), &out), 0);
    assert_int_equal(buffer_length(&out), COMMAND_MAX - 2);
    buffer_clear(&out);
    memset(many, 0x80, sizeof(many));
    assert_int_equal(process_command((struct span){many, sizeof(many)}, span_of("x"), &out), 0);
    assert_int_equal(buffer_length(&out), COMMAND_MAX - 3);
}

static void process_write(const char *root, unsigned pid, const char *name, char process_state,
                          unsigned pages)
{
    char path[64];
    char text[256];

    snprintf(path, sizeof(path), "/proc/%u/stat", pid);
    snprintf(text, sizeof(text),
             "%u (%s) %c 1 1 1 0 -1 0 1 2 3 4 100 50 0 0 20 0 2 0 999 1000000 %u 0\n", pid, name,
             process_state, pages);
    fixture_write(root, path, text);
    snprintf(path, sizeof(path), "/proc/%u/status", pid);
    snprintf(text, sizeof(text), "Uid:\t0\t%u\t0\t0\nVmRSS:\t%u kB\n", pid == 9 ? 4294967295u : 0,
             pages * 4);
    fixture_write(root, path, text);
}

static void collected_from_a_machine(void **state)
{
    char title[5000];
    char root[32];
    json_t *json;
    json_t *list;

    (void)state;
    fixture_make(root);
    fixture_write(root, "/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    process_write(root, 1, "init", 'S', 10);
    process_write(root, 9, "evil\n\x1b]0;\xff)", 'R', 30);
    process_write(root, 11, "stuck", 'D', 20);
    fixture_write_bytes(root, "/proc/1/cmdline", "/sbin/init\0splash\0", 18);
    memset(title, 't', sizeof(title));
    fixture_write_bytes(root, "/proc/14/cmdline", title, sizeof(title));
    fixture_write_bytes(root, "/proc/11/cmdline", "stuck\0in\0the\0kernel\0", 20);
    fixture_write(root, "/proc/12/status", "gone before its stat was read\n");
    process_write(root, 14, "twin", 'R', 1);
    fixture_write(root, "/proc/13/stat", "14 (twin)" REST);
    fixture_write(root, "/proc/15/stat", "15 (gone before its status was read)" REST);
    fixture_write(root, "/proc/self/stat", "1 (self) S 1\n");
    assert_int_equal(processes_collect(root, &json), 0);
    assert_number_in(json, "count", 5); /* it was there when they were counted */
    assert_number_in(json, "running", 2);
    list = json_object_get(json, "processes");
    assert_int_equal(json_array_size(list), 4);
    assert_number_in(json_array_get(list, 0), "pid", 9);
    assert_text_in(json_array_get(list, 0), "command", "[evil\\x0a\\x1b]0;\\xff)]");
    assert_text_in(json_array_get(list, 0), "user", "4294967295");
    assert_number_in(json_array_get(list, 0), "rss", 30 * 4096);
    assert_text_in(json_array_get(list, 1), "command", "[stuck]");
    assert_text_in(json_array_get(list, 2), "command", "/sbin/init splash");
    assert_text_in(json_array_get(list, 2), "user", "root");
    assert_text_in(json_array_get(list, 2), "state", "S");
    assert_number_in(json_array_get(list, 2), "ppid", 1);
    assert_number_in(json_array_get(list, 2), "threads", 2);
    assert_true(json_integer_value(json_object_get(json_array_get(list, 2), "cpu_ms")) > 0);
    assert_int_equal(json_string_length(json_object_get(json_array_get(list, 3), "command")),
                     COMMAND_MAX);
    json_decref(json);
    fixture_remove(root);
}

static void the_largest_of_very_many_are_listed(void **state)
{
    enum { LISTED = 4, MANY = 5 * LISTED + 3 };
    char root[32];
    json_t *json;
    json_t *list;

    (void)state;
    fixture_make(root);
    for (unsigned pid = 1; pid <= MANY; pid++)
        process_write(root, pid, "p", 'R', pid);
    assert_int_equal(processes_collect_some(root, LISTED, &json), 0);
    assert_number_in(json, "count", MANY);
    assert_number_in(json, "running", MANY);
    list = json_object_get(json, "processes");
    assert_int_equal(json_array_size(list), LISTED);
    assert_number_in(json_array_get(list, 0), "pid", MANY);
    assert_number_in(json_array_get(list, LISTED - 1), "pid", MANY - LISTED + 1);
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_names_end_where_they_end),
        cmocka_unit_test(broken_lines_are_refused),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(status_tells_user_and_memory),
        cmocka_unit_test(commands_are_bounded),
        cmocka_unit_test(collected_from_a_machine),
        cmocka_unit_test(the_largest_of_very_many_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
