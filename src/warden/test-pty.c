/* See pty.h: shells with a fake warden around them, typed to through the pipe that a gate has. */
#include "warden/test-ground.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
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

static void put(struct job *job, struct buffer *frames)
{
    assert_int_equal(write(job->input, buffer_bytes(frames), buffer_length(frames)),
                     buffer_length(frames));
    buffer_clear(frames);
}

static void type(struct job *job, const char *keys)
{
    _cleanup_buffer_ struct buffer frames = BUFFER_INIT;

    assert_int_equal(terminal_input_keys(&frames, keys, strlen(keys)), 0);
    put(job, &frames);
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

static void test_resize(void **state)
{
    static const struct terminal_size size = {.rows = 50, .columns = 132};
    struct ground *ground = *state;
    _cleanup_buffer_ struct buffer frames = BUFFER_INIT;
    struct reader_of_job reader;
    struct job *job;

    job = start_terminal(
        ground, "trap 'stty size; exit' WINCH; echo go; while :; do sleep 0.02; done", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    assert_int_equal(terminal_input_resize(&frames, &size), 0);
    put(job, &frames);
    reader_finish(&reader, ground, job);
    assert_non_null(strstr(buffer_text(&reader.out), "50 132"));
    reader_remove(&reader);
}

/* More than the terminal takes at once, in raw mode, and nobody reads for a while. */
static void test_much_input(void **state)
{
    struct ground *ground = *state;
    enum { TOTAL = 200000 };
    _cleanup_buffer_ struct buffer frames = BUFFER_INIT;
    _cleanup_free_ char *keys = malloc(TOTAL);
    uint64_t total;
    struct reader_of_job reader;
    struct job *job;

    memset(keys, 'k', TOTAL);
    job = start_terminal(
        ground, "stty raw -echo; echo go; sleep 0.3; head -c 200000 | tr -d k | wc -c", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    assert_int_equal(terminal_input_keys(&frames, keys, TOTAL), 0);
    total = buffer_length(&frames);
    while (buffer_length(&frames) > 0) {
        size_t length = buffer_length(&frames);
        ssize_t n = write(job->input, buffer_bytes(&frames), length < 3000 ? length : 3000);

        assert_true(n > 0 || errno == EAGAIN);
        buffer_consume(&frames, n > 0 ? (size_t)n : 0);
        assert_int_equal(pty_input(job->pty) + buffer_length(&frames), total);
        ground_turn(ground);
    }
    reader_finish(&reader, ground, job);
    assert_non_null(strstr(buffer_text(&reader.out), "go\n0\n"));
    reader_remove(&reader);
}

static void test_nonsense(void **state)
{
    struct ground *ground = *state;
    struct reader_of_job reader;
    struct job *job;

    job = start_terminal(ground, "echo go; read line; echo \"<$line>\"", NULL);
    reader_make(&reader, job);
    expect(ground, job, &reader, "go");
    type(job, "good");
    assert_int_equal(write(job->input, "\7\7\7\7\7", 5), 5);
    /* It is closed, and nothing of it was typed. */
    for (uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;
         write(job->input, "\1\0\0\1\r", 5) == 5;) {
        assert_true(clock_monotonic_ms() < limit);
        ground_turn(ground);
    }
    assert_int_equal(errno, EPIPE);
    assert_int_equal(job->state.state, STATE_RUNNING);
    job_stop(job, STATE_KILLED);
    reader_finish(&reader, ground, job);
    assert_null(strstr(buffer_text(&reader.out), "<"));
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
        ground_test(test_resize),
        ground_test(test_much_input),
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
