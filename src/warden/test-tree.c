/* See tree.h: everything that a job began ends with it, however it hides, in both ways to do it. */
#include "warden/test-ground.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { PIDS_MAX = 64 };

/* Each of these prints how many processes it makes, then the id of every one of them, a line each.
 */
static const char *const trees[] = {
    /* children and grandchildren */
    "echo 3; sleep 1000 & echo $!; sh -c 'sleep 1000 & echo $!; wait' & echo $!; wait",
    /* a process group of its own */
    "echo 1; set -m; sleep 1000 & echo $!; wait",
    /* a session of its own, and its parent gone: what a daemon does */
    "echo 1; setsid sh -c 'sh -c \"sleep 0.2; echo \\$\\$; exec sleep 1000\" &'; sleep 1000",
    /* deaf to SIGTERM */
    "echo 1; setsid sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait",
    /* stopped, so that no signal but SIGKILL reaches it */
    "echo 1; sh -c 'echo $$; kill -STOP $$' & wait",
};

/* How many of the ids that were promised are still to come; all of them, before that was said. */
static size_t missing_pids(const struct buffer *out)
{
    const uint8_t *bytes = buffer_bytes(out);
    size_t lines = 0;

    for (size_t i = 0; i < buffer_length(out); i++)
        lines += bytes[i] == '\n';
    return lines == 0 ? PIDS_MAX : (size_t)atoi((const char *)bytes) + 1 - lines;
}

static size_t read_pids(struct ground *ground, struct job *job, struct reader_of_job *reader,
                        pid_t *pids)
{
    size_t count = 0;
    char *at;
    char *rest;

    while (missing_pids(&reader->out) > 0) {
        ground_turn(ground);
        reader_read(reader, job);
        assert_int_equal(job->state.state, STATE_RUNNING);
    }
    assert_non_null(buffer_text(&reader->out)); /* ends it */
    rest = (char *)buffer_bytes(&reader->out);
    strsep(&rest, "\n");
    while ((at = strsep(&rest, "\n")) && *at) {
        assert_true(count < PIDS_MAX);
        pids[count] = atoi(at);
        assert_true(pids[count] > 1);
        assert_true(process_is_alive(pids[count]));
        count++;
    }
    assert_true(count > 0);
    return count;
}

static void expect_gone(struct ground *ground, const pid_t *pids, size_t count)
{
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    for (size_t i = 0; i < count; i++) {
        while (process_is_alive(pids[i]) && clock_monotonic_ms() < limit)
            ground_turn(ground);
        if (process_is_alive(pids[i])) {
            kill(pids[i], SIGKILL);
            fail_msg("process %zu of the tree was left", i);
        }
    }
}

