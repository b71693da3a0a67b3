/* See job.h: the jobs with a fake warden around them. */
#include "warden/test-ground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* Runs a line to its end and reads all that it says. */
static void run_line(struct ground *ground, const char *line, struct reader_of_job *reader)
{
    struct job *job;

    assert_int_equal(start_line(ground, line, 0, 0, &job), PROBLEM_NONE);
    reader_make(reader, job);
    reader_finish(reader, ground, job);
}

static void expect(struct ground *ground, const char *line, enum state ends, uint32_t detail,
                   const char *out)
{
    struct reader_of_job reader;

    run_line(ground, line, &reader);
    assert_int_equal(reader.state.state, ends);
    assert_int_equal(reader.state.detail, detail);
    assert_int_equal(buffer_append(&reader.out, "", 1), 0);
    if (out)
        assert_string_equal(buffer_text(&reader.out), out);
    reader_remove(&reader);
}

static void test_exit_codes(void **state)
{
    unsigned before = count_open_fds();
    struct ground ground;

    (void)state;
    ground_make(&ground, false);
    expect(&ground, "exit 0", STATE_EXITED, 0, "");
    expect(&ground, "exit 1", STATE_EXITED, 1, "");
    expect(&ground, "echo hello; exit 255", STATE_EXITED, 255, "hello\n");
    assert_int_equal(ground.states, 3);
    assert_int_equal(ground.idle, 3);
    assert_int_equal(ground.jobs.running, 0);
    assert_int_equal(ground.jobs.kept, 3);
    ground_remove(&ground);
    assert_int_equal(count_open_fds(), before);
}

static void test_signals(void **state)
{
    struct ground ground;

    (void)state;
    ground_make(&ground, false);
    expect(&ground, "kill -KILL $$", STATE_SIGNALLED, SIGKILL, "");
    expect(&ground, "kill -TERM $$", STATE_SIGNALLED, SIGTERM, "");
    /* The warden ignores SIGPIPE; its jobs must not. */
    expect(&ground, "kill -PIPE $$", STATE_SIGNALLED, SIGPIPE, "");
    ground_remove(&ground);
}

static void test_not_started(void **state)
{
    static const struct {
        const char *program;
        const char *directory;
        uint32_t code;
        const char *says;
    } rows[] = {
        {"/nonexistent/program", "/", 127, "cannot run /nonexistent/program"},
        {"no-such-program-anywhere", "/", 127, "cannot run no-such-program-anywhere"},
        {"/etc/passwd", "/", 126, "cannot run /etc/passwd"},
        {"/bin/true", "/nonexistent", 125, "cannot enter /nonexistent"},
    };
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        const char *const arguments[] = {rows[i].program, NULL};
        const struct command command = {.arguments = arguments, .directory = rows[i].directory};

        assert_int_equal(start_command(&ground, &command, 0, NULL, &job), PROBLEM_NONE);
        reader_make(&reader, job);
        reader_finish(&reader, &ground, job);
        assert_int_equal(reader.state.state, STATE_EXITED);
        assert_int_equal(reader.state.detail, rows[i].code);
        assert_non_null(strstr(buffer_text(&reader.err), rows[i].says));
        reader_remove(&reader);
    }
    /* A payload that is no command is the child's trouble, not the warden's. */
    assert_int_equal(start_command(&ground, NULL, 0, NULL, &job), PROBLEM_NONE);
    wait_for_end(&ground, job);
    assert_int_equal(job->state.detail, 125);
    ground_remove(&ground);
}

