/* See run.h. */
#include "warden/run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/command.h"

enum { RUN_VARIABLES = 16, RUN_PASSWD_MAX = 16384 };

enum problem_code account_find(const char *user, struct account *account_out)
{
    char storage[RUN_PASSWD_MAX];
    struct passwd entry;
    struct passwd *found = NULL;

    if (getpwnam_r(user, &entry, storage, sizeof(storage), &found) != 0 || !found)
        return PROBLEM_NO_SUCH_USER;
    *account_out = (struct account){.uid = found->pw_uid, .gid = found->pw_gid};
    account_out->group_count = ELEMENTS_OF(account_out->groups);
    text_copy(account_out->name, sizeof(account_out->name), found->pw_name);
    text_copy(account_out->home, sizeof(account_out->home), found->pw_dir);
    /* Accounts that may not log in have no useful shell; the order's right to run as them is
     * enough. */
    if (!found->pw_shell[0] || strstr(found->pw_shell, "nologin") ||
        strstr(found->pw_shell, "/false"))
        snprintf(account_out->shell, sizeof(account_out->shell), "/bin/sh");
    else
        text_copy(account_out->shell, sizeof(account_out->shell), found->pw_shell);
    if (geteuid() == 0 && getgrouplist(found->pw_name, found->pw_gid, account_out->groups,
                                       &account_out->group_count) < 0)
        account_out->group_count = 0;
    return PROBLEM_NONE;
}

bool run_wants_input(struct slice payload)
{
    return payload.size > 1 && (payload.bytes[1] & COMMAND_INPUT);
}

/* In the child: a sentence on the job's standard error, and the end. */
static _Noreturn void give_up(int code, const char *what, const char *object)
{
    fprintf(stderr, "huned: %s%s%s: %s\n", what, *object ? " " : "", object, strerror(errno));
    fflush(stderr);
    _exit(code);
}

static void child_set_descriptors(const struct run_request *request)
{
    int standard[] = {request->input, request->output, request->errors};

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
    if (*count < RUN_VARIABLES && value &&
        asprintf(&environment[*count], "%s=%s", name, value) >= 0)
        ++*count;
}

/* From the passwd entry, as login(1) makes it; the order's own variables come behind and win. */
static char **child_environment(const struct run_request *request, char *const *own,
                                size_t own_count)
{
    static const char *const passed[] = {"LANG", "LC_ALL", "TZ"};
    const struct account *account = &request->account;
    char **environment = calloc(RUN_VARIABLES + own_count + 1, sizeof(*environment));
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
    if (view.mode == COMMAND_SHELL) {
        /* Not the user's login shell: one line means the same on every machine, whoever runs it. */
        execl("/bin/sh", "sh", "-c", arguments[0], NULL);
        give_up(RUN_EXIT_NOT_EXECUTABLE, "cannot run the shell", "/bin/sh");
    }
    execvp(arguments[0], arguments);
    give_up(errno == ENOENT ? RUN_EXIT_NOT_FOUND : RUN_EXIT_NOT_EXECUTABLE, "cannot run",
            arguments[0]);
}

static _Noreturn void child_main(const struct run_request *request)
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

static void child_enter_cgroup(int cgroup)
{
    int fd = cgroup < 0 ? -1 : openat(cgroup, "cgroup.procs", O_WRONLY);

    /* "0" is whoever writes it. A job that could not be stopped must not start. */
    if (cgroup >= 0 && (fd < 0 || write(fd, "0", 1) != 1))
        _exit(RUN_EXIT_NOT_STARTED);
}

pid_t run_start(const struct run_request *request)
{
    struct clone_args arguments = {.exit_signal = SIGCHLD};
    long pid;

    if (request->cgroup >= 0) {
        arguments.flags = CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)request->cgroup;
    }
    /* clone3() and not fork(): the child is born in its cgroup, so nothing of the job is ever
     * outside. */
    pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid == 0)
        child_main(request);
    /* Containers with an old filter do not know the call; then the child enters by itself. */
    if (pid < 0 && errno == ENOSYS) {
        pid = fork();
        if (pid == 0) {
            child_enter_cgroup(request->cgroup);
            child_main(request);
        }
    }
    return pid < 0 ? -errno : (pid_t)pid;
}
