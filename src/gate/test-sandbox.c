/* Each case runs in a child that closes the sandbox around itself. Sanitizers need some of the
 * calls that are refused here, so in their builds only Landlock and the privileges are tested. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config.h"
#include "gate/sandbox.h"

enum { NOBODY = 65534, NO_SANDBOX = 99 };

static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static bool has_filters(void)
{
    /* A kernel with filters finds fault with the address, not with the request. */
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

/* As some give it to who listens to music, where root may give that: to be taken away. */
static void allow_priorities(void)
{
    const struct rlimit high = {.rlim_cur = 50, .rlim_max = 50};

    (void)setrlimit(RLIMIT_RTPRIO, &high);
}

/* Runs `act` in a closed sandbox; its result is the exit status, and what waitpid() says is
 * returned. */
static int in_sandbox(int (*act)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        allow_priorities();
        if (sandbox_drop(NOBODY, NOBODY) || sandbox_close())
            _exit(NO_SANDBOX);
        _exit(act());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int act_read(void)
{
    static const char *const paths[] = {"/proc/meminfo", "/proc/self/stat", "/etc/passwd",
                                        "/etc/os-release"};

    for (size_t i = 0; i < ELEMENTS_OF(paths); i++) {
        char byte;
        int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

        if (fd < 0 || read(fd, &byte, 1) != 1)
            return 1;
        close(fd);
    }
    return 0;
}

static void test_reads_what_facts_need(void **state)
{
    (void)state;
    assert_int_equal(in_sandbox(act_read), 0);
}

static int act_read_elsewhere(void)
{
    static const char *const paths[] = {"/etc/shadow", "/etc/fstab", "/bin/sh", "/", "/tmp"};

    for (size_t i = 0; i < ELEMENTS_OF(paths); i++)
        if (open(paths[i], O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
            return 1;
    return 0;
}

static void test_reads_nothing_else(void **state)
{
    (void)state;
    if (!has_landlock()) {
        print_message("skipped: this kernel has no Landlock\n");
        skip();
    }
    assert_int_equal(in_sandbox(act_read_elsewhere), 0);
}

static int act_look_at_self(void)
{
    struct rlimit core, priority;
    uid_t real, effective, saved;

    if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0 ||
        getrlimit(RLIMIT_RTPRIO, &priority) < 0 || priority.rlim_max != 0 ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ||
        prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != HUNE_SANITIZED)
        return 1;
    getresuid(&real, &effective, &saved);
    return real == 0 || effective == 0 || saved == 0 || getgroups(0, NULL) > 0;
}

/* Without the filter, which has no call for looking at oneself. */
static void test_privileges_are_gone(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        bool root = geteuid() == 0;

        allow_priorities();
        if (sandbox_drop(NOBODY, NOBODY))
            _exit(NO_SANDBOX);
        _exit(root ? act_look_at_self() : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_root_is_no_user_to_drop_to(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        _exit(geteuid() == 0 &&
              (sandbox_drop(0, NOBODY) != -EPERM || sandbox_drop(NOBODY, 0) != -EPERM));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static int act_exec(void)
{
    execl("/bin/true", "true", NULL);
    return 1;
}

static int act_fork(void)
{
    return fork() < 0;
}

static int act_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0;
}

static int act_connect(void)
{
    return connect(0, NULL, 0) < 0;
}

static int act_write_file(void)
{
    return open("/proc/self/comm", O_WRONLY | O_CLOEXEC) < 0;
}

static int act_make_file(void)
{
    return open("/tmp/hune-must-not-be", O_RDONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
}

static int act_make_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
           MAP_FAILED;
}

static int act_change_to_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0;
}

static int act_signal(void)
{
    return kill(getppid(), 0) < 0;
}

static int act_slow_others(void)
{
    const struct sched_param normal = {.sched_priority = 0};

    return sched_setscheduler(getppid(), SCHED_IDLE, &normal) < 0;
}

/* It may take its own turns in batches, and no better ones than everybody's. */
static int act_own_turns(void)
{
    const struct sched_param normal = {.sched_priority = 0}, first = {.sched_priority = 1};

    return sched_setscheduler(0, SCHED_BATCH, &normal) < 0 ||
           sched_setscheduler(0, SCHED_FIFO, &first) == 0 ||
           sched_setscheduler(0, SCHED_OTHER, &normal) < 0;
}

static void test_own_turns(void **state)
{
    (void)state;
    assert_int_equal(in_sandbox(act_own_turns), 0);
}

static int act_control(void)
{
    return syscall(SYS_ioctl, 0, TIOCGWINSZ, 0) < 0;
}

/* What could be done with a terminal that is lent, besides typing and reading. */
static int act_feed_terminal(void)
{
    return syscall(SYS_ioctl, 0, TIOCSTI, "x") < 0;
}

static int act_open_terminal(void)
{
    return syscall(SYS_ioctl, 0, TIOCGPTPEER, O_RDWR) < 0;
}

static int act_change_terminal(void)
{
    struct termios modes = {0};

    return syscall(SYS_ioctl, 0, TCSETS, &modes) < 0;
}

#ifdef __x86_64__
static int act_other_table(void)
{
    return syscall(SYS_write | 0x40000000, 2, "", 0) < 0;
}
#endif

static void test_refused_calls_kill(void **state)
{
    static int (*const acts[])(void) = {
        act_exec,          act_fork,          act_socket,          act_connect,     act_write_file,
        act_make_file,     act_make_code,     act_change_to_code,  act_signal,      act_control,
        act_feed_terminal, act_open_terminal, act_change_terminal, act_slow_others,
#ifdef __x86_64__
        act_other_table,
#endif
    };

    (void)state;
    if (HUNE_SANITIZED || HUNE_SECCOMP_LOG_ONLY || !has_filters()) {
        print_message("skipped: the filter of this build refuses less, or the kernel has none\n");
        skip();
    }
    for (size_t i = 0; i < ELEMENTS_OF(acts); i++) {
        int status = in_sandbox(acts[i]);

        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("case %zu: status %#x", i, (unsigned)status);
    }
}

static int act_abort(void)
{
    abort();
}

/* A failed assertion of the C library must look like one. */
static void test_abort_is_an_abort(void **state)
{
    int status;

    (void)state;
    if (HUNE_SANITIZED)
        skip();
    status = in_sandbox(act_abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_facts_need),
        cmocka_unit_test(test_reads_nothing_else),
        cmocka_unit_test(test_privileges_are_gone),
        cmocka_unit_test(test_root_is_no_user_to_drop_to),
        cmocka_unit_test(test_own_turns),
        cmocka_unit_test(test_refused_calls_kill),
        cmocka_unit_test(test_abort_is_an_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