static void test_surroundings(void **state)
{
    static const char *const variables[] = {"COLOUR=blue", "HOME=/tmp", NULL};
    static const char *const arguments[] = {
        "echo $COLOUR $HOME $USER; pwd; ls /proc/self/fd; echo $HUNE_JOB", NULL};
    const struct command command = {.mode = COMMAND_SHELL,
                                    .arguments = arguments,
                                    .environment = variables,
                                    .directory = "/usr"};
    struct reader_of_job reader;
    struct ground ground;
    char expected[300];
    char id[UUID_TEXT_SIZE];
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_command(&ground, &command, 0, NULL, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    uuid_format(job->id, id);
    /* Its own three, and the one with which ls reads the folder. */
    snprintf(expected, sizeof(expected), "blue /tmp %s\n/usr\n0\n1\n2\n3\n%s\n", job->user, id);
    assert_string_equal(buffer_text(&reader.out), expected);
    reader_remove(&reader);
    ground_remove(&ground);
}

static void test_both_outputs(void **state)
{
    struct reader_of_job reader;
    struct ground ground;

    (void)state;
    ground_make(&ground, false);
    run_line(&ground, "echo out; echo err >&2; echo more", &reader);
    assert_string_equal(buffer_text(&reader.out), "out\nmore\n");
    assert_string_equal(buffer_text(&reader.err), "err\n");
    reader_remove(&reader);
    ground_remove(&ground);
}

static void test_much_output(void **state)
{
    static const size_t size = 9000000; /* four rings and a bit */
    struct reader_of_job reader;
    struct ground ground;

    (void)state;
    ground_make(&ground, false);
    run_line(&ground, "head -c 9000000 /dev/zero | tr '\\0' x; echo err >&2", &reader);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(buffer_length(&reader.out), size);
    for (size_t i = 0; i < size; i++)
        assert_true(buffer_bytes(&reader.out)[i] == 'x');
    assert_string_equal(buffer_text(&reader.err), "err\n");
    reader_remove(&reader);
    ground_remove(&ground);
}

static void turn_for(struct ground *ground, uint64_t ms)
{
    for (uint64_t end = clock_monotonic_ms() + ms; clock_monotonic_ms() < end;)
        ground_turn(ground);
}

/* Nobody reads: the job itself waits, and the warden does not turn in circles. */
static void test_back_pressure(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    uint64_t head;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "head -c 9000000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    for (uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;
         job->output.source.loop && clock_monotonic_ms() < limit;)
        ground_turn(&ground);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_null(job->output.source.loop);
    head = ring_head(job->ring);
    assert_true(head > LIMIT_RING - 10000 && head <= LIMIT_RING);
    turn_for(&ground, 50);
    assert_int_equal(ring_head(job->ring), head);
    /* Room that nobody made is none. */
    job_has_room(job);
    turn_for(&ground, 20);
    assert_int_equal(ring_head(job->ring), head);
    assert_null(job->output.source.loop);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    assert_int_equal(buffer_length(&reader.out), 9000000);
    reader_remove(&reader);
    ground_remove(&ground);
}

/* The process is gone, but what it said does not fit the ring yet. */
static void test_output_that_waits_outlives_the_process(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "head -c 2130000 /dev/zero; exit 4", 0, 0, &job),
                     PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(&ground);
    /* Longer than a daemon's pipes are waited for. */
    turn_for(&ground, 1500);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_int_equal(ground.jobs.running, 1);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(reader.state.detail, 4);
    assert_int_equal(buffer_length(&reader.out), 2130000);
    reader_remove(&reader);
    ground_remove(&ground);
}

/* And it can be stopped, though there is no process left that one could kill. */
static void test_stop_of_output_that_waits(void **state)
{
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "head -c 2130000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(&ground);
    turn_for(&ground, 50);
    assert_int_equal(job->state.state, STATE_RUNNING);
    job_signal(job, 0);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_true(ring_is_ended(job->ring));
    assert_int_equal(ground.jobs.running, 0);
    ground_remove(&ground);
}

static void test_deadline(void **state)
{
    uint64_t begin = clock_monotonic_ms();
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "sleep 1000", 0, 1, &job), PROBLEM_NONE);
    wait_for_end(&ground, job);
    assert_int_equal(job->state.state, STATE_TIMED_OUT);
    assert_true(clock_monotonic_ms() - begin >= 1000);
    /* One that ends in time has no deadline any more. */
    assert_int_equal(start_line(&ground, "exit 5", 0, 1, &job), PROBLEM_NONE);
    turn_for(&ground, 1200);
    assert_int_equal(job->state.state, STATE_EXITED);
    assert_int_equal(job->state.detail, 5);
    ground_remove(&ground);
}

static void test_stop_gently(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(
        start_line(&ground, "trap 'echo bye; exit 3' TERM; echo on; while :; do sleep 0.02; done",
                   0, 0, &job),
        PROBLEM_NONE);
    reader_make(&reader, job);
    while (buffer_length(&reader.out) == 0) {
        ground_turn(&ground);
        reader_read(&reader, job);
    }
    job_signal(job, 0);
    job_signal(job, 0); /* asked twice, stopped once */
    reader_finish(&reader, &ground, job);
    assert_int_equal(reader.state.state, STATE_KILLED);
    assert_string_equal(buffer_text(&reader.out), "on\nbye\n");
    /* Nothing happens to an ended job. */
    job_signal(job, 0);
    job_signal(job, SIGKILL);
    job_stop(job, STATE_TIMED_OUT);
    job_has_room(job);
    job_end_input(job);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_int_equal(ground.states, 1);
    reader_remove(&reader);
    ground_remove(&ground);
}

