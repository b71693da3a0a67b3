/* What is in one folder: its names, in no order, and what stands there of each. It follows no link
 * but to tell whether it leads to a folder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct folder_entry {
    const char *name;
    const char *target; /* of a symbolic link; NULL else, or where it cannot be read */
    mode_t mode;        /* as st_mode; 0 with !is_known if not even the kind is known */
    bool is_known;      /* false: the folder may be listed, but its files not looked at */
    bool is_folder;     /* or a link to one */
    uint64_t size;
    int64_t modified_s; /* since 1970 */
};

/* `take` returns 0 to go on; anything else ends the reading and is returned. Returns 0 or -errno.
 */
int folder_read(const char *path, int (*take)(const struct folder_entry *entry, void *user),
                void *user);
