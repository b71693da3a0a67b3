/* The history over days of made-up samples, and after everything that may happen to its file. */
#include "sense/test-past.h"

#include <errno.h>
#include <math.h>

static void test_packing(void **state)
{
    (void)state;
    for (double value = 1e-4; value < 1e14; value *= 1.00037)
        assert_true(fabs(history_unpack(VITAL_NET_RX, history_pack(VITAL_NET_RX, value)) - value) <=
                    value / 2000);
    for (double value = 0; value <= 1024; value++)
        assert_true(history_unpack(VITAL_USERS, history_pack(VITAL_USERS, value)) == value);
    assert_true(isnan(history_unpack(VITAL_USERS, history_pack(VITAL_USERS, NAN))));
    assert_int_equal(history_pack(VITAL_USERS, -5), 0);
    assert_int_equal(history_pack(VITAL_USERS, 1e-9), 0);
    assert_int_not_equal(history_pack(VITAL_USERS, INFINITY), HISTORY_UNKNOWN);
    assert_int_equal(history_pack(VITAL_USERS, 1e300), history_pack(VITAL_USERS, INFINITY));
    assert_true(fabs(history_unpack(VITAL_TEMP, history_pack(VITAL_TEMP, -17.5)) + 17.5) < 0.2);
    assert_true(fabs(history_unpack(VITAL_TEMP, history_pack(VITAL_TEMP, 95)) - 95) < 0.2);
    for (unsigned packed = 0; packed < HISTORY_UNKNOWN; packed++) {
        double value = history_unpack(VITAL_USERS, (uint16_t)packed);

        if (packed >= 1024 && packed < 63 * 1024)
            assert_int_equal(history_pack(VITAL_USERS, value), packed);
    }
}

static void test_samples(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    json_t *head;
    json_t *rows;

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        if (i != 3) /* a gap */
            assert_int_equal(history_add(history, vitals_at(start_s + 10 * i, i)), 0);
    rows = ask(history, "mem.used,cpu.busy,temp,mounts", start_s, start_s + 60, 0, start_s + 60,
               &head);
    assert_int_equal(json_array_size(rows), 5);
    assert_int_equal(time_of(rows, 2), start_s + 20);
    assert_int_equal(time_of(rows, 3), start_s + 40);
    assert_true(number_in(rows, 3, "v", 0) == 4);
    assert_about(number_in(rows, 3, "v", 1), 8e9);
    assert_true(json_is_null(json_array_get(json_object_get(json_array_get(rows, 3), "v"), 2)));
    assert_null(json_object_get(json_array_get(rows, 3), "min")); /* it is one sample */
    assert_int_equal(json_array_size(json_object_get(head, "columns")), 3 + 4);
    assert_string_equal(json_string_value(json_array_get(json_object_get(head, "columns"), 3)),
                        "disk.used{mount=\"/\"}");
    assert_about(number_in(rows, 0, "v", 3), 20);
    assert_int_equal(json_integer_value(json_object_get(head, "step_ms")), 10000);
    assert_int_equal(json_integer_value(json_object_get(head, "oldest")), start_s * 1000);
    json_decref(head);
    json_decref(rows);

    rows = ask(history, "cpu.busy", start_s, start_s + 60, 30, start_s + 60, NULL);
    assert_int_equal(json_array_size(rows), 2);
    assert_true(number_in(rows, 0, "v", 0) == 1);
    assert_true(number_in(rows, 0, "min", 0) == 0);
    assert_true(number_in(rows, 0, "max", 0) == 2);
    assert_true(number_in(rows, 1, "v", 0) == 4.5);
    json_decref(rows);
    history_free(history);
    close(fd);
}

