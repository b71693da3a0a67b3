/* See pty.h: shells with a fake warden around them, and with a gate that the test plays. */
#include "warden/test-ground.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "door/screen.h"
#include "proto/terminal.h"
#include "warden/pty.h"

static struct job *start_terminal(struct ground *ground, const char *line, const char *user)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const char *const arguments[] = {line, NULL};
    const struct terminal terminal = {
        .size = {.rows = 24, .columns = 80}, .erase = 8, .name = "vt100"};
    const struct command command = {.mode = line ? COMMAND_SHELL : COMMAND_LOGIN,
                                    .arguments = line ? arguments : NULL,
                                    .directory = "/"};
    struct job *job;

    assert_int_equal(terminal_encode(&terminal, &command, &payload), 0);
    assert_int_equal(start_payload(ground, VERB_SHELL, &payload, 0, user, &job), PROBLEM_NONE);
    return job;
}

/* As the gate does, to which it is lent (here to nobody). */
static void type(struct job *job, const char *keys)
{
    assert_int_equal(write(job->input, keys, strlen(keys)), strlen(keys));
}

/* Reads until the terminal has shown this. */
static void expect(struct ground *ground, struct job *job, struct reader_of_job *reader,
                   const char *text)
{
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    while (!strstr(buffer_length(&reader->out) ? buffer_text(&reader->out) : "", text)) {
        assert_true(clock_monotonic_ms() < limit);
        ground_turn(ground);
        reader_read(reader, job);
    }
}

/* Runs a line on a terminal, reads to its end, and compares all that it showed. */
static void shows(struct ground *ground, const char *line, const char *user, const char *expected)
{
    struct job *job = start_terminal(ground, line, user);
    struct reader_of_job reader;

    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    assert_string_equal(buffer_text(&reader.out), expected);
    assert_int_equal(buffer_length(&reader.err), 0);
    reader_remove(&reader);
}

static void test_it_is_a_terminal(void **state)
{
    struct ground *ground = *state;

    shows(ground, "test -t 0 && test -t 1 && test -t 2 && echo $TERM && stty size", NULL,
          "vt100\r\n24 80\r\n");
    shows(ground, "stty -a | sed -n 's/.* \\(erase = [^;]*\\).*/\\1/p'; echo x >/dev/tty", NULL,
          "erase = ^H\r\nx\r\n");
    /* The leader of its session and of the terminal's foreground; nothing else of ours is open. */
    shows(ground, "ps -o sid=,tpgid= $$ | awk -v p=$$ '{print $1==p, $2==p}'; ls /proc/$$/fd", NULL,
          "1 1\r\n0  1  2\r\n");
}

