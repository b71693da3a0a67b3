/* Records of utmp, also full, stale and cut ones; names behind numbers. */
#include "sense/test-fixture.h"

#include <utmp.h>

#include "sense/people.h"

static struct utmp record_make(short type, const char *user, int pid)
{
    struct utmp record = {.ut_type = type, .ut_pid = pid};

    memcpy(record.ut_user, user, strnlen(user, sizeof(record.ut_user)));
    memcpy(record.ut_line, "pts/0", 5);
    memcpy(record.ut_host, "192.0.2.7", 9);
    record.ut_tv.tv_sec = 1700000000;
    return record;
}

static void sessions_are_found(void **state)
{
    struct utmp records[4] = {
        record_make(BOOT_TIME, "reboot", 0),
        record_make(USER_PROCESS, "alice", 42),
        record_make(USER_PROCESS, "", 43),
        record_make(USER_PROCESS, "a name of 32 bytes, with no end..", -1),
    };
    struct span span = {(const char *)records, sizeof(records)};
    struct session session;

    (void)state;
    assert_true(session_next(&span, &session));
    assert_span_equal(session.user, "alice");
    assert_span_equal(session.terminal, "pts/0");
    assert_span_equal(session.host, "192.0.2.7");
    assert_true(session.since_ms == 1700000000000);
    assert_int_equal(session.pid, 42);
    assert_true(session_next(&span, &session));
    assert_span_equal(session.user, "a name of 32 bytes, with no end.");
    assert_int_equal(session.pid, 0);
    assert_false(session_next(&span, &session));
}

static void use_beginning(struct span text)
{
    size_t whole = text.length / sizeof(struct utmp);
    struct session session;

    for (size_t i = 0; i < whole; i++)
        assert_true(session_next(&text, &session));
    assert_false(session_next(&text, &session));
}

static void cut_anywhere(void **state)
{
    struct utmp records[2] = {record_make(USER_PROCESS, "alice", 1),
                              record_make(USER_PROCESS, "bob", 2)};

    (void)state;
    with_each_beginning((const char *)records, sizeof(records), use_beginning);
}

static void names_come_from_passwd(void **state)
{
    struct user_names names = {.passwd = span_of("root:x:0:0:root:/root:/bin/sh\n"
                                                 "broken\n:x\nb:x:abc:\n"
                                                 "alice:x:1000:1000::/home/alice:/bin/sh\n"
                                                 "again:x:1000:1000::/:\n"
                                                 "last:x:1064:\n"
                                                 "cut:x:77")};

    (void)state;
    assert_span_equal(user_name(&names, 0), "root");
    assert_span_equal(user_name(&names, 1000), "alice");
    assert_span_equal(user_name(&names, 1064), "last"); /* the same place in the cache */
    assert_span_equal(user_name(&names, 1000), "alice");
    assert_true(span_is_empty(user_name(&names, 64)));
    assert_true(span_is_empty(user_name(&names, 77))); /* perhaps the beginning of 771 */
    assert_true(span_is_empty(user_name(&names, UINT32_MAX)));
    assert_span_equal(user_name(&names, 0), "root");
}

static void collected_from_a_machine(void **state)
{
    struct utmp records[3] = {record_make(USER_PROCESS, "al\033ice", 42),
                              record_make(USER_PROCESS, "ghost", 43),
                              record_make(USER_PROCESS, "\n", 42)};
    char root[32];
    json_t *json;
    json_t *list;

    (void)state;
    fixture_make(root);
    assert_int_equal(people_collect(root, &json), 0);
    assert_absent(json, "sessions");
    json_decref(json);
    fixture_write_bytes(root, "/run/utmp", records, sizeof(records));
    /* Other people's processes are hidden: nothing can be said against the records. */
    assert_int_equal(people_collect(root, &json), 0);
    assert_int_equal(json_array_size(json_object_get(json, "sessions")), 3);
    json_decref(json);
    fixture_write(root, "/proc/1/comm", "systemd\n");
    fixture_write(root, "/proc/42/comm", "sshd\n");
    assert_int_equal(people_collect(root, &json), 0);
    list = json_object_get(json, "sessions");
    assert_int_equal(json_array_size(list), 2);
    assert_text_in(json_array_get(list, 0), "user", "al\\x1bice");
    assert_text_in(json_array_get(list, 0), "host", "192.0.2.7");
    assert_number_in(json_array_get(list, 0), "since", 1700000000000);
    assert_text_in(json_array_get(list, 1), "user", "\\x0a");
    json_decref(json);
    fixture_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_are_found),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(names_come_from_passwd),
        cmocka_unit_test(collected_from_a_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
