/* The roll of running jobs: what one warden wrote down, the next one reads. */
#include <stdio.h>
#include <string.h>

#include "warden/job.h"
#include "warden/roll.h"
#include "warden/test-support.h"

static struct job some_job(uint8_t number)
{
    struct job job = {.verb = VERB_RUN, .started_ms = 1000 + number, .tree.cgroup.fd = -1};

    memset(job.id, number, sizeof(job.id));
    memset(job.fingerprint, 7, sizeof(job.fingerprint));
    snprintf(job.user, sizeof(job.user), "root");
    snprintf(job.operator_name, sizeof(job.operator_name), "alice@laptop");
    snprintf(job.label, sizeof(job.label), "sleep %u", number);
    return job;
}

static void test_who_runs_is_told_to_the_next(void **state)
{
    struct folder *folder = *state;
    struct roll roll;
    int slots[3];

    assert_int_equal(roll_init(&roll, folder->place.run), 0);
    assert_int_equal(roll.left_count, 0);
    assert_int_equal(roll_settle(&roll, "/sys/fs/cgroup/hune-1"), 0);
    for (int i = 0; i < 3; i++) {
        struct job job = some_job((uint8_t)i);

        if (i == 2) {
            job.tree.cgroup.fd = 0;
            job.tree.cgroup.number = 5;
        }
        slots[i] = roll_enter(&roll, &job);
        assert_int_equal(slots[i], i);
    }
    roll_leave(&roll, slots[1]);
    roll_deinit(&roll);
    assert_int_equal(roll_init(&roll, folder->place.run), 0);
    assert_int_equal(roll.left_count, 2);
    assert_string_equal(roll.left_forest, "/sys/fs/cgroup/hune-1");
    assert_string_equal(roll.left[0].label, "sleep 0");
    assert_int_equal(roll.left[0].cgroup, 0);
    assert_string_equal(roll.left[1].label, "sleep 2");
    assert_string_equal(roll.left[1].operator_name, "alice@laptop");
    assert_string_equal(roll.left[1].user, "root");
    assert_int_equal(roll.left[1].cgroup, 5);
    assert_int_equal(roll.left[1].started_ms, 1002);
    assert_int_equal(roll.left[1].id[15], 2);
    /* Dealt with once. */
    assert_int_equal(roll_settle(&roll, NULL), 0);
    roll_deinit(&roll);
    assert_int_equal(roll_init(&roll, folder->place.run), 0);
    assert_int_equal(roll.left_count, 0);
    assert_string_equal(roll.left_forest, "");
    roll_deinit(&roll);
}

/* Slots are used again, and a full roll takes no more and harms nothing. */
static void test_full(void **state)
{
    struct folder *folder = *state;
    struct job job = some_job(9);
    struct roll roll;

    assert_int_equal(roll_init(&roll, folder->place.run), 0);
    assert_int_equal(roll_settle(&roll, NULL), 0);
    for (int i = 0; i < LIMIT_JOBS_RUNNING; i++)
        assert_int_equal(roll_enter(&roll, &job), i);
    assert_int_equal(roll_enter(&roll, &job), -1);
    roll_leave(&roll, -1);
    roll_leave(&roll, 17);
    assert_int_equal(roll_enter(&roll, &job), 17);
    roll_deinit(&roll);
}

/* A file that is no roll, or ends within an entry, holds nothing. */
static void test_nonsense(void **state)
{
    struct folder *folder = *state;
    char path[256];
    struct roll roll;

    snprintf(path, sizeof(path), "%s/running", folder->place.run);
    for (size_t size = 0; size < 2000; size += 97) {
        FILE *file = fopen(path, "w");

        for (size_t i = 0; i < size; i++)
            fputc((int)(i * 31), file);
        fclose(file);
        assert_int_equal(roll_init(&roll, folder->place.run), 0);
        assert_int_equal(roll.left_count, 0);
        roll_deinit(&roll);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_who_runs_is_told_to_the_next),
        folder_test(test_full),
        folder_test(test_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
