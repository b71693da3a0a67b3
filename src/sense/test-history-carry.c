/* A history that goes on in a new file: a clock that jumped, other settings, what is left of a
 * file. */
#include "sense/test-past.h"

#include <sys/mman.h>

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

    uint64_t jump = start_s + 20 * DAY, back = jump + 3600;
    int fds[3];
    struct history *history = history_make(&fds[0]);

    (void)state;
    fill(history, start_s, jump); /* once: it is much, and nothing is written to it behind that */
    for (size_t i = 0; i < ELEMENTS_OF(jumps); i++) {
        uint64_t wrong = (uint64_t)((int64_t)jump + jumps[i]);
        struct history *excursion, *again;

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
        history_free(excursion);
        history_free(again);
        close(fds[1]);
        close(fds[2]);
    }
    history_free(history);
    close(fds[0]);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_carry_there_and_back),
        cmocka_unit_test(test_carry_of_the_same_moment),
        cmocka_unit_test(test_carry_to_other_settings),
        cmocka_unit_test(test_carry_of_what_is_left),
        cmocka_unit_test(test_carry_into_one_in_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
