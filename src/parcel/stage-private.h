/* What the files of a stage share: stage.c (its life, what goes in), stage-commit.c (into place).
 */
#pragma once

#include "parcel/stage.h"

struct stage_folder {
    char *name;
    mode_t mode;
    struct timespec changed;
};

/* Sets the trouble; returns 1. */
int stage_trouble(struct stage *stage, const char *name, int error);
/* Removes all that is in a folder, as far as it can. */
void stage_empty(int folder);
/* What was written is on the disk, and the folder `fd` too: one by one if they are few, else all of
 * the file system at once. False: see errno. */
bool stage_sync(struct stage *stage, int fd);
