/* The system calls of the running gate. Whoever adds one says why; what is in no list ends the
 * process. */
#pragma once

/* X(name): allowed with any argument. */
#define SANDBOX_CALLS(X)                                                      \
    /* the loop */                                                            \
    X(epoll_ctl)                                                              \
    X(epoll_pwait)                                                            \
    X(clock_gettime)                                                          \
    X(gettimeofday)                                                           \
    X(restart_syscall)                                                        \
    /* connections, the door, pipes, the audit files, the log */              \
    X(accept4)                                                                \
    X(close)                                                                  \
    X(getpeername)                                                            \
    X(getsockname)                                                            \
    X(getsockopt)                                                             \
    X(pread64)                                                                \
    X(pwrite64) /* the history */                                             \
    X(read)                                                                   \
    X(readv)                                                                  \
    X(recvfrom)                                                               \
    X(recvmsg)                                                                \
    X(sendmsg)                                                                \
    X(sendto)                                                                 \
    X(setsockopt)                                                             \
    X(shutdown)                                                               \
    X(write)                                                                  \
    X(writev)                                                                 \
    /* the door's queue, the reserve descriptor, non-blocking pipes, seals */ \
    X(dup)                                                                    \
    /* orders longer than a door message */                                   \
    X(memfd_create)                                                           \
    /* facts: Landlock says which files */                                    \
    X(fstat)                                                                  \
    X(fstatfs)                                                                \
    X(getdents64)                                                             \
    X(lseek)                                                                  \
    X(newfstatat)                                                             \
    X(readlinkat)                                                             \
    X(statfs)                                                                 \
    X(statx)                                                                  \
    X(sysinfo)                                                                \
    X(uname)                                                                  \
    /* memory and the C library */                                            \
    X(brk)                                                                    \
    X(futex)                                                                  \
    X(getpid)                                                                 \
    X(getrandom)                                                              \
    X(gettid)                                                                 \
    X(madvise)                                                                \
    X(mremap)                                                                 \
    X(munmap)                                                                 \
    X(rt_sigaction)                                                           \
    X(rt_sigprocmask)                                                         \
    X(rt_sigreturn)                                                           \
    X(sched_getaffinity)                                                      \
    X(sched_yield)                                                            \
    X(exit)                                                                   \
    X(exit_group)

/* Calls of x86-64 alone: its C library and libuv use the older one. */
#ifdef __x86_64__
#    define SANDBOX_CALLS_OLD(X) X(epoll_wait) X(readlink)
#else
#    define SANDBOX_CALLS_OLD(X)
#endif

/* X(name, which argument, bits that must not be set): what would write, run, or make code. `open`
 * and `openat` for writing are Landlock's to refuse too; here it holds on kernels without. */
#define SANDBOX_CALLS_MASKED(X) \
    X(mmap, 2, PROT_EXEC)       \
    X(mprotect, 2, PROT_EXEC)   \
    X(openat, 2, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

/* X(name, which argument, the one value) */
#define SANDBOX_CALLS_EQUAL(X)                                               \
    X(tgkill, 0, getpid())      /* abort(): signals to this process alone */ \
    X(sched_setscheduler, 0, 0) /* this process alone; RLIMIT_RTPRIO is 0 */

/* X(command): of ioctl(2). libuv makes descriptors non-blocking with the first; the others are all
 * that may be done to a terminal that is lent, besides reading and typing. */
#define SANDBOX_IOCTL(X) \
    X(FIONBIO)           \
    X(FIONREAD)          \
    X(TIOCSWINSZ)

/* X(command): of fcntl(2). F_SETOWN and F_SETSIG are not among them: together they are a kill(2).
 */
#define SANDBOX_FCNTL(X) \
    X(F_DUPFD_CLOEXEC)   \
    X(F_GETFD)           \
    X(F_SETFD)           \
    X(F_GETFL)           \
    X(F_SETFL)           \
    X(F_ADD_SEALS)       \
    X(F_GET_SEALS)

/* What sanitizers do besides, to report and to look for leaks. No more than that, so that the tests
 * of sanitized builds still find a call that is missing above. */
#if HUNE_SANITIZED
#    define SANDBOX_CALLS_SANITIZER(X) \
        X(clone)                       \
        X(getppid)                     \
        X(getrusage)                   \
        X(ioctl)                       \
        X(mmap)                        \
        X(mprotect)                    \
        X(prctl)                       \
        X(prlimit64)                   \
        X(ptrace)                      \
        X(sigaltstack)                 \
        X(tgkill)                      \
        X(wait4)
#else
#    define SANDBOX_CALLS_SANITIZER(X)
#endif
#if HUNE_SANITIZED && defined(__x86_64__)
#    define SANDBOX_CALLS_SANITIZER_OLD(X) X(getdents) X(open) X(stat)
#else
#    define SANDBOX_CALLS_SANITIZER_OLD(X)
#endif
