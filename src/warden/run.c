/* See run.h. */
#include "warden/run.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/command.h"
#include "warden/child.h"
#include "warden/spawner.h"

enum { RUN_PASSWD_MAX = 16384 };

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

bool run_wants_input(const struct order *order)
{
    if (order->verb == VERB_PUT)
        return true;
    return order->verb == VERB_RUN && order->payload.size > 1 &&
           (order->payload.bytes[1] & COMMAND_INPUT);
}

static void child_enter_cgroup(int cgroup)
{
    int fd = cgroup < 0 ? -1 : openat(cgroup, "cgroup.procs", O_WRONLY);

    /* "0" is whoever writes it. A job that could not be stopped must not start. */
    if (cgroup >= 0 && (fd < 0 || write(fd, "0", 1) != 1))
        _exit(RUN_EXIT_NOT_STARTED);
}

/* Containers with an old filter know no clone3(); then the child enters its cgroup by itself. */
static pid_t clone_the_old_way(const struct run_request *request, uint64_t flags)
{
    /* With CLONE_PARENT the signal is that of who forks. */
    long signal = flags & CLONE_PARENT ? 0 : SIGCHLD;
    long pid = syscall(SYS_clone, (long)flags | signal, 0L, 0L, 0L, 0L);

    if (pid == 0) {
        child_enter_cgroup(request->descriptors[RUN_CGROUP]);
        child_main(request);
    }
    return pid < 0 ? -errno : (pid_t)pid;
}

pid_t run_clone(const struct run_request *request, uint64_t flags)
{
    struct clone_args arguments = {.flags = flags,
                                   .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD};
    int cgroup = request->descriptors[RUN_CGROUP];
    long pid;

    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup;
    }
    /* clone3() and not fork(): the child is born in its cgroup, so nothing of the job is ever
     * outside. */
    pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (pid == 0)
        child_main(request);
    if (pid < 0 && errno == ENOSYS)
        return clone_the_old_way(request, flags);
    return pid < 0 ? -errno : (pid_t)pid;
}

#if !HUNE_SANITIZED && defined(__x86_64__)
static inline long clone3_here(const struct clone_args *arguments)
{
    long result = SYS_clone3;

    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(arguments), "S"(sizeof(*arguments))
                     : "rcx", "r11", "memory");
    return result;
}
#elif !HUNE_SANITIZED && defined(__aarch64__)
static inline long clone3_here(const struct clone_args *arguments)
{
    register long number __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)arguments;
    register long size __asm__("x1") = sizeof(*arguments);

    __asm__ volatile("svc 0" : "+r"(result) : "r"(number), "r"(size) : "memory");
    return result;
}
#else /* the sanitizers keep notes about the stack, which the child would leave wrong */
static inline long clone3_here(const struct clone_args *arguments)
{
    (void)arguments;
    return -ENOSYS;
}
#endif

/* The child goes on upon this very stack, below this frame, while its maker sleeps: so libc's
 * syscall() will not do, whose frame the child would write over, and nothing may be done here but
 * this. */
static __attribute__((noinline)) long clone_upon_this_stack(const struct clone_args *arguments,
                                                            const struct run_request *request,
                                                            int announce)
{
    long pid = clone3_here(arguments);

    if (pid == 0) {
        pid_t own = getpid();

        if (send(announce, &own, sizeof(own), MSG_NOSIGNAL) != sizeof(own))
            _exit(RUN_EXIT_NOT_STARTED);
        child_main(request);
    }
    return pid;
}

bool run_may_share(const struct run_request *request)
{
    return request->verb == VERB_RUN && request->account.uid == geteuid() &&
           request->payload.size <= RUN_SHARED_PAYLOAD;
}

pid_t run_clone_shared(const struct run_request *request, int announce)
{
    struct clone_args arguments = {.flags = CLONE_PARENT | CLONE_VM | CLONE_VFORK};
    int cgroup = request->descriptors[RUN_CGROUP];
    char **own_environment = environ;
    long pid;

    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup;
    }
    pid = clone_upon_this_stack(&arguments, request, announce);
    environ = own_environment;
    return (pid_t)pid;
}

int run_begin(struct run_birth *birth_out, struct spawner *spawner,
              const struct run_request *request)
{
    *birth_out = (struct run_birth){0};
    if (spawner && spawner->socket >= 0 && spawner_ask(spawner, request) == 0) {
        birth_out->spawner = spawner;
        return 0;
    }
    birth_out->pid = run_clone(request, 0);
    return birth_out->pid < 0 ? birth_out->pid : 0;
}

pid_t run_finish(struct run_birth *birth)
{
    return birth->spawner ? spawner_answer(birth->spawner) : birth->pid;
}
