/* See job.h: what is kept of a job that has ended, for how long, and who still gets it. */
#include "warden/test-ground.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_kept_and_forgotten(void **state)
{
    struct ground *ground = *state;
    uint8_t first_id[UUID_SIZE];
    struct job *job;

    assert_int_equal(start_line(ground, "echo hello", 0, 0, &job), PROBLEM_NONE);
    memcpy(first_id, job->id, UUID_SIZE);
    wait_for_end(ground, job);
    assert_ptr_equal(jobs_find(&ground->jobs, first_id), job);
    /* Two frames: the word, and the end. */
    assert_int_equal(ground->jobs.kept_bytes, FRAME_HEADER_SIZE + 6 + FRAME_HEADER_SIZE + 8);
    job_forget(job);
    assert_null(jobs_find(&ground->jobs, first_id));
    assert_int_equal(ground->forgotten, 1);
    assert_int_equal(ground->jobs.kept, 0);
    assert_int_equal(ground->jobs.kept_bytes, 0);
}

static void test_memory_of_ended_jobs(void **state)
{
    struct ground *ground = *state;
    uint8_t ids[3][UUID_SIZE];
    struct job *job;

    ground->jobs.memory_max = 250000;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(start_line(ground, "head -c 100000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
        memcpy(ids[i], job->id, UUID_SIZE);
        wait_for_end(ground, job);
    }
    /* Nobody has read any: all of it counts, and the oldest had to go. */
    assert_null(jobs_find(&ground->jobs, ids[0]));
    assert_non_null(jobs_find(&ground->jobs, ids[1]));
    assert_non_null(jobs_find(&ground->jobs, ids[2]));
    assert_true(ground->jobs.kept_bytes > 200000 && ground->jobs.kept_bytes <= 250000);
}

/* What an ended job has left moves out of its ring, and a gate that comes later gets it from there.
 */
static void test_ended_job_for_a_new_gate(void **state)
{
    static const size_t sizes[] = {0, 5, 60000, 120000, 1500000};
    struct ground *ground = *state;

    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        struct reader_of_job reader;
        struct job *job;
        char line[100];

        snprintf(line, sizeof(line), "head -c %zu /dev/zero; exit %zu", sizes[i], i);
        assert_int_equal(start_line(ground, line, 0, 0, &job), PROBLEM_NONE);
        wait_for_end(ground, job);
        assert_true((job->ring == NULL) == (sizes[i] <= 120000));
        /* Nobody has read any of it, so all is there. */
        for (int gate = 0; gate < 2; gate++) {
            reader_make(&reader, job);
            assert_int_equal(reader.at, 0);
            reader_finish(&reader, ground, job);
            assert_int_equal(buffer_length(&reader.out), sizes[i]);
            assert_int_equal(reader.state.detail, i);
            reader_remove(&reader);
        }
    }
}

/* Of one that was read to the end, the last part; and the memory of the rest is given back, though
 * a gate has the ring mapped. */
static void test_ended_job_that_was_read(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct reader_of_job again;
    struct stat info;
    struct job *job;
    int fd;

    assert_int_equal(start_line(ground, "head -c 5000000 /dev/zero; sleep 0.3", 0, 0, &job),
                     PROBLEM_NONE);
    wait_for_output(ground, job);
    fd = fcntl(ring_fd(job->ring), F_DUPFD_CLOEXEC, 0);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_null(job->ring);
    assert_in_range(ground->jobs.kept_bytes, 64 * 1024, 130 * 1024);
    assert_int_equal(fstat(fd, &info), 0);
    assert_in_range(info.st_blocks * 512, 0, 256 * 1024);
    reader_make(&again, job);
    assert_int_equal(again.at, reader.at - ground->jobs.kept_bytes);
    reader_remove(&again);
    reader_remove(&reader);
    close(fd);
}

static void test_time_of_ended_jobs(void **state)
{
    struct ground *ground = *state;
    struct job *job;

    ground->jobs.keep_ms = 200;
    assert_int_equal(start_line(ground, "true", 0, 0, &job), PROBLEM_NONE);
    while (ground->states == 0)
        ground_turn(ground);
    assert_int_equal(ground->forgotten, 0);
    ground_turn_for(ground, 300);
    assert_int_equal(ground->forgotten, 1);
    /* Nothing kept at all: the job is gone within its own last callback. */
    ground->jobs.keep_ms = 0;
    assert_int_equal(start_line(ground, "echo x; exit 1", 0, 0, &job), PROBLEM_NONE);
    while (ground->states == 1)
        ground_turn(ground);
    assert_int_equal(ground->forgotten, 2);
    assert_int_equal(ground->jobs.kept, 0);
    assert_int_equal(ground->jobs.kept_bytes, 0);
    /* Also when it is stopped while only its output waits. */
    assert_int_equal(start_line(ground, "head -c 2130000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(ground);
    jobs_stop_all(&ground->jobs);
    assert_int_equal(ground->forgotten, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_kept_and_forgotten),       ground_test(test_memory_of_ended_jobs),
        ground_test(test_ended_job_for_a_new_gate), ground_test(test_ended_job_that_was_read),
        ground_test(test_time_of_ended_jobs),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