static void test_days(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    uint64_t now = start_s + 16 * DAY + 1800;
    json_t *head;
    json_t *rows;

    (void)state;
    fill(history, start_s, now);

    /* A day: all samples are there, when they are asked for. */
    rows = ask(history, "cpu.busy", now - DAY, now, 10, now, &head);
    assert_int_equal(json_array_size(rows), DAY / 10);
    for (size_t i = 0; i < DAY / 10; i++) {
        assert_int_equal(time_of(rows, i), now - DAY + 10 * i);
        assert_true(number_in(rows, i, "v", 0) == (double)((now + 10 * i) % 3600 / 10));
    }
    json_decref(rows);
    json_decref(head);

    /* A week: by two minutes at the finest, asked for or not. */
    rows = ask(history, "cpu.busy", now - 7 * DAY, now, 10, now, &head);
    assert_int_equal(json_integer_value(json_object_get(head, "step_ms")), 120000);
    assert_int_equal(json_array_size(rows), 7 * DAY / 120);
    for (size_t i = 0; i < 7 * DAY / 120; i++) {
        double first = (double)((now + 120 * i) % 3600 / 10);

        assert_int_equal(time_of(rows, i), now - 7 * DAY + 120 * i);
        assert_about(number_in(rows, i, "v", 0), first + 5.5);
        assert_about(number_in(rows, i, "min", 0), first);
        assert_about(number_in(rows, i, "max", 0), first + 11);
    }
    json_decref(rows);
    json_decref(head);

    /* All of it: by hours, and the last one is not over. */
    rows = ask(history, "cpu.busy", start_s - 30 * DAY, now, 0, now, &head);
    assert_int_equal(json_integer_value(json_object_get(head, "step_ms")) % 3600000, 0);
    json_decref(rows);
    json_decref(head);
    rows = ask(history, "cpu.busy", start_s - 30 * DAY, now, 3600, now, NULL);
    assert_int_equal(json_array_size(rows), 16 * 24 + 1);
    assert_int_equal(time_of(rows, 0), start_s);
    for (size_t i = 0; i < 16 * 24; i++) {
        assert_about(number_in(rows, i, "v", 0), 179.5);
        assert_true(number_in(rows, i, "min", 0) == 0);
        assert_true(number_in(rows, i, "max", 0) == 359);
    }
    assert_about(number_in(rows, 16 * 24, "v", 0), 89.5);
    assert_true(number_in(rows, 16 * 24, "max", 0) == 179);
    json_decref(rows);

    /* What is older than a ring is not there, though its place still holds bytes. */
    rows = ask(history, "cpu.busy", start_s, start_s + 3600, 3600, now, NULL);
    assert_int_equal(json_array_size(rows), 1);
    json_decref(rows);
    history_free(history);
    close(fd);
}

static void test_without_a_clean_end(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    uint64_t later = start_s + 3 * 3600;
    json_t *rows;

    (void)state;
    /* Killed within an hour; started again hours later: the hour is closed then. */
    fill(history, start_s, start_s + 3000);
    history_free(history);
    history = history_again(fd);
    assert_int_equal(history_add(history, vitals_at(later, 7)), 0);
    rows = ask(history, "cpu.busy", start_s - 40 * DAY, later + 10, 3600, later + 10, NULL);
    assert_int_equal(json_array_size(rows), 2);
    assert_about(number_in(rows, 0, "v", 0), 149.5);
    assert_true(number_in(rows, 1, "v", 0) == 7);
    json_decref(rows);
    history_free(history);
    close(fd);
}

static void test_torn_write(void **state)
{
    static const uint8_t torn[40] = {1, 2, 3};
    int fd;
    struct history *history = history_make(&fd);
    const struct history_place *fine = &layout.rings[HISTORY_FINE];
    uint32_t last = (uint32_t)((start_s + 50) / 10);
    json_t *rows;

    (void)state;
    fill(history, start_s, start_s + 60);
    history_free(history);
    /* The second half of the last record never reached the disk. */
    assert_int_equal(pwrite(fd, torn, sizeof(torn),
                            (off_t)(fine->offset + last % fine->slots * fine->record + 60)),
                     sizeof(torn));
    history = history_again(fd);
    rows = ask(history, "cpu.busy", start_s, start_s + 60, 10, start_s + 60, NULL);
    assert_int_equal(json_array_size(rows), 5);
    assert_true(number_in(rows, 4, "v", 0) == 4);
    json_decref(rows);
    assert_int_equal(history_add(history, vitals_at(start_s + 60, 6)), 0);
    rows = ask(history, "cpu.busy", start_s, start_s + 70, 10, start_s + 70, NULL);
    assert_int_equal(json_array_size(rows), 6);
    json_decref(rows);
    history_free(history);
    close(fd);
}

