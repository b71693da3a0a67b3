/* Keys: made, found, refused; signatures by a file and by a real ssh-agent, checked like a machine
 * checks them. Parts that need ssh-keygen or ssh-agent are skipped where they are not installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fleet/home/identity.h"
#include "fleet/home/signer.h"
#include "proto/sshsig.h"

extern char **environ;

static const char order[] = "HUNE-O1\0 and so on";

struct place {
    char directory[64];
    char own[128];
    char other[128];
    char other_public[128];
    char socket[128];
    pid_t agent; /* ends with the test, however that ends */
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    snprintf(place->directory, sizeof(place->directory), "/tmp/hune-signer-XXXXXX");
    if (!mkdtemp(place->directory))
        return -1;
    snprintf(place->own, sizeof(place->own), "%s/config/hune/id_ed25519", place->directory);
    snprintf(place->other, sizeof(place->other), "%s/other", place->directory);
    snprintf(place->other_public, sizeof(place->other_public), "%s/other.pub", place->directory);
    snprintf(place->socket, sizeof(place->socket), "%s/agent", place->directory);
    unsetenv("SSH_AUTH_SOCK");
    *state = place;
    return 0;
}

/* Runs a tool by its name in PATH and waits for it. Its exit code, or -1 if it is not there. */
static int run(const char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = -1;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1 /* O_WRONLY */, 0);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, (char *const *)arguments, environ) == 0)
        waitpid(child, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127 ? -1
                                                                          : WEXITSTATUS(status);
}

static void stop_agent(struct place *place)
{
    if (place->agent) {
        kill(place->agent, SIGTERM);
        waitpid(place->agent, NULL, 0);
    }
    place->agent = 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    const char *const arguments[] = {"rm", "-rf", place->directory, NULL};

    stop_agent(place);
    unsetenv("SSH_AUTH_SOCK");
    run(arguments);
    free(place);
    return 0;
}

static void make_key(const char *path, const char *type, const char *passphrase)
{
    const char *const arguments[] = {"ssh-keygen", "-q",        "-t", type, "-N", passphrase,
                                     "-C",         "a comment", "-f", path, NULL};

    if (run(arguments) != 0)
        skip();
}

/* The name is there a moment before anybody listens. */
static bool is_answered(const char *path)
{
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* An agent of our own, in the foreground so that it is our child and ends with us. */
static void start_agent(struct place *place)
{
    const char *const arguments[] = {"ssh-agent", "-D", "-a", place->socket, NULL};
    posix_spawn_file_actions_t actions;
    const struct timespec step = {.tv_nsec = 10 * 1000 * 1000};
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);
    r = posix_spawnp(&place->agent, arguments[0], &actions, NULL, (char *const *)arguments,
                     environ);
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0) {
        place->agent = 0;
        skip();
    }
    for (int i = 0; i < 500 && !is_answered(place->socket); i++)
        nanosleep(&step, NULL);
    setenv("SSH_AUTH_SOCK", place->socket, 1);
}

static void expect_good_signature(struct signer *signer)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct slice slice;

    assert_int_equal(signer_sign(signer, order, sizeof(order), &blob), 0);
    slice = (struct slice){.bytes = buffer_bytes(&blob), .size = buffer_length(&blob)};
    assert_int_equal(sshsig_verify(slice, signer_key(signer), order, sizeof(order)), 0);
    assert_int_equal(sshsig_verify(slice, signer_key(signer), order, sizeof(order) - 1),
                     SSHSIG_E_WRONG);
}

static void expect_refusal(const struct place *place, const char *identity, int error,
                           const char *says, const char *hints)
{
    struct signer *signer = NULL;
    struct fault fault = {0};
    int r = signer_open(identity, place->own, &signer, &fault);

    if (r != error || !strstr(fault.text, says) || !strstr(fault.hint, hints))
        fail_msg("%s: %d: %s %s", identity, r, fault.text, fault.hint);
    assert_null(signer);
    assert_int_equal(signer_open(identity, place->own, &signer, NULL), error);
}

