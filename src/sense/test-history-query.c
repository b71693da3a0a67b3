/* Questions to the history: bounded, in pieces, of more things than it keeps, and longer than it
 * lives. */
#include "sense/test-past.h"

/* A stream of rows goes on in the file that it began with. */
static void test_query_outlives_its_history(void **state)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    int fd;
    struct history *history = history_make(&fd);
    struct vital_fields fields;
    struct history_query *query;

    (void)state;
    fill(history, start_s, start_s + 100);
    assert_int_equal(vital_fields_parse("cpu.busy", &fields, &(const char *){0}, &(size_t){0}), 0);
    assert_int_equal(history_query_new(&query, history, &fields, start_s * 1000,
                                       (start_s + 100) * 1000, 10000, (start_s + 100) * 1000),
                     0);
    history_free(history);
    assert_int_equal(history_query_rows(query, 100000, &out), 1);
    assert_true(buffer_length(&out) > 100);
    history_query_free(query);
    close(fd);
}

static void test_bounded_answers(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    uint64_t now = start_s + 400ull * DAY;
    struct history_query *query;
    struct vital_fields none = {.vitals = 1ull << VITAL_UPTIME};
    json_t *head;
    json_t *rows;

    (void)state;
    fill(history, now - 7200, now);
    rows = ask(history, "all", 0, now, 1, now, &head);
    assert_true(json_integer_value(json_object_get(head, "step_ms")) >= 3600000);
    assert_in_range(json_array_size(rows), 1, 3);
    json_decref(rows);
    json_decref(head);
    rows = ask(history, "cpu.busy", 0, UINT64_MAX / 1000 - 5, 3600, now, NULL);
    assert_in_range(json_array_size(rows), 2, 3);
    json_decref(rows);
    rows = ask(history, "cpu.busy", now + DAY, now + 2 * DAY, 0, now, NULL);
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
    assert_int_equal(history_query_new(&query, history, &none, 0, now * 1000, 0, now * 1000), 1);
    history_free(history);
    close(fd);
}

/* Settings that keep more samples than an answer may have rows. */
static void test_row_limit(void **state)
{
    int fd = file_make_for(7 * DAY);
    struct history *history = history_again(fd);
    json_t *head;
    json_t *rows;

    (void)state;
    fill(history, start_s, start_s + 2 * DAY);
    rows = ask(history, "cpu.busy", start_s, start_s + 2 * DAY, 1, start_s + 2 * DAY, &head);
    assert_int_equal(json_integer_value(json_object_get(head, "step_ms")), 20000);
    assert_int_equal(json_array_size(rows), DAY / 10);
    json_decref(rows);
    json_decref(head);
    history_free(history);
    close(fd);
}

/* More things than columns: the first have them, nobody loses one. */
static void test_many_things(void **state)
{
    static char many_names[100][VITAL_THING_MAX];
    static double values[100 * 8];
    int fd;
    struct history *history = history_make(&fd);
    struct vitals *vitals = vitals_at(start_s, 1);
    json_t *head;
    json_t *rows;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(many_names[i], VITAL_THING_MAX, i == 0 ? "lo" : "veth%d", i);
        for (size_t v = 0; v < vital_label_width(VITAL_LABEL_INTERFACE); v++)
            values[(size_t)i * vital_label_width(VITAL_LABEL_INTERFACE) + v] = i < 10 && i > 0 ? 0
                                                                                               : 5;
    }
    vitals->things[VITAL_LABEL_INTERFACE].count = 100;
    vitals->things[VITAL_LABEL_INTERFACE].names = many_names;
    vitals->things[VITAL_LABEL_INTERFACE].values = values;
    assert_int_equal(history_add(history, vitals), 0);
    vitals->wall_ms += 10000;
    assert_int_equal(history_add(history, vitals), 0);
    rows = ask(history, "interfaces", start_s, start_s + 20, 0, start_s + 20, &head);
    assert_int_equal(json_array_size(json_object_get(head, "columns")), 6);
    assert_string_equal(json_string_value(json_array_get(json_object_get(head, "columns"), 0)),
                        "net.rx{interface=\"veth10\"}");
    json_decref(rows);
    json_decref(head);
    history_free(history);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_outlives_its_history),
        cmocka_unit_test(test_bounded_answers),
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_many_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
