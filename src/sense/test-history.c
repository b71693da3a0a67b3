/* The history over days of made-up samples, and after everything that may happen to its file. */
#include "sense/test-fixture.h"

#include <errno.h>
#include <math.h>
#include <sys/mman.h>

#include "proto/limits.h"
#include "sense/history-private.h"

enum { DAY = 86400 };

/* A moment that is the begin of an hour of the wall clock. */
static const uint64_t start_s = 1764133200;

static struct history_layout layout;

/* A file as the warden makes it. */
static int file_make_for(uint64_t fine_s)
{
    uint64_t keep[HISTORY_RING_COUNT];
    uint8_t head[HISTORY_FIXED];
    int fd = memfd_create("history", MFD_CLOEXEC);

    for (size_t i = 0; i < HISTORY_RING_COUNT; i++)
        keep[i] = history_default_keep((enum history_ring)i);
    keep[HISTORY_FINE] = fine_s;
    assert_int_equal(history_layout_make(&layout, keep), 0);
    history_head_write(&layout, head);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)layout.size), 0);
    assert_int_equal(pwrite(fd, head, sizeof(head), 0), sizeof(head));
    return fd;
}

static int file_make(void)
{
    return file_make_for(DAY);
}

static struct history *history_make(int *fd_out)
{
    struct history *history;

    *fd_out = file_make();
    assert_int_equal(history_new(&history, dup(*fd_out)), 0);
    return history;
}

static struct history *history_again(int fd)
{
    struct history *history;

    assert_int_equal(history_new(&history, dup(fd)), 0);
    return history;
}

static char names[2][VITAL_THING_MAX] = {"/", "/srv"};
static double mounts[10];

static struct vitals *vitals_at(uint64_t wall_s, double cpu)
{
    static struct vitals vitals;

    vitals = (struct vitals){.wall_ms = wall_s * 1000 + 7};
    for (size_t i = 0; i < VITAL_COUNT; i++)
        vitals.value[i] = NAN;
    vitals.value[VITAL_CPU_BUSY] = cpu;
    vitals.value[VITAL_MEM_USED] = 8e9;
    vitals.things[VITAL_LABEL_MOUNT].count = 2;
    vitals.things[VITAL_LABEL_MOUNT].names = names;
    vitals.things[VITAL_LABEL_MOUNT].values = mounts;
    for (size_t i = 0; i < ELEMENTS_OF(mounts); i++)
        mounts[i] = 10.0 * (double)(i + 1);
    return &vitals;
}

/* The answer, whole. */
static json_t *ask(struct history *history, const char *fields_text, uint64_t since_s,
                   uint64_t until_s, uint64_t step_s, uint64_t now_s, json_t **head_out)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    json_t *rows = json_array();
    struct history_query *query;
    struct vital_fields fields;
    struct span text;
    struct span line;
    int r;

    assert_int_equal(vital_fields_parse(fields_text, &fields, &(const char *){0}, &(size_t){0}), 0);
    assert_int_equal(history_query_new(&query, history, &fields, since_s * 1000, until_s * 1000,
                                       step_s * 1000, now_s * 1000),
                     0);
    assert_int_equal(history_query_head(query, &out), 0);
    while ((r = history_query_rows(query, buffer_length(&out) + 1000, &out)) == 0)
        ;
    assert_int_equal(r, 1);
    text = (struct span){(const char *)buffer_bytes(&out), buffer_length(&out)};
    for (bool first = true; scan_line(&text, &line); first = false) {
        json_t *json = json_loadb(line.at, line.length, 0, NULL);

        assert_non_null(json);
        if (!first)
            json_array_append_new(rows, json);
        else if (head_out)
            *head_out = json;
        else
            json_decref(json);
    }
    history_query_free(query);
    return rows;
}

static double number_in(json_t *rows, size_t row, const char *member, size_t column)
{
    return json_number_value(
        json_array_get(json_object_get(json_array_get(rows, row), member), column));
}

static json_int_t time_of(json_t *rows, size_t row)
{
    return json_integer_value(json_object_get(json_array_get(rows, row), "t")) / 1000;
}

#define assert_about(actual, expected) \
    assert_true(fabs((actual) - (double)(expected)) <= fabs((double)(expected)) / 1000)

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

