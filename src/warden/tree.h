/* A job's tree of processes, and how to end all of it.
 *
 * Where cgroup v2 is writable each job is born into a cgroup of its own, and cgroup.kill ends it
 * for sure. Elsewhere the tree is what descends from the job's first process, its process group,
 * and orphans that the warden (a child subreaper) inherited and that carry the job's id in their
 * environment.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/uuid.h"

struct forest {
    char *path;  /* folder of our cgroups; NULL without cgroup v2 */
    bool sweeps; /* kill by search, since there is no cgroup */
    bool litter; /* some cgroup was not yet empty when its job ended */
};

struct tree {
    int cgroup; /* the cgroup's folder, or -1 */
    char name[UUID_TEXT_SIZE];
};

/* The variable that marks a job's processes. */
#define TREE_VARIABLE "HUNE_JOB"

/* Finds out which way this machine allows, and says so once in the log. Returns 0 or -errno. */
int forest_init(struct forest *forest);
void forest_deinit(struct forest *forest);

void tree_init(struct tree *tree, struct forest *forest, const uint8_t id[UUID_SIZE]);
void tree_deinit(struct tree *tree, struct forest *forest);
/* SIGKILL for all of it, as often as it takes; `leader` is the job's first process, 0 if it is
 * reaped. */
void tree_kill(struct tree *tree, struct forest *forest, pid_t leader);
