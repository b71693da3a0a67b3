/* See sandbox-filter.h. A straight line of comparisons: architecture, then call after call; what
 * falls out at the end is refused. */
#include "gate/sandbox-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config.h"
#include "gate/sandbox-calls.h"

#if defined(__x86_64__)
#    define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#    define FILTER_ARCH AUDIT_ARCH_AARCH64
#else
#    error "the filter knows x86-64 and aarch64"
#endif

#if HUNE_SECCOMP_LOG_ONLY
#    define FILTER_REFUSE SECCOMP_RET_LOG
#else
#    define FILTER_REFUSE SECCOMP_RET_KILL_PROCESS
#endif

/* The upper half of the numbers of x86-64's second table (x32). */
enum { FILTER_X32_BIT = 0x40000000 };

#define FIELD(member) ((uint32_t)offsetof(struct seccomp_data, member))
/* The lower half of an argument; both architectures are little-endian. */
#define ARGUMENT(index) ((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (index)))

#define LOAD(offset)              BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (count))
#define SKIP_IF_ANY(bits, count)  BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), (count), 0)
#define RETURN(what)              BPF_STMT(BPF_RET | BPF_K, (what))

#define ALLOW(name) SKIP_UNLESS(SYS_##name, 1), RETURN(SECCOMP_RET_ALLOW),
/* After looking into an argument there is no way back to the number, so the line ends here. */
#define ALLOW_MASKED(name, index, bits)                                      \
    SKIP_UNLESS(SYS_##name, 4), LOAD(ARGUMENT(index)), SKIP_IF_ANY(bits, 1), \
        RETURN(SECCOMP_RET_ALLOW), RETURN(FILTER_REFUSE),
#define ALLOW_EQUAL(name, index, value)                                       \
    SKIP_UNLESS(SYS_##name, 4), LOAD(ARGUMENT(index)), SKIP_UNLESS(value, 1), \
        RETURN(SECCOMP_RET_ALLOW), RETURN(FILTER_REFUSE),

#define ALLOW_COMMAND(command) SKIP_UNLESS(command, 1), RETURN(SECCOMP_RET_ALLOW),
#define COUNT_COMMAND(command) +2

int sandbox_filter(void)
{
    /* The macros bring their own commas. */
    /* clang-format off */
    const struct sock_filter lines[] = {
        LOAD(FIELD(arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(FIELD(nr)),
#ifdef __x86_64__
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FILTER_X32_BIT, 0, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
#endif
        SANDBOX_CALLS(ALLOW) /* most of what a busy gate does stands first */
        SANDBOX_CALLS_OLD(ALLOW)
        SKIP_UNLESS(SYS_fcntl, 2 SANDBOX_FCNTL(COUNT_COMMAND)),
        LOAD(ARGUMENT(1)),
        SANDBOX_FCNTL(ALLOW_COMMAND)
        RETURN(FILTER_REFUSE),
        SANDBOX_CALLS_SANITIZER(ALLOW)
        SANDBOX_CALLS_SANITIZER_OLD(ALLOW)
        SKIP_UNLESS(SYS_ioctl, 2 SANDBOX_IOCTL(COUNT_COMMAND)),
        LOAD(ARGUMENT(1)),
        SANDBOX_IOCTL(ALLOW_COMMAND)
        RETURN(FILTER_REFUSE),
        SANDBOX_CALLS_MASKED(ALLOW_MASKED)
        SANDBOX_CALLS_EQUAL(ALLOW_EQUAL)
        RETURN(FILTER_REFUSE),
    };
    /* clang-format on */
    const struct sock_fprog program = {.len = ELEMENTS_OF(lines),
                                       .filter = (struct sock_filter *)(uintptr_t)lines};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0 ? -errno : 0;
}