static void test_stop_of_one_that_ignores_it(void **state)
{
    uint64_t begin;
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(
        start_line(&ground, "trap '' TERM; echo on; while :; do sleep 1; done", 0, 0, &job),
        PROBLEM_NONE);
    while (ring_head(job->ring) == 0)
        ground_turn(&ground);
    begin = clock_monotonic_ms();
    job_signal(job, 0);
    wait_for_end(&ground, job);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_true(clock_monotonic_ms() - begin >= 1900);
    ground_remove(&ground);
}

static void test_other_signals(void **state)
{
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground,
                                "trap 'exit 7' USR1; echo on; while :; do sleep 0.02; done", 0, 0,
                                &job),
                     PROBLEM_NONE);
    while (ring_head(job->ring) == 0)
        ground_turn(&ground);
    job_signal(job, SIGUSR1);
    wait_for_end(&ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    assert_int_equal(job->state.detail, 7);
    ground_remove(&ground);
}

/* `service x start`: what it leaves behind holds the pipes, and stays. */
static void test_daemon_left_behind(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;
    pid_t daemon_pid;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "sleep 1000 & echo $!; exit 3", 0, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(reader.state.detail, 3);
    daemon_pid = atoi(buffer_text(&reader.out));
    assert_true(daemon_pid > 1);
    assert_true(process_is_alive(daemon_pid));
    kill(daemon_pid, SIGKILL);
    reader_remove(&reader);
    ground_remove(&ground);
}

/* While a job's last output is waited for, saying "room" without end must not keep it alive. */
static void test_room_without_end(void **state)
{
    uint64_t begin = clock_monotonic_ms();
    struct ground ground;
    struct job *job;
    pid_t daemon_pid;
    struct ring *ring;
    const uint8_t *bytes;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "sleep 1000 & echo $!", 0, 0, &job), PROBLEM_NONE);
    while (!state_is_ended(job->state.state)) {
        ground_turn(&ground);
        job_has_room(job);
        assert_true(clock_monotonic_ms() - begin < 10000);
    }
    assert_int_equal(job_ring_borrow(job, &ring), 0);
    assert_true(ring_peek(ring, FRAME_HEADER_SIZE, &bytes) > 0);
    daemon_pid = atoi((const char *)bytes);
    job_ring_release(job, ring);
    assert_true(daemon_pid > 1);
    kill(daemon_pid, SIGKILL);
    ground_remove(&ground);
}

static void test_input(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "cat; echo end", COMMAND_INPUT, 0, &job), PROBLEM_NONE);
    assert_true(job->input >= 0);
    reader_make(&reader, job);
    assert_int_equal(write(job->input, "hello ", 6), 6);
    turn_for(&ground, 50);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_int_equal(write(job->input, "world\n", 6), 6);
    job_end_input(job);
    assert_int_equal(job->input, -1);
    job_end_input(job);
    reader_finish(&reader, &ground, job);
    assert_string_equal(buffer_text(&reader.out), "hello world\nend\n");
    reader_remove(&reader);
    /* Without input there is none, not a terminal or an open pipe. */
    assert_int_equal(start_line(&ground, "cat; echo end", 0, 0, &job), PROBLEM_NONE);
    assert_int_equal(job->input, -1);
    wait_for_end(&ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    ground_remove(&ground);
}