static void test_own_key(void **state)
{
    const struct place *place = *state;
    _cleanup_signer_ struct signer *first = NULL;
    _cleanup_signer_ struct signer *second = NULL;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    _cleanup_buffer_ struct buffer public = BUFFER_INIT;
    char public_path[160];
    struct stat status;

    assert_int_equal(signer_open(NULL, place->own, &first, NULL), 0);
    assert_true(signer_is_new(first));
    assert_int_equal(stat(place->own, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(signer_open(NULL, place->own, &second, NULL), 0);
    assert_false(signer_is_new(second));
    assert_string_equal(signer_fingerprint(first), signer_fingerprint(second));
    assert_int_equal(strlen(signer_fingerprint(first)), 50);
    assert_string_equal(signer_origin(second), place->own);
    assert_non_null(strchr(signer_comment(second), '@'));
    expect_good_signature(first);
    expect_good_signature(second);
    snprintf(public_path, sizeof(public_path), "%s.pub", place->own);
    assert_int_equal(file_read(public_path, 1024, &public), 0);
    assert_int_equal(signer_operators_line(second, NULL, NULL, &line), 0);
    buffer_append_text(&line, "\n");
    assert_string_equal(buffer_text(&line), buffer_text(&public));
}

static void test_operators_line(void **state)
{
    const struct place *place = *state;
    _cleanup_signer_ struct signer *signer = NULL;
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;

    assert_int_equal(signer_open(NULL, place->own, &signer, NULL), 0);
    assert_int_equal(signer_operators_line(signer, "observe,run", "root", &line), 0);
    assert_true(
        text_starts(buffer_text(&line), "may=\"observe,run\",as=\"root\" ssh-ed25519 AAAA"));
    buffer_clear(&line);
    assert_int_equal(signer_operators_line(signer, NULL, "root", &line), 0);
    assert_true(text_starts(buffer_text(&line), "as=\"root\" ssh-ed25519 AAAA"));
}

static void test_never_overwritten(void **state)
{
    const struct place *place = *state;
    struct sshkey_private key;
    struct fault fault = {0};
    _cleanup_buffer_ struct buffer before = BUFFER_INIT;
    _cleanup_buffer_ struct buffer after = BUFFER_INIT;

    assert_int_equal(identity_make(place->own, &key, &fault), 0);
    assert_int_equal(file_read(place->own, 4096, &before), 0);
    assert_int_equal(identity_make(place->own, &key, &fault), -EEXIST);
    assert_int_equal(file_read(place->own, 4096, &after), 0);
    assert_string_equal(buffer_text(&before), buffer_text(&after));
    /* A damaged key is told, not replaced. */
    assert_int_equal(file_replace(place->own, 0600, "rubbish", 7), 0);
    expect_refusal(place, NULL, SIGNER_E_FORMAT, "not a key file", "ssh-keygen");
}

static void test_refused_files(void **state)
{
    const struct place *place = *state;

    expect_refusal(place, place->other, SIGNER_E_MISSING, "There is no key file", "--identity");
    expect_refusal(place, place->other_public, SIGNER_E_MISSING, "There is no key file", "");
    expect_refusal(place, place->directory, SIGNER_E_FORMAT, "not a key file", "ssh-keygen");
    assert_int_equal(file_replace(place->other_public, 0644, "ssh-ed25519 AAAA x\n", 19), 0);
    expect_refusal(place, place->other_public, SIGNER_E_FORMAT, "not a key file", "ssh-keygen");
    make_key(place->other, "rsa", "");
    expect_refusal(place, place->other, SIGNER_E_TYPE, "Ed25519 keys only",
                   "ssh-keygen -t ed25519");
    expect_refusal(place, place->other_public, SIGNER_E_TYPE, "Ed25519 keys only", "");
}

static void test_readable_by_others(void **state)
{
    const struct place *place = *state;
    _cleanup_signer_ struct signer *signer = NULL;

    make_key(place->other, "ed25519", "");
    assert_int_equal(chmod(place->other, 0640), 0);
    expect_refusal(place, place->other, SIGNER_E_MODE, "0640", "chmod 600");
    assert_int_equal(chmod(place->other, 0604), 0);
    expect_refusal(place, place->other, SIGNER_E_MODE, "0604", "chmod 600");
    assert_int_equal(chmod(place->other, 0400), 0);
    assert_int_equal(signer_open(place->other, place->own, &signer, NULL), 0);
    assert_string_equal(signer_comment(signer), "a comment");
    expect_good_signature(signer);
}

static void test_encrypted(void **state)
{
    const struct place *place = *state;

    make_key(place->other, "ed25519", "secret words");
    expect_refusal(place, place->other, SIGNER_E_ENCRYPTED, "passphrase", "ssh-add");
    expect_refusal(place, place->other_public, SIGNER_E_NO_AGENT, "SSH_AUTH_SOCK", "ssh-agent");
    setenv("SSH_AUTH_SOCK", "/nowhere/agent", 1);
    expect_refusal(place, place->other_public, SIGNER_E_NO_AGENT, "SSH_AUTH_SOCK", "ssh-agent");
}

static void test_agent(void **state)
{
    struct place *place = *state;
    const char *const add[] = {"ssh-add", "-q", place->other, NULL};
    const char *const forget[] = {"ssh-add", "-q", "-D", NULL};
    _cleanup_signer_ struct signer *by_public = NULL;
    _cleanup_signer_ struct signer *by_private = NULL;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;

    make_key(place->other, "ed25519", "");
    start_agent(place);
    expect_refusal(place, place->other_public, SIGNER_E_NOT_HELD, "does not hold", "ssh-add");
    assert_int_equal(run(add), 0);
    assert_int_equal(signer_open(place->other_public, place->own, &by_public, NULL), 0);
    assert_string_equal(signer_origin(by_public), "ssh-agent");
    assert_string_equal(signer_comment(by_public), "a comment");
    expect_good_signature(by_public);
    expect_good_signature(by_public);
    /* Its private file gets a passphrase; the agent still holds the key, so it is found there. */
    assert_int_equal(run((const char *const[]){"ssh-keygen", "-q", "-p", "-P", "", "-N", "secret",
                                               "-f", place->other, NULL}),
                     0);
    assert_int_equal(signer_open(place->other, place->own, &by_private, NULL), 0);
    assert_string_equal(signer_origin(by_private), "ssh-agent");
    expect_good_signature(by_private);
    assert_int_equal(run(forget), 0);
    assert_int_equal(signer_sign(by_public, order, sizeof(order), &blob), SIGNER_E_REFUSED);
    assert_non_null(strstr(signer_fault(by_public)->text, "refused"));
    assert_int_equal(buffer_length(&blob), 0);
    stop_agent(place);
    assert_int_equal(signer_sign(by_private, order, sizeof(order), &blob), SIGNER_E_NO_AGENT);
    assert_true(signer_fault(by_private)->hint[0]);
    /* The agent is back: the same signer works on. */
    unlink(place->socket);
    start_agent(place);
    assert_int_equal(run((const char *const[]){"ssh-keygen", "-q", "-p", "-P", "secret", "-N", "",
                                               "-f", place->other, NULL}),
                     0);
    assert_int_equal(run(add), 0);
    expect_good_signature(by_private);
    stop_agent(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_operators_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_readable_by_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_encrypted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_agent, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