static void stop_tree(struct ground *ground, const char *line)
{
    struct reader_of_job reader;
    pid_t pids[PIDS_MAX];
    struct job *job;
    size_t count;

    assert_int_equal(start_line(ground, line, 0, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    count = read_pids(ground, job, &reader, pids);
    job_signal(job, 0);
    wait_for_end(ground, job);
    assert_int_equal(job->state.state, STATE_KILLED);
    expect_gone(ground, pids, count);
    reader_remove(&reader);
}

static void test_sweep(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground, true);
    for (size_t i = 0; i < ELEMENTS_OF(trees); i++)
        stop_tree(&ground, trees[i]);
    ground_remove(&ground);
}

static bool need_cgroups(const struct ground *ground)
{
    if (ground->forest.path)
        return true;
    print_message("skipped: this user may not make cgroups (v2) here\n");
    return false;
}

static unsigned count_cgroups(const struct ground *ground)
{
    DIR *directory = opendir(ground->forest.path);
    const struct dirent *entry;
    unsigned count = 0;

    assert_non_null(directory);
    while ((entry = readdir(directory)))
        count += entry->d_type == DT_DIR && entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void test_cgroup(void **state)
{
    struct ground *ground = *state;
    struct job *job;

    if (!need_cgroups(ground)) {
        skip();
    }
    for (size_t i = 0; i < ELEMENTS_OF(trees); i++)
        stop_tree(ground, trees[i]);
    /* One look per job finds the cgroups of those that took their time to end. */
    for (size_t i = 0; i < 2 * ELEMENTS_OF(trees); i++) {
        assert_int_equal(start_line(ground, "true", 0, 0, &job), PROBLEM_NONE);
        wait_for_end(ground, job);
    }
    assert_int_equal(ground->forest.retired_count, 0);
    assert_int_equal(count_cgroups(ground), ground->forest.spare_count);
    assert_int_equal(ground->forest.spare_count, 1);
    ground_remove(ground);
}

/* Cgroups that wait are empty, and whoever tidies up may remove them. */
static void test_cgroups_that_were_tidied_up(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    char path[4096];
    struct job *jobs[3];

    if (!need_cgroups(ground)) {
        skip();
    }
    for (size_t i = 0; i < ELEMENTS_OF(jobs); i++)
        assert_int_equal(start_line(ground, "true", 0, 0, &jobs[i]), PROBLEM_NONE);
    for (size_t i = 0; i < ELEMENTS_OF(jobs); i++)
        wait_for_end(ground, jobs[i]);
    assert_int_equal(ground->forest.spare_count, ELEMENTS_OF(jobs));
    for (size_t i = 0; i < ELEMENTS_OF(jobs); i++) {
        snprintf(path, sizeof(path), "%s/%u", ground->forest.path, ground->forest.spare[i].number);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(rmdir(ground->forest.path), 0);
    assert_int_equal(start_line(ground, "grep ^0:: /proc/self/cgroup", 0, 0, &jobs[0]),
                     PROBLEM_NONE);
    reader_make(&reader, jobs[0]);
    reader_finish(&reader, ground, jobs[0]);
    assert_non_null(strstr(buffer_text(&reader.out), strrchr(ground->forest.path, '/')));
    assert_int_equal(ground->forest.spare_count, 1);
    reader_remove(&reader);
    ground_remove(ground);
}

/* A daemon keeps its cgroup while it lives, and leaves none behind. */
static void test_cgroup_of_a_daemon(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    pid_t daemon_pid;

    if (!need_cgroups(ground)) {
        skip();
    }
    assert_int_equal(start_line(ground, "setsid sleep 1000 >/dev/null 2>&1 & echo $!", 0, 0, &job),
                     PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    daemon_pid = atoi(buffer_text(&reader.out));
    assert_true(process_is_alive(daemon_pid));
    assert_int_equal(ground->forest.retired_count, 1);
    /* No other job is put to it, whose end would be the daemon's. */
    assert_int_equal(start_line(ground, "sleep 1000", 0, 0, &job), PROBLEM_NONE);
    job_signal(job, 0);
    wait_for_end(ground, job);
    assert_true(process_is_alive(daemon_pid));
    kill(daemon_pid, SIGKILL);
    while (process_is_alive(daemon_pid))
        ground_turn(ground);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(start_line(ground, "true", 0, 0, &job), PROBLEM_NONE);
        wait_for_end(ground, job);
    }
    assert_int_equal(ground->forest.retired_count, 0);
    assert_int_equal(count_cgroups(ground), ground->forest.spare_count);
    reader_remove(&reader);
    ground_remove(ground);
}

/* One job's end touches no other's processes. */
static void test_others_live_on(void **state)
{
    (void)state;
    for (int sweeps = 0; sweeps < 2; sweeps++) {
        struct reader_of_job reader;
        struct ground ground;
        pid_t pids[PIDS_MAX];
        struct job *other;
        size_t count;

        ground_make(&ground, sweeps);
        assert_int_equal(start_line(&ground, trees[2], 0, 0, &other), PROBLEM_NONE);
        reader_make(&reader, other);
        count = read_pids(&ground, other, &reader, pids);
        stop_tree(&ground, trees[2]);
        for (size_t i = 0; i < count; i++)
            assert_true(process_is_alive(pids[i]));
        assert_int_equal(other->state.state, STATE_RUNNING);
        job_signal(other, 0);
        wait_for_end(&ground, other);
        expect_gone(&ground, pids, count);
        reader_remove(&reader);
        ground_remove(&ground);
    }
}

/* The agent leaves: what still runs is ended at once. */
static void test_deinit_ends_the_trees(void **state)
{
    /* In a session of its own and without the mark: found by its parent. */
    static const char tree[] =
        "echo 2; env -i setsid /bin/sh -c 'trap \"\" TERM; echo $$; sleep 1000 & echo $!; "
        "wait' & wait";

    (void)state;
    for (int sweeps = 0; sweeps < 2; sweeps++) {
        struct reader_of_job reader;
        struct ground ground;
        pid_t pids[PIDS_MAX];
        struct job *job;
        size_t count;

        ground_make(&ground, sweeps);
        assert_int_equal(start_line(&ground, tree, 0, 0, &job), PROBLEM_NONE);
        reader_make(&reader, job);
        count = read_pids(&ground, job, &reader, pids);
        reader_remove(&reader);
        ground_remove(&ground); /* waits for every one of them */
        for (size_t i = 0; i < count; i++)
            assert_false(process_is_alive(pids[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep),          ground_test(test_cgroup),
        ground_test(test_cgroup_of_a_daemon),  ground_test(test_cgroups_that_were_tidied_up),
        cmocka_unit_test(test_others_live_on), cmocka_unit_test(test_deinit_ends_the_trees),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
