/* See job.h: how jobs begin, end and are stopped, with a fake warden around them. */
#include "warden/test-ground.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

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
    struct ground *ground = *state;

    expect(ground, "exit 0", STATE_EXITED, 0, "");
    expect(ground, "exit 1", STATE_EXITED, 1, "");
    expect(ground, "echo hello; exit 255", STATE_EXITED, 255, "hello\n");
    assert_int_equal(ground->states, 3);
    assert_int_equal(ground->idle, 3);
    assert_int_equal(ground->jobs.running, 0);
    assert_int_equal(ground->jobs.kept, 3);
}

static void test_signals(void **state)
{
    struct ground *ground = *state;

    expect(ground, "kill -KILL $$", STATE_SIGNALLED, SIGKILL, "");
    expect(ground, "kill -TERM $$", STATE_SIGNALLED, SIGTERM, "");
    /* The warden ignores SIGPIPE; its jobs must not. */
    expect(ground, "kill -PIPE $$", STATE_SIGNALLED, SIGPIPE, "");
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
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        const char *const arguments[] = {rows[i].program, NULL};
        const struct command command = {.arguments = arguments, .directory = rows[i].directory};

        assert_int_equal(start_command(ground, &command, 0, NULL, &job), PROBLEM_NONE);
        reader_make(&reader, job);
        reader_finish(&reader, ground, job);
        assert_int_equal(reader.state.state, STATE_EXITED);
        assert_int_equal(reader.state.detail, rows[i].code);
        assert_non_null(strstr(buffer_text(&reader.err), rows[i].says));
        reader_remove(&reader);
    }
    /* A payload that is no command is the child's trouble, not the warden's. */
    assert_int_equal(start_command(ground, NULL, 0, NULL, &job), PROBLEM_NONE);
    wait_for_end(ground, job);
    assert_int_equal(job->state.detail, 125);
}

