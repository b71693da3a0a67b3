/* The stop `run`: turns a checked order into a process. The child drops to its user before it looks
 * at the order's payload. */
#pragma once

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "proto/problem.h"
#include "warden/check.h"
#include "warden/tree.h"

/* The account that a job runs as, looked up once per job while the warden is still whole. */
struct account {
    uid_t uid;
    gid_t gid;
    gid_t groups[256];
    int group_count;
    char name[LIMIT_USER_NAME + 1];
    char home[1024];
    char shell[256];
};

/* What the child needs besides the order. The descriptors are the child's ends. */
struct run_request {
    struct slice payload;
    const char *job_id; /* text */
    struct account account;
    int cgroup; /* folder to be born in, or -1 */
    int input, output, errors;
    struct rlimit files; /* RLIMIT_NOFILE as the agent was started with */
};

/* Returns PROBLEM_NONE or PROBLEM_NO_SUCH_USER. */
enum problem_code account_find(const char *user, struct account *account_out);
/* Whether the order asks for standard input: the only byte of the payload that the warden itself
 * reads. */
bool run_wants_input(struct slice payload);
/* Starts the process, in a session of its own. Returns its pid or -errno. */
pid_t run_start(const struct run_request *request);

/* What the child ends with when it never became the command: the shell's own numbers. */
enum { RUN_EXIT_NOT_STARTED = 125, RUN_EXIT_NOT_EXECUTABLE = 126, RUN_EXIT_NOT_FOUND = 127 };
