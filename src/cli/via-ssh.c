#include "base/file.h"
#include "cli/via-ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/input.h"

extern char **environ;

enum { ANSWER_MAX = 64 * 1024 };

static int spawn_ssh(const char *destination, int output, pid_t *pid_out)
{
    /* `--` keeps a destination that begins with a dash from being read as an option. */
    const char *const arguments[] = {"ssh", "--", destination, "huned", "invite", "--json", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int error;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* ignored here, and that would be inherited */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    error = posix_spawnp(pid_out, arguments[0], &actions, &attributes,
                         (char *const *)(const void *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -error;
}

static int run_ssh(const char *destination, struct buffer *answer, int *code_out)
{
    int pipe_ends[2];
    pid_t pid;
    int error;
    int status = 0;

    if (pipe2(pipe_ends, O_CLOEXEC) < 0)
        return -errno;
    error = spawn_ssh(destination, pipe_ends[1], &pid);
    close(pipe_ends[1]);
    if (!error) {
        error = fd_read_all(pipe_ends[0], ANSWER_MAX, answer);
        if (error)
            kill(pid, SIGTERM);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(pipe_ends[0]);
    *code_out = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return error;
}

static bool read_link(struct buffer *answer, struct invite_link *invite_out)
{
    json_t *root = json_loadb((const char *)buffer_bytes(answer), buffer_length(answer),
                              JSON_DISABLE_EOF_CHECK, NULL);
    const char *link = json_string_value(json_object_get(root, "link"));
    bool good = link && invite_link_parse(link, invite_out);

    json_decref(root);
    return good;
}

int via_ssh_invite(struct console *console, const char *destination, struct invite_link *invite_out)
{
    _cleanup_buffer_ struct buffer answer = BUFFER_INIT;
    int code;
    int error = run_ssh(destination, &answer, &code);

    if (error) {
        complain(
            &console->error, destination, _("ssh cannot be run."), strerror(-error),
            _("Install the package openssh-client, or make an invitation on the machine: huned "
              "invite"));
        return STATUS_FAILED;
    }
    if (code == 255) {
        complain(&console->error, destination, _("ssh did not reach the machine."), NULL,
                 _("What ssh said stands above."));
        return STATUS_UNREACHABLE;
    }
    if (code != 0 || !read_link(&answer, invite_out)) {
        complain(&console->error, destination, _("`huned invite` did not work there."), NULL,
                 _("It must be installed, running, and you must be allowed to run it: try\n"
                   "ssh to the machine and run: huned invite"));
        return STATUS_FAILED;
    }
    return STATUS_OK;
}
