/* See child.h. */
#include "warden/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "proto/terminal.h"
#include "proto/transfer.h"
#include "proto/verb.h"
#include "warden/plain-line.h"

enum { CHILD_VARIABLES = 16, CHILD_HELPER_FD = 3 };

_Static_assert((int)TRANSFER_BELT_FD > (int)CHILD_HELPER_FD, "each has its own");

/* What the child makes of its order. It may share the spawner's memory (run_clone_shared), which
 * takes it back by beginning anew; malloc() would leak there, and be left broken by a child that is
 * killed in the middle of it. The most is two addresses for each byte of the payload, and two
 * copies; pages that are not used cost nothing. */
static struct {
    _Alignas(max_align_t) uint8_t bytes[20 * RUN_SHARED_PAYLOAD];
    size_t used;
} child_memory;

/* Zeroed, or NULL. */
static void *child_take(size_t count, size_t size)
{
    size_t room = sizeof(child_memory.bytes) - child_memory.used;
    size_t wanted;
    void *taken;

    if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 2)
        return NULL;
    wanted = (wanted + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    if (wanted > room)
        return calloc(1, wanted); /* of a longer payload, which shares no memory */
    taken = child_memory.bytes + child_memory.used;
    child_memory.used += wanted;
    return memset(taken, 0, wanted);
}

/* In the child: a sentence on the job's standard error, and the end. */
static _Noreturn void give_up(int code, const char *what, const char *object)
{
    dprintf(STDERR_FILENO, "huned: %s%s%s: %s\n", what, *object ? " " : "", object,
            strerror(errno));
    _exit(code);
}

