/* A job's tree of processes, and how to end all of it.
 *
 * Where cgroup v2 is writable each job is born into a cgroup of its own, and cgroup.kill ends it
 * for sure. Elsewhere the tree is what descends from the job's first process, its process group,
 * and orphans that the warden (a child subreaper) inherited and that carry the job's id in their
 * environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/uuid.h"

/* Cgroups that are empty wait to be used again: making one costs more than all else about a short
 * job. Those that a job left a daemon in are retired and removed once that has ended. */
enum { FOREST_SPARE_MAX = 256, FOREST_RETIRED_MAX = 256 };

struct forest_cgroup {
    int fd; /* the cgroup's folder, or -1 */
    uint32_t number;
};

struct forest {
    char *path; /* folder of our cgroups; NULL without cgroup v2: then trees are killed by search */
    uint32_t made;
    struct forest_cgroup spare[FOREST_SPARE_MAX];
    size_t spare_count;
    uint32_t retired[FOREST_RETIRED_MAX];
    size_t retired_count;
};

struct tree {
    struct forest_cgroup cgroup;
    bool killed;               /* cgroup.kill was used */
    char mark[UUID_TEXT_SIZE]; /* the job's id */
};

/* The variable that marks a job's processes. */
#define TREE_VARIABLE "HUNE_JOB"

/* Finds out which way this machine allows, and says so once in the log. Returns 0 or -errno. */
int forest_init(struct forest *forest);
void forest_deinit(struct forest *forest);

void tree_init(struct tree *tree, struct forest *forest, const uint8_t id[UUID_SIZE]);
void tree_deinit(struct tree *tree, struct forest *forest);
/* Ends what a warden that was killed left in one of its cgroups; `folder` is where those are. */
void forest_end_left(const struct forest *forest, const char *folder, uint32_t number);
/* SIGKILL for every process that carries the id of a job for which `is_ours` says so, and for all
 * that descends from it. Returns how many there were. */
size_t tree_end_marked(bool (*is_ours)(const char *id, void *user), void *user);
/* SIGKILL for all of it, as often as it takes; `leader` is the job's first process, 0 if it is
 * reaped. */
void tree_kill(struct tree *tree, pid_t leader);