/* A saw tooth: every hour 0, 10, ... 3590 seconds into it give 0 to 359. */
static void fill(struct history *history, uint64_t from_s, uint64_t until_s)
{
    for (uint64_t at = from_s; at < until_s; at += 10)
        assert_int_equal(history_add(history, vitals_at(at, (double)(at % 3600 / 10))), 0);
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

/* A new file of these settings that gets what those hold. */
static struct history *carry(uint64_t fine_s, const int *fds, size_t count, uint64_t now_s,
                             int *fd_out)
{
    struct history *history;

    *fd_out = file_make_for(fine_s);
    history = history_again(*fd_out);
    assert_int_equal(history_carry(history, fds, count, now_s), 0);
    return history;
}

static size_t count_rows(struct history *history, uint64_t since_s, uint64_t until_s,
                         uint64_t step_s, uint64_t now_s)
{
    json_t *rows = ask(history, "cpu.busy", since_s, until_s, step_s, now_s, NULL);
    size_t count = json_array_size(rows);

    json_decref(rows);
    return count;
}

/* A clock that is wrong for an hour and then right again costs the hour and nothing else, whichever
 * way it jumped. */
static void test_carry_there_and_back(void **state)
{
    static const int64_t jumps[] = {5000ll * DAY, 3 * DAY, -3 * DAY, -(int64_t)start_s};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(jumps); i++) {
        uint64_t jump = start_s + 20 * DAY, back = jump + 3600;
        uint64_t wrong = (uint64_t)((int64_t)jump + jumps[i]);
        int fds[3];
        struct history *history = history_make(&fds[0]);
        struct history *excursion, *again;

        fill(history, start_s, jump);
        excursion = carry(DAY, fds, 1, wrong, &fds[1]);
        assert_true(history_newest_ms(excursion) / 1000 <= wrong);
        fill(excursion, wrong, wrong + 3600);
        again = carry(DAY, (const int[]){fds[1], fds[0]}, 2, back, &fds[2]);
        assert_int_equal(history_add(again, vitals_at(back, 5)), 0);
        /* All samples of the last day but those of the hour, ... */
        assert_int_equal(count_rows(again, back - DAY, back, 10, back), (DAY - 3600) / 10);
        /* ... and the coarser ones, of which the last were not over when it jumped. */
        assert_int_equal(count_rows(again, back - 10 * DAY, back, 120, back),
                         (10 * DAY - 3600) / 120);
        assert_int_equal(count_rows(again, back - 20 * DAY, back, 3600, back), 20 * 24 - 1);
        assert_int_equal(history_oldest_ms(again, back * 1000), start_s * 1000);
        history_free(history);
        history_free(excursion);
        history_free(again);
        for (size_t n = 0; n < ELEMENTS_OF(fds); n++)
            close(fds[n]);
    }
}

/* Of the same moment, what the file has that was recorded for longer. */
static void test_carry_of_the_same_moment(void **state)
{
    int fds[3];
    struct history *longer = history_make(&fds[0]), *shorter = history_make(&fds[1]), *both;

    (void)state;
    for (uint64_t at = start_s; at < start_s + 7200; at += 10)
        assert_int_equal(history_add(longer, vitals_at(at, 1)), 0);
    for (uint64_t at = start_s + 3600; at < start_s + 9000; at += 10)
        assert_int_equal(history_add(shorter, vitals_at(at, 2)), 0);
    for (int swapped = 0; swapped < 2; swapped++) {
        json_t *rows;

        both = carry(DAY, (const int[]){fds[swapped], fds[!swapped]}, 2, start_s + 9000, &fds[2]);
        rows = ask(both, "cpu.busy", start_s, start_s + 9000, 10, start_s + 9000, NULL);
        assert_int_equal(json_array_size(rows), 900);
        assert_true(number_in(rows, 719, "v", 0) == 1);
        assert_true(number_in(rows, 720, "v", 0) == 2);
        json_decref(rows);
        history_free(both);
        close(fds[2]);
    }
    history_free(longer);
    history_free(shorter);
    close(fds[0]);
    close(fds[1]);
}

