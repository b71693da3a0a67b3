/* The roll: which jobs run now, for the warden that comes after one that was killed.
 *
 * A file of fixed slots in the run folder, one for each job that runs, written when a job begins
 * and emptied when it has ended, without a sync: the page cache outlives the warden, and after a
 * reboot no job is left. It says nothing about whether an order may run: that is the replay
 * journal's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/invite.h"
#include "proto/limits.h"
#include "proto/sshkey.h"
#include "base/uuid.h"

struct job;

/* As it stands in the file, which the same program reads on the same computer. */
struct roll_entry {
    uint64_t magic;
    uint64_t started_ms;
    uint32_t cgroup; /* number of its cgroup below the roll's forest; 0: it has none */
    uint16_t verb;
    uint8_t id[UUID_SIZE];
    uint8_t fingerprint[FINGERPRINT_SIZE];
    char user[LIMIT_USER_NAME + 1];
    char operator_name[INVITE_LABEL_MAX + 1];
    char label[128];
};

struct roll {
    int fd; /* -1: there is none, and nothing is lost but the names of jobs that are lost */
    bool used[LIMIT_JOBS_RUNNING];
    /* What the last warden left behind, until roll_settle(). */
    struct roll_entry *left;
    size_t left_count;
    char left_forest[256]; /* the folder of its cgroups; "" for none */
};

/* Opens the roll and reads what was left in it. Returns 0 or -errno. */
int roll_init(struct roll *roll, const char *run);
/* What was left is dealt with: begins anew, with this folder of cgroups (NULL: none). */
int roll_settle(struct roll *roll, const char *forest);
void roll_deinit(struct roll *roll);
/* Writes the job down. Returns its slot, or -1 when it could not be. */
int roll_enter(struct roll *roll, const struct job *job);
/* Takes -1. */
void roll_leave(struct roll *roll, int slot);
