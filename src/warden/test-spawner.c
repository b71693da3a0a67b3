/* The spawner as a process: long payloads, its loss, its end. That jobs are the same through it is
 * what test-job.c and test-tree.c prove. */
#include "warden/test-ground.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs `printf %s WORD | wc -c` with a word that no message holds. */
static void test_long_payload(void **state)
{
    struct ground *ground = *state;
    const size_t size = 100 * 1024;
    char *word = malloc(size + 1);
    const char *const arguments[] = {"/bin/sh", "-c", "printf %s \"$1\" | wc -c", "sh", word, NULL};
    const struct command command = {.mode = COMMAND_ARGV, .arguments = arguments};
    struct reader_of_job reader;
    struct job *job;

    assert_non_null(word);
    memset(word, 'w', size);
    word[size] = '\0';
    assert_int_equal(start_command(ground, &command, 0, NULL, &job), PROBLEM_NONE);
    reader_make(&reader, job);
    reader_finish(&reader, ground, job);
    assert_int_equal(reader.state.state, STATE_EXITED);
    assert_int_equal(reader.state.detail, 0);
    assert_int_equal(buffer_length(&reader.out), strlen("102400\n"));
    assert_memory_equal(buffer_bytes(&reader.out), "102400\n", strlen("102400\n"));
    reader_remove(&reader);
    free(word);
}

/* A job that began is a child of who asked, and so are those after the spawner's loss. */
static void test_lost(void **state)
{
    struct ground *ground = *state;
    struct job *before;
    struct job *after;
    pid_t spawner;

    spawner = ground->spawner.pid;
    assert_int_equal(start_line(ground, "echo up; read line; exit 3", COMMAND_INPUT, 0, &before),
                     PROBLEM_NONE);
    /* Until it became its command it has the spawner's descriptors. */
    wait_for_output(ground, before);
    assert_int_equal(kill(spawner, SIGKILL), 0);
    while (process_is_alive(spawner))
        usleep(1000);
    assert_int_equal(start_line(ground, "exit 4", 0, 0, &after), PROBLEM_NONE);
    wait_for_end(ground, after);
    assert_int_equal(after->state.detail, 4);
    assert_int_equal(ground->spawner.pid, 0);
    assert_int_equal(ground->spawner.socket, -1);
    job_end_input(before);
    wait_for_end(ground, before);
    assert_int_equal(before->state.detail, 3);
}

/* What a job was given for its environment is not there for the next one: neither as its own, nor
 * because it went into that of who makes them. */
static void test_environments_apart(void **state)
{
    struct ground *ground = *state;
    const char *const given[] = {"TZ=Mars/Olympus", "HUNE_TEST=given", NULL};
    const char *const expected[] = {"Mars/Olympusgiven\n", "\n"};
    /* The first is long, so that the second does not happen to lie over what it left. */
    const char *arguments[200] = {"/bin/sh", "-c", "echo \"$TZ$HUNE_TEST\""};
    struct command command = {.mode = COMMAND_ARGV, .arguments = arguments, .environment = given};

    for (size_t i = 3; i < ELEMENTS_OF(arguments) - 1; i++)
        arguments[i] = "more";
    unsetenv("TZ");
    for (size_t i = 0; i < ELEMENTS_OF(expected); i++) {
        struct reader_of_job reader;
        struct job *job;

        assert_int_equal(start_command(ground, &command, 0, NULL, &job), PROBLEM_NONE);
        reader_make(&reader, job);
        reader_finish(&reader, ground, job);
        assert_int_equal(buffer_length(&reader.out), strlen(expected[i]));
        assert_memory_equal(buffer_bytes(&reader.out), expected[i], strlen(expected[i]));
        reader_remove(&reader);
        command.environment = NULL;
        arguments[3] = NULL;
    }
}

/* Held as a debugger does it: a process that is only stopped would go on with the first SIGCONT,
 * which whoever holds up and continues all of the tests sends it, too. */
static void hold(pid_t pid)
{
    int status;

    assert_int_equal(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
    assert_int_equal(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
    assert_int_equal(waitpid(pid, &status, __WALL), pid);
    assert_true(WIFSTOPPED(status));
}

/* One that does not answer is replaced by the warden itself, which waits for it only once. */
static void test_stuck(void **state)
{
    struct ground *ground = *state;
    struct job *job;

    hold(ground->spawner.pid);
    kill(ground->spawner.pid, SIGCONT);
    assert_int_equal(start_line(ground, "exit 3", 0, 0, &job), PROBLEM_INTERNAL);
    while (process_is_alive(ground->spawner.pid))
        usleep(1000);
    assert_int_equal(start_line(ground, "exit 4", 0, 0, &job), PROBLEM_NONE);
    wait_for_end(ground, job);
    assert_int_equal(job->state.detail, 4);
    assert_int_equal(ground->spawner.socket, -1);
}

/* It ends when who asked is gone, whatever it inherited from elsewhere. */
static void test_ends(void **state)
{
    unsigned before = count_open_fds();
    struct spawner spawner;
    int status;

    (void)state;
    assert_int_equal(spawner_start(&spawner), 0);
    assert_false(spawner_reap(&spawner, spawner.pid + 1, 0));
    spawner_stop(&spawner);
    spawner_stop(&spawner);
    assert_int_equal(waitpid(spawner.pid, &status, 0), spawner.pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(spawner_reap(&spawner, spawner.pid, status));
    assert_int_equal(count_open_fds(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ground_test(test_long_payload),       ground_test(test_lost),
        ground_test(test_environments_apart), ground_test(test_stuck),
        cmocka_unit_test(test_ends),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
