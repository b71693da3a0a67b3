/* See child.h. */
#include "warden/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proto/command.h"
#include "warden/plain-line.h"

enum { CHILD_VARIABLES = 16 };

/* In the child: a sentence on the job's standard error, and the end. */
static _Noreturn void give_up(int code, const char *what, const char *object)
{
    fprintf(stderr, "huned: %s%s%s: %s\n", what, *object ? " " : "", object, strerror(errno));
    fflush(stderr);
    _exit(code);
}

static void child_set_descriptors(const struct run_request *request)
{
    int standard[] = {request->descriptors[RUN_INPUT], request->descriptors[RUN_OUTPUT],
                      request->descriptors[RUN_ERRORS]};

    /* Above the standard ones first, so that none is overwritten before it was moved. */
    for (int i = 0; i < 3; i++)
        standard[i] = fcntl(standard[i], F_DUPFD, 10);
    for (int i = 0; i < 3; i++) {
        if (standard[i] < 0 || dup2(standard[i], i) < 0)
            _exit(RUN_EXIT_NOT_STARTED);
    }
    if (syscall(SYS_close_range, 3, ~0u, 0) < 0) {
        for (int fd = 3; fd < 65536; fd++)
            close(fd);
    }
}

/* The warden handles no signal (start.c sees to it), ignores SIGPIPE and blocks those that it reads
 * from its signalfd: only that is to be undone. */
static void child_reset_signals(void)
{
    sigset_t none;

    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child_drop_to(const struct account *account)
{
    if (geteuid() == 0) {
        if (setgroups((size_t)account->group_count, account->groups) < 0 ||
            setresgid(account->gid, account->gid, account->gid) < 0 ||
            setresuid(account->uid, account->uid, account->uid) < 0)
            give_up(RUN_EXIT_NOT_STARTED, "cannot become", account->name);
        /* Belt and braces: whoever can come back was never gone. */
        if (account->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
            _exit(RUN_EXIT_NOT_STARTED);
    }
}

static void child_enter_directory(const struct account *account, const char *directory)
{
    bool asked = *directory != '\0';

    if (chdir(asked ? directory : account->home) == 0)
        return;
    if (asked)
        give_up(RUN_EXIT_NOT_STARTED, "cannot enter", directory);
    if (chdir("/") < 0)
        give_up(RUN_EXIT_NOT_STARTED, "cannot enter", "/");
}

static void add_variable(char **environment, size_t *count, const char *name, const char *value)
{
    if (*count < CHILD_VARIABLES && value &&
        asprintf(&environment[*count], "%s=%s", name, value) >= 0)
        ++*count;
}

/* From the passwd entry, as login(1) makes it; the order's own variables come behind and win. */
static char **child_environment(const struct run_request *request, char *const *own,
                                size_t own_count)
{
    static const char *const passed[] = {"LANG", "LC_ALL", "TZ"};
    const struct account *account = &request->account;
    char **environment = calloc(CHILD_VARIABLES + own_count + 1, sizeof(*environment));
    size_t count = 0;

    if (!environment)
        give_up(RUN_EXIT_NOT_STARTED, "no memory", "");
    add_variable(environment, &count, "HOME", account->home);
    add_variable(environment, &count, "USER", account->name);
    add_variable(environment, &count, "LOGNAME", account->name);
    add_variable(environment, &count, "SHELL", account->shell);
    add_variable(environment, &count, "PATH",
                 account->uid == 0 ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                                   : "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games");
    add_variable(environment, &count, TREE_VARIABLE, request->job_id);
    for (size_t i = 0; i < ELEMENTS_OF(passed); i++)
        add_variable(environment, &count, passed[i], getenv(passed[i]));
    for (size_t i = 0; i < own_count; i++) {
        size_t name = strcspn(own[i], "=");
        size_t at = 0;

        while (at < count && strncmp(environment[at], own[i], name + 1) != 0)
            at++;
        environment[at] = own[i];
        count += at == count;
    }
    return environment;
}

/* Not the user's login shell: one line means the same on every machine, whoever runs it. */
static _Noreturn void child_execute_line(const char *line)
{
    char *words[PLAIN_WORDS_MAX + 1];
    char *copy = strdup(line);

    if (copy && plain_line_split(copy, words))
        execvp(words[0], words);
    /* Also when that failed: the shell then says what is wrong, in its own words. */
    execl("/bin/sh", "sh", "-c", line, NULL);
    give_up(RUN_EXIT_NOT_EXECUTABLE, "cannot run the shell", "/bin/sh");
}

static _Noreturn void child_execute(const struct run_request *request)
{
    struct command_view view;
    char *storage = malloc(request->payload.size + 1);
    char **arguments;
    char **variables;
    char *directory;

    if (!storage || command_decode(&view, request->payload)) {
        errno = storage ? EBADMSG : ENOMEM;
        give_up(RUN_EXIT_NOT_STARTED, "the order holds no command", "");
    }
    arguments = calloc(view.arguments + 1u, sizeof(*arguments));
    variables = calloc(view.variables + 1u, sizeof(*variables));
    if (!arguments || !variables)
        give_up(RUN_EXIT_NOT_STARTED, "no memory", "");
    command_unpack(&view, storage, arguments, variables, &directory);
    child_enter_directory(&request->account, directory ? directory : "");
    environ = child_environment(request, variables, view.variables);
    if (view.mode == COMMAND_SHELL)
        child_execute_line(arguments[0]);
    execvp(arguments[0], arguments);
    give_up(errno == ENOENT ? RUN_EXIT_NOT_FOUND : RUN_EXIT_NOT_EXECUTABLE, "cannot run",
            arguments[0]);
}

_Noreturn void child_main(const struct run_request *request)
{
    /* Nobody of the warden's terminal, if it has one, may reach the job. */
    setsid();
    child_set_descriptors(request);
    child_reset_signals();
    setrlimit(RLIMIT_NOFILE, &request->files);
    umask(022);
    child_drop_to(&request->account);
    child_execute(request);
}
