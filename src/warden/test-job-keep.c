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

/* Runs a line to its end, which a gate reads, and gives the job's ring back. */
static struct job *job_and_back(struct ground *ground, const char *line)
{
    struct job *job;
    uint32_t number;

    assert_int_equal(start_line(ground, line, 0, 0, &job), PROBLEM_NONE);
    wait_for_end(ground, job);
    number = ring_number(job->ring);
    assert_int_not_equal(number, 0);
    jobs_ring_back(&ground->jobs, job->id, number);
    assert_null(job->ring);
    return job;
}

/* The ring of one job becomes another's, of the same operator alone; what is kept of the first is
 * the first's. */
static void test_ring_goes_round(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *first, *job;
    uint64_t kept_bytes;

    jobs_lend(&ground->jobs);
    first = job_and_back(ground, "echo first");
    assert_int_equal(ground->rings_again, 0);
    kept_bytes = ground->jobs.kept_bytes;
    assert_int_equal(kept_bytes, FRAME_HEADER_SIZE + 6 + FRAME_HEADER_SIZE + 8);
    job = job_and_back(ground, "head -c 1000000 /dev/zero");
    assert_int_equal(ground->rings_again, 1);
    assert_in_range(ground->jobs.kept_bytes - kept_bytes, 64 * 1024, 130 * 1024);
    reader_make(&reader, first);
    reader_finish(&reader, ground, first);
    assert_int_equal(buffer_length(&reader.out), 6);
    assert_memory_equal(buffer_bytes(&reader.out), "first\n", 6);
    reader_remove(&reader);
    /* Another operator's. */
    memset(ground->who.fingerprint, 'g', sizeof(ground->who.fingerprint));
    job = job_and_back(ground, "echo x");
    assert_int_equal(ground->rings_again, 1);
    assert_int_equal(ground->jobs.rings.ready_count, 2);
    memset(ground->who.fingerprint, 'f', sizeof(ground->who.fingerprint));
    job = job_and_back(ground, "echo x");
    assert_int_equal(ground->rings_again, 2);
    /* Nobody is connected: none is held. */
    jobs_tidy(&ground->jobs);
    assert_int_equal(ground->rings_gone, 2);
    assert_int_equal(ground->jobs.rings.ready_count, 0);
    assert_int_equal(ground->jobs.rings.ready_bytes, 0);
    assert_int_equal(ground->jobs.rings.lent, 0);
    (void)job;
}

/* What a gate gives back that it was not lent, or not to be given back yet, is gone for it. */
static void test_ring_back_amiss(void **state)
{
    static const uint8_t nobody[UUID_SIZE] = {1};
    struct ground *ground = *state;
    struct job *job;
    uint32_t number;

    jobs_lend(&ground->jobs);
    jobs_ring_back(&ground->jobs, nobody, 1);
    assert_int_equal(ground->rings_gone, 1);
    assert_int_equal(start_line(ground, "echo x; sleep 0.2; echo y", 0, 0, &job), PROBLEM_NONE);
    wait_for_output(ground, job);
    number = ring_number(job->ring);
    jobs_ring_back(&ground->jobs, job->id, number);
    assert_int_equal(ground->rings_gone, 2);
    assert_int_equal(ground->last_gone, number);
    jobs_ring_back(&ground->jobs, job->id, 0);
    wait_for_end(ground, job);
    assert_non_null(job->ring);
    jobs_ring_back(&ground->jobs, job->id, number + 1);
    assert_non_null(job->ring);
    assert_int_equal(ground->jobs.rings.ready_count, 0);
    /* A gate that idles leaves nothing lent: what it gives back late is gone. */
    jobs_tidy(&ground->jobs);
    assert_null(job->ring);
    assert_int_equal(ground->jobs.rings.lent, 0);
    jobs_ring_back(&ground->jobs, job->id, number);
    assert_int_equal(ground->last_gone, number);
    assert_int_equal(ground->jobs.rings.ready_count, 0);
}

/* With the gate goes all that it has mapped: the next one is lent other rings. */
static void test_rings_of_a_dead_gate(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job, *ended;

    jobs_lend(&ground->jobs);
    job_and_back(ground, "echo x");
    assert_int_equal(start_line(ground, "echo y", 0, 0, &ended), PROBLEM_NONE);
    wait_for_end(ground, ended);
    assert_int_equal(ground->jobs.rings.lent, 1);
    assert_int_equal(start_line(ground, "echo z; sleep 0.2; echo z", 0, 0, &job), PROBLEM_NONE);
    wait_for_output(ground, job);
    jobs_take_back(&ground->jobs);
    assert_int_equal(ground->jobs.rings.ready_count, 0);
    assert_int_equal(ground->jobs.rings.lent, 0);
    assert_int_equal(ring_number(job->ring), 0);
    assert_null(ended->ring); /* as of one that ended without a gate */
    jobs_lend(&ground->jobs);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(buffer_length(&reader.out), 4);
    reader_remove(&reader);
    assert_null(job->ring);
    job_and_back(ground, "echo x");
    assert_int_equal(ground->rings_again, 1); /* that of before jobs_take_back() */
}

/* Rings are held for a moment; and of those that nobody gives back only so many are lent. */
static void test_rings_rest(void **state)
{
    struct ground *ground = *state;
    struct rings *rings = &ground->jobs.rings;
    struct ring *lent[300];
    bool is_mapped;

    jobs_lend(&ground->jobs);
    job_and_back(ground, "echo x");
    ground_turn_for(ground, 1000);
    job_and_back(ground, "echo x");
    ground_turn_for(ground, 1500);
    assert_int_equal(rings->ready_count, 1);
    ground_turn_for(ground, 3000);
    assert_int_equal(rings->ready_count, 0);
    assert_int_equal(ground->rings_gone, 1);
    for (size_t i = 0; i < ELEMENTS_OF(lent); i++)
        assert_int_equal(rings_take(rings, ground->who.fingerprint, &lent[i], &is_mapped), 0);
    assert_int_not_equal(ring_number(lent[0]), 0);
    assert_int_equal(ring_number(lent[ELEMENTS_OF(lent) - 1]), 0);
    for (size_t i = 0; i < ELEMENTS_OF(lent); i++) {
        if (ring_number(lent[i]) != 0)
            rings_put(rings, lent[i], ground->who.fingerprint);
        else
            rings_drop(rings, lent[i]);
    }
    assert_int_equal(rings->lent, 0);
    assert_int_equal(rings->ready_count, RINGS_READY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_kept_and_forgotten),
        ground_test(test_memory_of_ended_jobs),
        ground_test(test_ended_job_for_a_new_gate),
        ground_test(test_ended_job_that_was_read),
        ground_test(test_time_of_ended_jobs),
        ground_test(test_ring_goes_round),
        ground_test(test_ring_back_amiss),
        ground_test(test_rings_of_a_dead_gate),
        ground_test(test_rings_rest),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
