/* Where a parcel is unpacked before it is put into place: a folder of its own, ".hune-" and sixteen
 * hexadecimal digits, beside what it shall become. Nothing in the target changes before
 * stage_commit(); then each file is renamed into place, so that whoever looks sees the old file or
 * the new one. stage_drop() leaves nothing behind.
 *
 * Its owner holds a lock on the folder. What was left by one that was killed has none, and the next
 * stage in the same target removes it.
 *
 * All functions return 0, or 1 with the trouble set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "parcel/trouble.h"

enum { STAGE_NAME_SIZE = 6 + 16 + 1 };

struct stage_folder;

struct stage {
    int target;              /* borrowed */
    int root;                /* the folder itself; -1 without one */
    const char *target_name; /* for sentences; borrowed */
    char name[STAGE_NAME_SIZE];
    int parent; /* the folder of the last name, or -1 */
    char *parent_name;
    struct stage_folder *folders; /* their modes and times, set when all is in them */
    size_t folder_count, folder_room;
    unsigned files;
    struct parcel_trouble *trouble; /* borrowed */
};

/* `target` is the folder that the content goes to. */
int stage_open(struct stage *stage, int target, const char *target_name,
               struct parcel_trouble *trouble);
/* Whether a name at the top of a target is one that a stage may have: nobody else's may be. */
bool stage_owns(const char *name);

/* Names are as name_is_good() likes them. Folders come before what is in them. */
int stage_folder(struct stage *stage, const char *name, mode_t mode, struct timespec changed);
/* Makes an empty file; it is the caller's to write, and to close with stage_file_end(). */
int stage_file(struct stage *stage, const char *name, int *fd_out);
/* Mode and time, the bytes to the disk where few files are, and closes it in any case. */
int stage_file_end(struct stage *stage, const char *name, int fd, mode_t mode,
                   struct timespec changed);
int stage_symlink(struct stage *stage, const char *name, const char *to, struct timespec changed);
/* `to` names a file of this stage. */
int stage_link(struct stage *stage, const char *name, const char *to);

/* Puts all into place; the only thing at its top becomes `as` unless that is NULL. What is in the
 * way is found before anything is moved. */
int stage_commit(struct stage *stage, const char *as);
/* Removes what is not in place. Always to be called. */
void stage_drop(struct stage *stage);
