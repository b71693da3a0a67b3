/* See job.h: output of which more comes than anybody takes, and what holds its pipes. */
#include "warden/test-ground.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"

static void test_much_output(void **state)
{
    static const size_t size = 9000000; /* four rings and a bit */
    struct ground *ground = *state;
    struct reader_of_job reader;

    run_line(ground, "head -c 9000000 /dev/zero | tr '\\0' x; echo err >&2", &reader);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(buffer_length(&reader.out), size);
    for (size_t i = 0; i < size; i++)
        assert_true(buffer_bytes(&reader.out)[i] == 'x');
    assert_string_equal(buffer_text(&reader.err), "err\n");
    reader_remove(&reader);
}

/* Nobody reads: the job itself waits, and the warden does not turn in circles. */
static void test_back_pressure(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    uint64_t head;
    struct job *job;

    assert_int_equal(start_line(ground, "head -c 9000000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    for (uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;
         job->output.source.loop && clock_monotonic_ms() < limit;)
        ground_turn(ground);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_null(job->output.source.loop);
    head = ring_head(job->ring);
    assert_true(head > LIMIT_RING - 10000 && head <= LIMIT_RING);
    ground_turn_for(ground, 50);
    assert_int_equal(ring_head(job->ring), head);
    /* Room that nobody made is none. */
    job_has_room(job);
    ground_turn_for(ground, 20);
    assert_int_equal(ring_head(job->ring), head);
    assert_null(job->output.source.loop);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(buffer_length(&reader.out), 9000000);
    reader_remove(&reader);
}

/* The process is gone, but what it said does not fit the ring yet. */
static void test_output_that_waits_outlives_the_process(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    assert_int_equal(start_line(ground, "head -c 2130000 /dev/zero; exit 4", 0, 0, &job),
                     PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(ground);
    /* Longer than a daemon's pipes are waited for. */
    ground_turn_for(ground, 1500);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_int_equal(ground->jobs.running, 1);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(reader.state.detail, 4);
    assert_int_equal(buffer_length(&reader.out), 2130000);
    reader_remove(&reader);
}

/* `service x start`: what it leaves behind holds the pipes, and stays. */
static void test_daemon_left_behind(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    pid_t daemon_pid;

    assert_int_equal(start_line(ground, "sleep 1000 & echo $!; exit 3", 0, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(reader.state.detail, 3);
    daemon_pid = atoi(buffer_text(&reader.out));
    assert_true(daemon_pid > 1);
    assert_true(process_is_alive(daemon_pid));
    kill(daemon_pid, SIGKILL);
    reader_remove(&reader);
}

/* While a job's last output is waited for, saying "room" without end must not keep it alive. */
static void test_room_without_end(void **state)
{
    struct ground *ground = *state;
    uint64_t begin = clock_monotonic_ms();
    struct job *job;
    pid_t daemon_pid;
    struct ring *ring;
    const uint8_t *bytes;

    assert_int_equal(start_line(ground, "sleep 1000 & echo $!", 0, 0, &job), PROBLEM_NONE);
    while (!state_is_ended(job->state.state)) {
        ground_turn(ground);
        job_has_room(job);
        assert_true(clock_monotonic_ms() - begin < 10000);
    }
    assert_int_equal(job_ring_borrow(job, &ring), 0);
    assert_true(ring_peek(ring, FRAME_HEADER_SIZE, &bytes) > 0);
    daemon_pid = atoi((const char *)bytes);
    job_ring_release(job, ring);
    assert_true(daemon_pid > 1);
    kill(daemon_pid, SIGKILL);
}

/* The gate that was told to wake the warden is gone; whatever it released counts. */
static void test_gate_is_told_of_bytes(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    unsigned before;

    assert_int_equal(start_line(ground, "cat", COMMAND_INPUT, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    /* A gate that does not wait is left alone. */
    assert_int_equal(write(job->input, "a", 1), 1);
    wait_for_output(ground, job);
    assert_int_equal(ground->bytes, 0);
    reader_read(&reader, job);
    assert_true(ring_wait_for_bytes(reader.ring, reader.at));
    before = ground->bytes;
    assert_int_equal(write(job->input, "b", 1), 1);
    while (ring_head(job->ring) == reader.at)
        ground_turn(ground);
    assert_int_equal(ground->bytes, before + 1);
    /* The end is told once, with the job's state. */
    job_end_input(job);
    wait_for_end(ground, job);
    assert_int_equal(ground->bytes, before + 1);
    assert_int_equal(ground->states, 1);
    reader_remove(&reader);
}

/* Most jobs say nothing: they never have a ring, and what is kept is how they ended. */
static void test_silent_job_has_no_ring(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    unsigned fds;

    assert_int_equal(start_line(ground, "sleep 0.1; exit 5", 0, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    assert_null(reader.ring);
    fds = count_open_fds();
    reader_finish(&reader, ground, job);
    assert_int_equal(reader.state.detail, 5);
    assert_int_equal(reader.at, buffer_length(&job->kept));
    assert_null(job->ring);
    assert_int_equal(ground->rings, 0);
    assert_int_equal(ground->jobs.kept_bytes, reader.at);
    reader_remove(&reader);
    /* Two pipes, no more. */
    assert_int_equal(count_open_fds(), fds - 2);
}

static void test_ring_comes_with_the_first_word(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    assert_int_equal(start_line(ground, "sleep 0.1; echo a >&2; sleep 0.1; echo b", 0, 0, &job),
                     PROBLEM_NONE);
    assert_null(job->ring);
    reader_make(&reader, job);
    wait_for_output(ground, job);
    assert_int_equal(ground->rings, 1);
    reader_finish(&reader, ground, job);
    assert_string_equal(buffer_text(&reader.err), "a\n");
    assert_string_equal(buffer_text(&reader.out), "b\n");
    assert_int_equal(ground->rings, 1);
    reader_remove(&reader);
}

/* It is not heard, which it notices, and ends as it likes. */
static void test_no_descriptor_for_a_ring(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct rlimit before, none;
    struct job *job;

    assert_int_equal(
        start_line(ground, "trap '' PIPE; sleep 0.1; echo a || exit 6; sleep 0.1; echo b || exit 7",
                   0, 0, &job),
        PROBLEM_NONE);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    while (job->output.source.loop)
        ground_turn(ground);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    wait_for_end(ground, job);
    assert_int_equal(ground->rings, 0);
    assert_int_equal(job->state.detail, 7);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(buffer_length(&reader.out), 0);
    reader_remove(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_much_output),
        ground_test(test_back_pressure),
        ground_test(test_output_that_waits_outlives_the_process),
        ground_test(test_daemon_left_behind),
        ground_test(test_room_without_end),
        ground_test(test_gate_is_told_of_bytes),
        ground_test(test_silent_job_has_no_ring),
        ground_test(test_ring_comes_with_the_first_word),
        ground_test(test_no_descriptor_for_a_ring),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