static void test_clock_set_back(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    json_t *rows;

    (void)state;
    fill(history, start_s, start_s + 7200);
    for (uint64_t at = start_s + 3600; at < start_s + 7200; at += 10) /* the hour again */
        assert_int_equal(history_add(history, vitals_at(at, 50)), 0);
    assert_int_equal(history_add(history, vitals_at(start_s + 7200, 50)), 0);
    rows = ask(history, "cpu.busy", start_s, start_s + 7200, 3600, start_s + 7210, NULL);
    assert_int_equal(json_array_size(rows), 2);
    assert_about(number_in(rows, 0, "v", 0), 179.5);
    assert_true(number_in(rows, 1, "v", 0) == 50);
    assert_true(number_in(rows, 1, "min", 0) == 50);
    json_decref(rows);
    /* A clock far ahead, for one sample: what was before is still there. */
    assert_int_equal(history_add(history, vitals_at(start_s + 5000ull * DAY, 1)), 0);
    assert_int_equal(history_add(history, vitals_at(start_s + 7210, 51)), 0);
    rows = ask(history, "cpu.busy", start_s + 7000, start_s + 7220, 10, start_s + 7220, NULL);
    assert_int_equal(json_array_size(rows), 22);
    json_decref(rows);
    /* 1970: before the machine asked anybody what time it is. */
    assert_int_equal(history_add(history, vitals_at(5, 1)), 0);
    assert_int_equal(history_add(history, vitals_at(0, 1)), 0);
    history_free(history);
    close(fd);
}

/* Whoever can write the file writes nonsense into all of it. */
static void test_nonsense(void **state)
{
    int fd = file_make();
    uint8_t bytes[4096];
    struct history *history;
    json_t *rows;

    (void)state;
    memset(bytes, 0xee, sizeof(bytes));
    for (uint64_t at = HISTORY_FIXED; at < layout.size; at += sizeof(bytes))
        assert_int_equal(pwrite(fd, bytes, sizeof(bytes), (off_t)at), sizeof(bytes));
    assert_int_equal(ftruncate(fd, (off_t)layout.size), 0);
    history = history_again(fd);
    assert_int_equal(history_add(history, vitals_at(start_s, 1)), 0);
    rows = ask(history, "all", start_s - DAY, start_s + 10, 10, start_s + 10, NULL);
    assert_int_equal(json_array_size(rows), 1);
    json_decref(rows);
    /* It shrinks under us. */
    assert_int_equal(ftruncate(fd, 5000), 0);
    rows = ask(history, "cpu.busy", start_s - DAY, start_s + 10, 10, start_s + 10, NULL);
    assert_int_equal(json_array_size(rows), 0);
    json_decref(rows);
    assert_int_equal(history_add(history, vitals_at(start_s + 20, 1)), 0);
    history_free(history);
    close(fd);
}

static void test_refused_files(void **state)
{
    struct history *history;
    int pipes[2];
    int fd = file_make();

    (void)state;
    assert_int_equal(ftruncate(fd, (off_t)layout.size - 1), 0);
    assert_int_equal(history_new(&history, dup(fd)), 1);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(history_new(&history, dup(fd)), 1);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(ftruncate(fd, (off_t)layout.size), 0);
    assert_int_equal(history_new(&history, fd), 1);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(history_new(&history, pipes[0]), 1);
    close(pipes[1]);
}

static void test_full_disk(void **state)
{
    int fd;
    struct history *history = history_make(&fd);
    int read_only;
    char path[64];

    (void)state;
    assert_int_equal(history_add(history, vitals_at(start_s, 1)), 0);
    history_free(history);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    read_only = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(history_new(&history, read_only), 0);
    assert_int_equal(history_add(history, vitals_at(start_s + 10, 1)), -EBADF);
    history_free(history);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing),    cmocka_unit_test(test_samples),
        cmocka_unit_test(test_days),       cmocka_unit_test(test_without_a_clean_end),
        cmocka_unit_test(test_torn_write), cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_nonsense),   cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