static void test_carry_to_other_settings(void **state)
{
    uint64_t now = start_s + 2 * DAY;
    int fds[3];
    struct history *history = history_make(&fds[0]), *less, *more;

    (void)state;
    fill(history, start_s, now);
    less = carry(3600, fds, 1, now, &fds[1]);
    assert_int_equal(history_add(less, vitals_at(now, 5)), 0);
    assert_int_equal(count_rows(less, now - 3600, now, 10, now), 360);
    assert_int_equal(count_rows(less, now - DAY, now, 120, now), DAY / 120);
    more = carry(7 * DAY, fds, 1, now, &fds[2]);
    assert_int_equal(history_add(more, vitals_at(now, 5)), 0);
    assert_int_equal(count_rows(more, now - DAY, now, 10, now), DAY / 10);
    history_free(history);
    history_free(less);
    history_free(more);
    for (size_t n = 0; n < ELEMENTS_OF(fds); n++)
        close(fds[n]);
}

/* Cut short: what still stands in it. Columns in another order: the names count. No history at all:
 * nothing. */
static void test_carry_of_what_is_left(void **state)
{
    int fds[2], nonsense = memfd_create("diary", MFD_CLOEXEC);
    struct history *history = history_make(&fds[0]), *rest;
    json_t *head, *rows;

    (void)state;
    assert_int_equal(history_add(history, vitals_at(start_s, 7)), 0);
    fill(history, start_s + 10, start_s + 7200);
    history_free(history);
    assert_int_equal(ftruncate(fds[0], (off_t)layout.rings[HISTORY_MEDIUM].offset), 0);
    assert_int_equal(pwrite(nonsense, "my diary", 8, 0), 8);
    fds[1] = file_make();
    rest = history_again(fds[1]);
    snprintf(names[0], sizeof(names[0]), "/other"); /* it has its columns first */
    assert_int_equal(history_add(rest, vitals_at(start_s - 10, 9)), 0);
    snprintf(names[0], sizeof(names[0]), "/");
    assert_int_equal(history_carry(rest, (const int[]){nonsense, fds[0]}, 2, start_s + 7200), 0);
    rows = ask(rest, "cpu.busy,mounts", start_s - 10, start_s + 7200, 10, start_s + 7210, &head);
    assert_int_equal(json_array_size(rows), 721);
    assert_true(number_in(rows, 0, "v", 0) == 9);
    assert_true(number_in(rows, 1, "v", 0) == 7);
    for (size_t i = 1; i < json_array_size(json_object_get(head, "columns")); i++) {
        const char *column = json_string_value(json_array_get(json_object_get(head, "columns"), i));

        if (strcmp(column, "disk.used{mount=\"/\"}") == 0)
            assert_about(number_in(rows, 1, "v", i), 20);
        if (strcmp(column, "disk.used{mount=\"/other\"}") == 0)
            assert_true(
                json_is_null(json_array_get(json_object_get(json_array_get(rows, 1), "v"), i)));
    }
    json_decref(head);
    json_decref(rows);
    history_free(rest);
    close(fds[0]);
    close(fds[1]);
    close(nonsense);
}

/* In a file that goes on, only what was recorded since by another clock is missing. */
static void test_carry_into_one_in_use(void **state)
{
    uint64_t now = start_s + 7200;
    int fds[2];
    struct history *old = history_make(&fds[0]), *used = history_make(&fds[1]);

    (void)state;
    fill(old, start_s, start_s + 3600);
    assert_int_equal(history_add(used, vitals_at(start_s + 3600, 5)), 0);
    assert_int_equal(history_carry(used, fds, 1, now), 0); /* old, and older than what it has */
    assert_int_equal(count_rows(used, start_s, now, 10, now), 1);
    fill(old, now + 10, now + 3600);
    assert_int_equal(history_carry(used, fds, 1, now), 0); /* of a clock that was ahead */
    assert_int_equal(count_rows(used, start_s, now, 10, now), 1);
    assert_int_equal(history_carry(used, fds, 1, now + 3600), 0);
    assert_int_equal(count_rows(used, start_s, now + 3600, 10, now + 3600), 360 + 1 + 359);
    history_free(old);
    history_free(used);
    close(fds[0]);
    close(fds[1]);
}

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
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_without_a_clean_end),
        cmocka_unit_test(test_torn_write),
        cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_carry_there_and_back),
        cmocka_unit_test(test_carry_of_the_same_moment),
        cmocka_unit_test(test_carry_to_other_settings),
        cmocka_unit_test(test_carry_of_what_is_left),
        cmocka_unit_test(test_carry_into_one_in_use),
        cmocka_unit_test(test_query_outlives_its_history),
        cmocka_unit_test(test_bounded_answers),
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_many_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
