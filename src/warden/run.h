/* The stop `run`: turns a checked order into a process. The child drops to its user before it looks
 * at the order's payload. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "proto/problem.h"
#include "warden/check.h"
#include "warden/tree.h"

struct spawner;

/* The account that a job runs as, looked up while the warden is still whole; for jobs of the same
 * user within a second, once. */
struct account {
    uid_t uid;
    gid_t gid;
    gid_t groups[256];
    int group_count;
    char name[LIMIT_USER_NAME + 1];
    char home[1024];
    char shell[256];
};

/* The descriptors that a job is born with; -1 for one that it has not. */
enum run_descriptor {
    RUN_INPUT,
    RUN_OUTPUT,
    RUN_ERRORS,
    RUN_CGROUP, /* folder to be born in */
    RUN_HELPER, /* the program that does it, for what is no command */
    RUN_BELT,   /* what its input comes over, if that is no pipe */
    RUN_DESCRIPTORS,
};

/* What the child needs besides the order. Flat, but for the payload: it crosses to the spawner as
 * it stands in memory. */
struct run_request {
    uint16_t verb;
    char job_id[UUID_TEXT_SIZE];
    struct account account;
    struct rlimit files; /* RLIMIT_NOFILE as the agent was started with */
    int descriptors[RUN_DESCRIPTORS];
    struct slice payload;
};

/* A process that is being made. */
struct run_birth {
    pid_t pid;
    struct spawner *spawner; /* that has yet to tell the pid */
};

/* Returns PROBLEM_NONE or PROBLEM_NO_SUCH_USER. */
enum problem_code account_find(const char *user, struct account *account_out);
/* Whether the job has a standard input. Of a command's payload, this is the only byte that the
 * warden itself reads. */
bool run_wants_input(const struct order *order);
/* Begins to make the process, in a session of its own; `spawner` may be NULL or have none. The
 * descriptors stay the caller's and may be closed. Returns 0 or -errno. */
int run_begin(struct run_birth *birth_out, struct spawner *spawner,
              const struct run_request *request);
/* Its pid or -errno. Once for each run_begin() that returned 0, before any child is waited for. */
pid_t run_finish(struct run_birth *birth);
/* The fork itself, with further flags of clone(2). Returns the pid or -errno. */
pid_t run_clone(const struct run_request *request, uint64_t flags);

/* The same for less than half: the child shares its maker's memory until it becomes its command,
 * and its maker sleeps as long (CLONE_VM | CLONE_VFORK). So it says by itself, through the socket
 * `announce`, which pid it has, before it does anything that could take long. Returns the pid or
 * -errno; -ENOSYS where this cannot be done. For the spawner alone, which has nothing to hide and
 * can be replaced. */
pid_t run_clone_shared(const struct run_request *request, int announce);
/* Only who stays the user that the spawner is: another could stop the child half-way by a signal,
 * and reads its payload where it has lost the right to harm. */
bool run_may_share(const struct run_request *request);
enum { RUN_SHARED_PAYLOAD = 64 * 1024 };

/* What the child ends with when it never became the command: the shell's own numbers. */
enum { RUN_EXIT_NOT_STARTED = 125, RUN_EXIT_NOT_EXECUTABLE = 126, RUN_EXIT_NOT_FOUND = 127 };