static void test_refused(void **state)
{
    unsigned before = count_open_fds();
    struct checked checked = {0};
    struct ground ground;
    struct job *other;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    checked.who = &ground.who;
    checked.order.verb = VERB_OPEN;
    assert_int_equal(job_start(&ground.jobs, &checked, "", &job), PROBLEM_UNSUPPORTED);
    {
        const char *const arguments[] = {"true", NULL};
        const struct command command = {.arguments = arguments};

        assert_int_equal(start_command(&ground, &command, 0, "no-such-user", &job),
                         PROBLEM_NO_SUCH_USER);
        assert_int_equal(start_command(&ground, &command, 0, "", &job), PROBLEM_NO_SUCH_USER);
    }
    ground.jobs.running_max = 1;
    assert_int_equal(start_line(&ground, "sleep 1000", 0, 0, &job), PROBLEM_NONE);
    assert_int_equal(start_line(&ground, "true", 0, 0, &other), PROBLEM_TOO_MANY_JOBS);
    jobs_stop_all(&ground.jobs);
    wait_for_end(&ground, job);
    assert_int_equal(start_line(&ground, "true", 0, 0, &other), PROBLEM_NONE);
    wait_for_end(&ground, other);
    /* An id is one job's for as long as that is kept. */
    memcpy(checked.order.id, job->id, UUID_SIZE);
    memcpy(checked.user, job->user, sizeof(job->user));
    checked.order.verb = VERB_RUN;
    assert_int_equal(job_start(&ground.jobs, &checked, "", &other), PROBLEM_MALFORMED);
    assert_ptr_equal(jobs_find(&ground.jobs, job->id), job);
    assert_int_equal(ground.jobs.running, 0);
    ground_remove(&ground);
    assert_int_equal(count_open_fds(), before);
}

static void test_kept_and_forgotten(void **state)
{
    uint8_t first_id[UUID_SIZE];
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "echo hello", 0, 0, &job), PROBLEM_NONE);
    memcpy(first_id, job->id, UUID_SIZE);
    wait_for_end(&ground, job);
    assert_ptr_equal(jobs_find(&ground.jobs, first_id), job);
    /* Two frames: the word, and the end. */
    assert_int_equal(ground.jobs.kept_bytes, FRAME_HEADER_SIZE + 6 + FRAME_HEADER_SIZE + 8);
    job_forget(job);
    assert_null(jobs_find(&ground.jobs, first_id));
    assert_int_equal(ground.forgotten, 1);
    assert_int_equal(ground.jobs.kept, 0);
    assert_int_equal(ground.jobs.kept_bytes, 0);
    ground_remove(&ground);
}

static void test_memory_of_ended_jobs(void **state)
{
    uint8_t ids[3][UUID_SIZE];
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    ground.jobs.memory_max = 250000;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(start_line(&ground, "head -c 100000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
        memcpy(ids[i], job->id, UUID_SIZE);
        wait_for_end(&ground, job);
    }
    /* Nobody has read any: all of it counts, and the oldest had to go. */
    assert_null(jobs_find(&ground.jobs, ids[0]));
    assert_non_null(jobs_find(&ground.jobs, ids[1]));
    assert_non_null(jobs_find(&ground.jobs, ids[2]));
    assert_true(ground.jobs.kept_bytes > 200000 && ground.jobs.kept_bytes <= 250000);
    ground_remove(&ground);
}

/* What an ended job has left moves out of its ring, and a gate that comes later gets it from there.
 */
static void test_ended_job_for_a_new_gate(void **state)
{
    static const size_t sizes[] = {0, 5, 60000, 120000, 1500000};
    unsigned before = count_open_fds();
    struct ground ground;

    (void)state;
    ground_make(&ground, false);
    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        struct reader_of_job reader;
        struct job *job;
        char line[100];

        snprintf(line, sizeof(line), "head -c %zu /dev/zero; exit %zu", sizes[i], i);
        assert_int_equal(start_line(&ground, line, 0, 0, &job), PROBLEM_NONE);
        wait_for_end(&ground, job);
        assert_true((job->ring == NULL) == (sizes[i] <= 120000));
        /* Nobody has read any of it, so all is there. */
        for (int gate = 0; gate < 2; gate++) {
            reader_make(&reader, job);
            assert_int_equal(reader.at, 0);
            reader_finish(&reader, &ground, job);
            assert_int_equal(buffer_length(&reader.out), sizes[i]);
            assert_int_equal(reader.state.detail, i);
            reader_remove(&reader);
        }
    }
    ground_remove(&ground);
    assert_int_equal(count_open_fds(), before);
}

/* Of one that was read to the end, the last part; and the memory of the rest is given back, though
 * a gate has the ring mapped. */
