/* Where the agent's files are: the system's places for root, the user's for anybody else, one
 * folder with --state. */
#pragma once

#include <stdbool.h>

struct place {
    char *config;    /* huned.conf */
    char *operators; /* who may do what */
    char *state;     /* folder: machine key, audit log, tokens */
    char *run;       /* folder: epoch, journal, invitations; forgotten at a reboot */
    bool privileged; /* started by root: jobs may run as other users */
};

/* `state_dir` and `config` may be NULL. Returns 0, -ENOMEM, or -ENOENT when HOME is not set. */
int place_init(struct place *place, const char *state_dir, const char *config);
void place_deinit(struct place *place);
/* Makes the folders, 0700 each. Returns 0 or -errno with the folder's path in *failed_out. */
int place_make(const struct place *place, const char **failed_out);
/* A path below one of the folders, from malloc; NULL for no memory. */
char *place_path(const char *folder, const char *name);