static void child_set_descriptors(const struct run_request *request)
{
    int standard[] = {request->descriptors[RUN_INPUT], request->descriptors[RUN_OUTPUT],
                      request->descriptors[RUN_ERRORS]};
    int helper = request->descriptors[RUN_HELPER];
    int belt = request->descriptors[RUN_BELT];
    int kept;

    /* Above the standard ones first, so that none is overwritten before it was moved. */
    for (int i = 0; i < 3; i++)
        standard[i] = fcntl(standard[i], F_DUPFD, 10);
    if (helper >= 0)
        helper = fcntl(helper, F_DUPFD, 10);
    if (belt >= 0)
        belt = fcntl(belt, F_DUPFD, 10);
    for (int i = 0; i < 3; i++) {
        if (standard[i] < 0 || dup2(standard[i], i) < 0)
            _exit(RUN_EXIT_NOT_STARTED);
    }
    if (helper >= 0 && dup3(helper, CHILD_HELPER_FD, O_CLOEXEC) < 0)
        _exit(RUN_EXIT_NOT_STARTED);
    kept = helper < 0 ? 3 : CHILD_HELPER_FD + 1;
    if (belt >= 0) {
        if (dup2(belt, TRANSFER_BELT_FD) < 0)
            _exit(RUN_EXIT_NOT_STARTED);
        for (; kept < TRANSFER_BELT_FD; kept++)
            close(kept);
        kept = TRANSFER_BELT_FD + 1;
    }
    if (syscall(SYS_close_range, kept, ~0u, 0) < 0) {
        for (int fd = kept; fd < 65536; fd++)
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
    size_t size = value ? strlen(name) + 1 + strlen(value) + 1 : 0;
    char *text = *count < CHILD_VARIABLES && value ? child_take(size, 1) : NULL;

    if (!text)
        return;
    snprintf(text, size, "%s=%s", name, value);
    environment[(*count)++] = text;
}

/* From the passwd entry, as login(1) makes it; the order's own variables come behind and win. */
static char **child_environment(const struct run_request *request, const char *terminal,
                                char *const *own, size_t own_count)
{
    static const char *const passed[] = {"LANG", "LC_ALL", "TZ"};
    const struct account *account = &request->account;
    char **environment = child_take(CHILD_VARIABLES + own_count + 1, sizeof(*environment));
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
    add_variable(environment, &count, "TERM", terminal);
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
    size_t size = strlen(line) + 1;
    char *copy = child_take(size, 1);

    if (copy && plain_line_split(memcpy(copy, line, size), words))
        execvp(words[0], words);
    /* Also when that failed: the shell then says what is wrong, in its own words. */
    execl("/bin/sh", "sh", "-c", line, NULL);
    give_up(RUN_EXIT_NOT_EXECUTABLE, "cannot run the shell", "/bin/sh");
}

/* What the order holds: a command, and with it a terminal's looks. */
struct child_order {
    struct terminal_view terminal;
    char name[TERMINAL_NAME_MAX + 1]; /* TERM; "" without a terminal */
};

static bool child_read_order(const struct run_request *request, struct child_order *order_out)
{
    struct terminal_view *terminal = &order_out->terminal;

    *order_out = (struct child_order){0};
    if (request->verb != VERB_SHELL)
        return command_decode(&terminal->command, request->payload) == 0 &&
               terminal->command.mode != COMMAND_LOGIN;
    if (terminal_decode(terminal, request->payload))
        return false;
    memcpy(order_out->name, terminal->name.bytes, terminal->name.size);
    return true;
}

/* The descriptors are a terminal: from here it is the session's. */
static void child_enter_terminal(const struct terminal_view *view)
{
    /* Whoever started the agent may have ignored them, and then Ctrl-C would do nothing. */
    static const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                                  SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD};
    const struct winsize size = {
        .ws_row = view->size.rows,
        .ws_col = view->size.columns,
        .ws_xpixel = view->size.width,
        .ws_ypixel = view->size.height,
    };
    struct termios modes;

    for (size_t i = 0; i < ELEMENTS_OF(signals); i++)
        signal(signals[i], SIG_DFL);
    if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
        give_up(RUN_EXIT_NOT_STARTED, "cannot have the terminal", "");
    ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
    if (tcgetattr(STDIN_FILENO, &modes) < 0)
        return;
    if (view->flags & TERMINAL_UTF8)
        modes.c_iflag |= IUTF8;
    if (view->erase)
        modes.c_cc[VERASE] = view->erase;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

static _Noreturn void child_become_login_shell(const struct account *account)
{
    const char *slash = strrchr(account->shell, '/');
    char name[sizeof(account->shell) + 1];

    /* The dash tells it to read the user's profile. */
    snprintf(name, sizeof(name), "-%s", slash ? slash + 1 : account->shell);
    execl(account->shell, name, NULL);
    give_up(RUN_EXIT_NOT_EXECUTABLE, "cannot run the shell", account->shell);
}

static _Noreturn void child_execute(const struct run_request *request,
                                    const struct child_order *order)
{
    const struct command_view *view = &order->terminal.command;
    char *storage = child_take(request->payload.size + 1, 1);
    char **arguments = child_take(view->arguments + 1u, sizeof(*arguments));
    char **variables = child_take(view->variables + 1u, sizeof(*variables));
    char *directory;

    if (!storage || !arguments || !variables)
        give_up(RUN_EXIT_NOT_STARTED, "no memory", "");
    command_unpack(view, storage, arguments, variables, &directory);
    child_enter_directory(&request->account, directory ? directory : "");
    environ = child_environment(request, *order->name ? order->name : NULL, variables,
                                view->variables);
    if (view->mode == COMMAND_LOGIN)
        child_become_login_shell(&request->account);
    if (view->mode == COMMAND_SHELL)
        child_execute_line(arguments[0]);
    execvp(arguments[0], arguments);
    give_up(errno == ENOENT ? RUN_EXIT_NOT_FOUND : RUN_EXIT_NOT_EXECUTABLE, "cannot run",
            arguments[0]);
}

/* What moves files is no command of the user's: a program of ours, which reads the order itself now
 * that it has no right left but the user's. */
static _Noreturn void child_execute_courier(const struct run_request *request)
{
    const char *verb = request->verb == VERB_GET ? "get" : "put";
    /* The gate writes onto the belt, and is not to be believed twice; or it reads from there, and
     * what a console does not have yet must stay. */
    const char *manner = request->verb == VERB_GET ? TRANSFER_STAYS : TRANSFER_COPIES;
    char *const arguments[] = {(char *)"hune-courier", (char *)verb,
                               (char *)(request->descriptors[RUN_BELT] >= 0 ? manner : NULL), NULL};
    int order = memfd_create("hune-transfer", 0);

    if (order < 0 || fd_write_all(order, request->payload.bytes, request->payload.size) ||
        lseek(order, 0, SEEK_SET) < 0)
        give_up(RUN_EXIT_NOT_STARTED, "cannot pass on", "the order");
    if (order != TRANSFER_ORDER_FD && dup2(order, TRANSFER_ORDER_FD) < 0)
        give_up(RUN_EXIT_NOT_STARTED, "cannot pass on", "the order");
    child_enter_directory(&request->account, "");
    execveat(CHILD_HELPER_FD, "", arguments, child_environment(request, NULL, NULL, 0),
             AT_EMPTY_PATH);
    give_up(RUN_EXIT_NOT_EXECUTABLE, "cannot run", "hune-courier");
}

_Noreturn void child_main(const struct run_request *request)
{
    struct child_order order;

    child_memory.used = 0;
    /* Nobody of the warden's terminal, if it has one, may reach the job. */
    setsid();
    child_set_descriptors(request);
    child_reset_signals();
    setrlimit(RLIMIT_NOFILE, &request->files);
    umask(022);
    child_drop_to(&request->account);
    if (request->verb == VERB_GET || request->verb == VERB_PUT)
        child_execute_courier(request);
    if (!child_read_order(request, &order)) {
        errno = EBADMSG;
        give_up(RUN_EXIT_NOT_STARTED, "the order holds no command", "");
    }
    if (request->verb == VERB_SHELL)
        child_enter_terminal(&order.terminal);
    child_execute(request, &order);
}