static void test_ended_job_that_was_read(void **state)
{
    struct reader_of_job reader;
    struct reader_of_job again;
    struct ground ground;
    struct stat info;
    struct job *job;
    int fd;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "head -c 5000000 /dev/zero; sleep 0.3", 0, 0, &job),
                     PROBLEM_NONE);
    fd = fcntl(ring_fd(job->ring), F_DUPFD_CLOEXEC, 0);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    assert_null(job->ring);
    assert_in_range(ground.jobs.kept_bytes, 64 * 1024, 130 * 1024);
    assert_int_equal(fstat(fd, &info), 0);
    assert_in_range(info.st_blocks * 512, 0, 256 * 1024);
    reader_make(&again, job);
    assert_int_equal(again.at, reader.at - ground.jobs.kept_bytes);
    reader_remove(&again);
    reader_remove(&reader);
    close(fd);
    ground_remove(&ground);
}

static void test_time_of_ended_jobs(void **state)
{
    struct ground ground;
    struct job *job;

    (void)state;
    ground_make(&ground, false);
    ground.jobs.keep_ms = 200;
    assert_int_equal(start_line(&ground, "true", 0, 0, &job), PROBLEM_NONE);
    while (ground.states == 0)
        ground_turn(&ground);
    assert_int_equal(ground.forgotten, 0);
    turn_for(&ground, 300);
    assert_int_equal(ground.forgotten, 1);
    /* Nothing kept at all: the job is gone within its own last callback. */
    ground.jobs.keep_ms = 0;
    assert_int_equal(start_line(&ground, "echo x; exit 1", 0, 0, &job), PROBLEM_NONE);
    while (ground.states == 1)
        ground_turn(&ground);
    assert_int_equal(ground.forgotten, 2);
    assert_int_equal(ground.jobs.kept, 0);
    assert_int_equal(ground.jobs.kept_bytes, 0);
    /* Also when it is stopped while only its output waits. */
    assert_int_equal(start_line(&ground, "head -c 2130000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(&ground);
    jobs_stop_all(&ground.jobs);
    assert_int_equal(ground.forgotten, 3);
    ground_remove(&ground);
}

/* The gate that was told to wake the warden is gone; whatever it released counts. */
static void test_gate_is_told_of_bytes(void **state)
{
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;
    unsigned before;

    (void)state;
    ground_make(&ground, false);
    assert_int_equal(start_line(&ground, "cat", COMMAND_INPUT, 0, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    /* A gate that does not wait is left alone. */
    assert_int_equal(write(job->input, "a", 1), 1);
    while (ring_head(job->ring) == 0)
        ground_turn(&ground);
    assert_int_equal(ground.bytes, 0);
    reader_read(&reader, job);
    assert_true(ring_wait_for_bytes(reader.ring, reader.at));
    before = ground.bytes;
    assert_int_equal(write(job->input, "b", 1), 1);
    while (ring_head(job->ring) == reader.at)
        ground_turn(&ground);
    assert_int_equal(ground.bytes, before + 1);
    /* The end is always told. */
    job_end_input(job);
    wait_for_end(&ground, job);
    assert_int_equal(ground.bytes, before + 2);
    reader_remove(&reader);
    ground_remove(&ground);
}

static void test_as_another_user(void **state)
{
    const char *const arguments[] = {"/bin/sh", "-c",
                                     "id -u; id -G; grep -c 'CapEff:.0*$' /proc/self/status", NULL};
    const struct command command = {.arguments = arguments, .directory = "/"};
    struct reader_of_job reader;
    struct ground ground;
    struct job *job;

    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root runs jobs as somebody else\n");
        skip();
    }
    ground_make(&ground, false);
    assert_int_equal(start_command(&ground, &command, 0, "nobody", &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, &ground, job);
    assert_string_equal(buffer_text(&reader.out), "65534\n65534\n1\n");
    reader_remove(&reader);
    ground_remove(&ground);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_not_started),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_both_outputs),
        cmocka_unit_test(test_much_output),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_output_that_waits_outlives_the_process),
        cmocka_unit_test(test_stop_of_output_that_waits),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_stop_gently),
        cmocka_unit_test(test_stop_of_one_that_ignores_it),
        cmocka_unit_test(test_other_signals),
        cmocka_unit_test(test_daemon_left_behind),
        cmocka_unit_test(test_room_without_end),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_kept_and_forgotten),
        cmocka_unit_test(test_memory_of_ended_jobs),
        cmocka_unit_test(test_ended_job_for_a_new_gate),
        cmocka_unit_test(test_ended_job_that_was_read),
        cmocka_unit_test(test_time_of_ended_jobs),
        cmocka_unit_test(test_gate_is_told_of_bytes),
        cmocka_unit_test(test_as_another_user),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