static void test_surroundings(void **state)
{
    static const char *const variables[] = {"COLOUR=blue", "HOME=/tmp", NULL};
    static const char *const arguments[] = {
        "echo $COLOUR $HOME $USER; pwd; ls /proc/self/fd; echo $HUNE_JOB", NULL};
    struct ground *ground = *state;
    const struct command command = {.mode = COMMAND_SHELL,
                                    .arguments = arguments,
                                    .environment = variables,
                                    .directory = "/usr"};
    struct reader_of_job reader;
    char expected[300];
    char id[UUID_TEXT_SIZE];
    struct job *job;

    assert_int_equal(start_command(ground, &command, 0, NULL, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    uuid_format(job->id, id);
    /* Its own three, and the one with which ls reads the folder. */
    snprintf(expected, sizeof(expected), "blue /tmp %s\n/usr\n0\n1\n2\n3\n%s\n", job->user, id);
    assert_string_equal(buffer_text(&reader.out), expected);
    reader_remove(&reader);
}

static void test_both_outputs(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;

    run_line(ground, "echo out; echo err >&2; echo more", &reader);
    assert_string_equal(buffer_text(&reader.out), "out\nmore\n");
    assert_string_equal(buffer_text(&reader.err), "err\n");
    reader_remove(&reader);
}

static void test_input(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    assert_int_equal(start_line(ground, "cat; echo end", COMMAND_INPUT, 0, &job), PROBLEM_NONE);
    assert_true(job->input >= 0);
    reader_make(&reader, job);
    assert_int_equal(write(job->input, "hello ", 6), 6);
    ground_turn_for(ground, 50);
    assert_int_equal(job->state.state, STATE_RUNNING);
    assert_int_equal(write(job->input, "world\n", 6), 6);
    job_end_input(job);
    assert_int_equal(job->input, -1);
    job_end_input(job);
    reader_finish(&reader, ground, job);
    assert_string_equal(buffer_text(&reader.out), "hello world\nend\n");
    reader_remove(&reader);
    /* Without input there is none, not a terminal or an open pipe. */
    assert_int_equal(start_line(ground, "cat; echo end", 0, 0, &job), PROBLEM_NONE);
    assert_int_equal(job->input, -1);
    wait_for_end(ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
}

static void test_refused(void **state)
{
    struct ground *ground = *state;
    struct checked checked = {0};
    struct job *other;
    struct job *job;

    checked.who = &ground->who;
    checked.order.verb = VERB_OPEN;
    assert_int_equal(job_start(&ground->jobs, &checked, "", &job), PROBLEM_UNSUPPORTED);
    {
        const char *const arguments[] = {"true", NULL};
        const struct command command = {.arguments = arguments};

        assert_int_equal(start_command(ground, &command, 0, "no-such-user", &job),
                         PROBLEM_NO_SUCH_USER);
        assert_int_equal(start_command(ground, &command, 0, "", &job), PROBLEM_NO_SUCH_USER);
    }
    ground->jobs.running_max = 1;
    assert_int_equal(start_line(ground, "sleep 1000", 0, 0, &job), PROBLEM_NONE);
    assert_int_equal(start_line(ground, "true", 0, 0, &other), PROBLEM_TOO_MANY_JOBS);
    jobs_stop_all(&ground->jobs);
    wait_for_end(ground, job);
    assert_int_equal(start_line(ground, "true", 0, 0, &other), PROBLEM_NONE);
    wait_for_end(ground, other);
    /* An id is one job's for as long as that is kept. */
    memcpy(checked.order.id, job->id, UUID_SIZE);
    memcpy(checked.user, job->user, sizeof(job->user));
    checked.order.verb = VERB_RUN;
    assert_int_equal(job_start(&ground->jobs, &checked, "", &other), PROBLEM_MALFORMED);
    assert_ptr_equal(jobs_find(&ground->jobs, job->id), job);
    assert_int_equal(ground->jobs.running, 0);
}

static void test_as_another_user(void **state)
{
    struct ground *ground = *state;
    const char *const arguments[] = {"/bin/sh", "-c",
                                     "id -u; id -G; grep -c 'CapEff:.0*$' /proc/self/status", NULL};
    const struct command command = {.arguments = arguments, .directory = "/"};
    struct reader_of_job reader;
    struct job *job;

    if (geteuid() != 0) {
        print_message("skipped: only root runs jobs as somebody else\n");
        skip();
    }
    /* Each as who was asked for, also of those that are looked up once for several jobs. */
    for (int i = 0; i < 6; i++) {
        bool root = i == 2 || i == 3;

        assert_int_equal(start_command(ground, &command, 0, root ? "root" : "nobody", &job),
                         PROBLEM_NONE);
        reader_make(&reader, job);
        reader_finish(&reader, ground, job);
        if (root)
            assert_memory_equal(buffer_text(&reader.out), "0\n0", 3);
        else
            assert_string_equal(buffer_text(&reader.out), "65534\n65534\n1\n");
        reader_remove(&reader);
    }
}

/* ---- stopped ---- */

static void test_deadline(void **state)
{
    struct ground *ground = *state;
    uint64_t begin = clock_monotonic_ms();
    struct job *job;

    assert_int_equal(start_line(ground, "sleep 1000", 0, 1, &job), PROBLEM_NONE);
    wait_for_end(ground, job);
    assert_int_equal(job->state.state, STATE_TIMED_OUT);
    assert_true(clock_monotonic_ms() - begin >= 1000);
    /* One that ends in time has no deadline any more. */
    assert_int_equal(start_line(ground, "exit 5", 0, 1, &job), PROBLEM_NONE);
    ground_turn_for(ground, 1200);
    assert_int_equal(job->state.state, STATE_EXITED);
    assert_int_equal(job->state.detail, 5);
}

static void test_stop_gently(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    assert_int_equal(
        start_line(ground, "trap 'echo bye; exit 3' TERM; echo on; while :; do sleep 0.02; done", 0,
                   0, &job),
        PROBLEM_NONE);
    reader_make(&reader, job);
    while (buffer_length(&reader.out) == 0) {
        ground_turn(ground);
        reader_read(&reader, job);
    }
    job_signal(job, 0);
    job_signal(job, 0); /* asked twice, stopped once */
    reader_finish(&reader, ground, job);
    assert_int_equal(reader.state.state, STATE_KILLED);
    assert_string_equal(buffer_text(&reader.out), "on\nbye\n");
    /* Nothing happens to an ended job. */
    job_signal(job, 0);
    job_signal(job, SIGKILL);
    job_stop(job, STATE_TIMED_OUT);
    job_has_room(job);
    job_end_input(job);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_int_equal(ground->states, 1);
    reader_remove(&reader);
}

static void test_stop_of_one_that_ignores_it(void **state)
{
    struct ground *ground = *state;
    uint64_t begin;
    struct job *job;

    assert_int_equal(
        start_line(ground, "trap '' TERM; echo on; while :; do sleep 1; done", 0, 0, &job),
        PROBLEM_NONE);
    wait_for_output(ground, job);
    begin = clock_monotonic_ms();
    job_signal(job, 0);
    wait_for_end(ground, job);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_true(clock_monotonic_ms() - begin >= 1900);
}

static void test_other_signals(void **state)
{
    struct ground *ground = *state;
    struct job *job;

    assert_int_equal(
        start_line(ground, "trap 'exit 7' USR1; echo on; while :; do sleep 0.02; done", 0, 0, &job),
        PROBLEM_NONE);
    wait_for_output(ground, job);
    job_signal(job, SIGUSR1);
    wait_for_end(ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    assert_int_equal(job->state.detail, 7);
}

/* Only its output waits for room: it can be stopped, though there is no process left to kill. */
static void test_stop_of_output_that_waits(void **state)
{
    struct ground *ground = *state;
    struct job *job;

    assert_int_equal(start_line(ground, "head -c 2130000 /dev/zero", 0, 0, &job), PROBLEM_NONE);
    while (job->pid > 0)
        ground_turn(ground);
    ground_turn_for(ground, 50);
    assert_int_equal(job->state.state, STATE_RUNNING);
    job_signal(job, 0);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_true(ring_is_ended(job->ring));
    assert_int_equal(ground->jobs.running, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_exit_codes),
        ground_test(test_signals),
        ground_test(test_not_started),
        ground_test(test_surroundings),
        ground_test(test_both_outputs),
        ground_test(test_input),
        ground_test(test_refused),
        ground_test(test_as_another_user),
        ground_test(test_deadline),
        ground_test(test_stop_gently),
        ground_test(test_stop_of_one_that_ignores_it),
        ground_test(test_other_signals),
        ground_test(test_stop_of_output_that_waits),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