static void test_keys(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    job = start_terminal(ground, "echo go; read line; echo \"<$line>\"; cat", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    type(job, "tippp\b\bed\r"); /* the erase character of the order */
    expect(ground, job, &reader, "<tiped>");
    type(job, "\003");
    reader_finish(&reader, ground, job);
    assert_int_equal(job->state.state, STATE_SIGNALLED);
    assert_int_equal(job->state.detail, SIGINT);
    reader_remove(&reader);
}

/* What a gate reads comes by way of the belt; once it is given back, or the gate is dead, the
 * warden reads on, and nothing is missing. */
static void test_lent(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct belt belt;
    struct job *job;
    ssize_t size;

    job = start_terminal(ground, "stty -echo; echo go; read a; echo $a; read a; echo $a; read a",
                         NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    pty_lend(job->pty);
    assert_true(pty_is_lent(job->pty));
    assert_int_equal(belt_map(&belt, job->belt, BELT_WRITES), 0);
    type(job, "one\r");
    do {
        ground_turn(ground); /* which reads nothing of it */
        size = screen_put(&belt, job->ring, job->input);
    } while (size == 0);
    assert_int_equal(size, 5);
    reader_read(&reader, job);
    assert_null(strstr(buffer_text(&reader.out), "one"));
    assert_true(pty_take(job->pty));
    reader_read(&reader, job);
    assert_string_equal(buffer_text(&reader.out), "go\r\none\r\n");
    type(job, "two\r");
    while ((size = screen_put(&belt, job->ring, job->input)) == 0)
        ;
    assert_int_equal(size, 5);
    job_returned(job, true);
    assert_false(pty_is_lent(job->pty));
    type(job, "three\r");
    reader_finish(&reader, ground, job);
    assert_string_equal(buffer_text(&reader.out), "go\r\none\r\ntwo\r\n");
    assert_int_equal(job->state.state, STATE_EXITED);
    belt_close(&belt);
    reader_remove(&reader);
}

/* A gate gone mad puts what it likes on the belt: that is lost, the terminal is not. */
static void test_nonsense(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct belt belt;
    struct job *job;
    size_t room;

    job = start_terminal(ground, "stty -echo; echo go; read a; echo $a", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    pty_lend(job->pty);
    assert_int_equal(belt_map(&belt, job->belt, BELT_WRITES), 0);
    memset(belt_room(&belt, &room), 7, 5000);
    belt_put(&belt, 5000);
    job_has_room(job);
    job_returned(job, false);
    type(job, "good\r");
    reader_finish(&reader, ground, job);
    assert_string_equal(buffer_text(&reader.out), "go\r\ngood\r\n");
    belt_close(&belt);
    reader_remove(&reader);
}

/* The job is over, and the gate is asked for what it may have read. */
static void test_recall(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    job = start_terminal(ground, "echo go; read a", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    pty_lend(job->pty);
    type(job, "\r");
    while (job->pid > 0) {
        assert_true(clock_monotonic_ms() < limit);
        ground_turn(ground);
    }
    assert_int_equal(ground->recalls, 1);
    assert_int_equal(job->state.state, STATE_RUNNING);
    job_returned(job, false);
    reader_finish(&reader, ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    reader_remove(&reader);
}

/* The end of the input is the end of the line: a login shell ends by itself. */
static void test_hang_up(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    job = start_terminal(ground, NULL, NULL);
    reader_make(&reader, job);
    type(job, "echo is $((20 + 1)); sleep 1000\r");
    expect(ground, job, &reader, "is 21");
    job_end_input(job);
    reader_finish(&reader, ground, job);
    assert_true(job->state.state == STATE_SIGNALLED || job->state.state == STATE_EXITED);
    reader_remove(&reader);
}

/* Interactive shells ignore SIGTERM; hung up, they end by themselves, without SIGKILL. */
static void test_stop(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    job = start_terminal(ground, "exec /bin/bash --norc -i", NULL);
    reader_make(&reader, job);
    type(job, "echo is $((20 + 1))\r");
    expect(ground, job, &reader, "is 21");
    job_stop(job, STATE_KILLED);
    reader_finish(&reader, ground, job);
    assert_int_equal(job->state.state, STATE_KILLED);
    assert_false(WIFSIGNALED(job->status) && WTERMSIG(job->status) == SIGKILL);
    reader_remove(&reader);
}

/* What a shell leaves behind keeps the terminal open, but not the job. */
static void test_left_behind(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;
    pid_t left;

    job = start_terminal(ground, "trap '' HUP; sleep 1000 & echo $!", NULL);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(job->state.state, STATE_EXITED);
    left = atoi(buffer_text(&reader.out));
    assert_true(left > 1 && process_is_alive(left));
    kill(left, SIGKILL);
    reader_remove(&reader);
}

static void test_bad_payload(void **state)
{
    struct ground *ground = *state;
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct job *job;

    assert_int_equal(buffer_append(&payload, "nonsense", 8), 0);
    assert_int_equal(start_payload(ground, VERB_SHELL, &payload, 0, NULL, &job), PROBLEM_NONE);
    wait_for_end(ground, job);
    assert_int_equal(job->state.detail, 125);
    /* A login shell is a terminal's, and no `run` order's. */
    assert_int_equal(start_command(ground, &(struct command){.mode = COMMAND_LOGIN}, 0, NULL, &job),
                     PROBLEM_NONE);
    wait_for_end(ground, job);
    assert_int_equal(job->state.detail, 125);
}

static void test_whose_it_is(void **state)
{
    struct ground *ground = *state;

    if (geteuid() != 0) {
        print_message("skipped: only root runs jobs as somebody else\n");
        skip();
    }
    shows(ground, "stat -c '%U %G %a' $(tty); id -un; echo \"$(exec 2>&1; : </dev/tty)\"", "nobody",
          "nobody tty 620\r\nnobody\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_it_is_a_terminal),
        ground_test(test_keys),
        ground_test(test_lent),
        ground_test(test_recall),
        ground_test(test_nonsense),
        ground_test(test_hang_up),
        ground_test(test_stop),
        ground_test(test_left_behind),
        ground_test(test_bad_payload),
        ground_test(test_whose_it_is),
    };

    signal(SIGPIPE, SIG_IGN); /* as the warden does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
