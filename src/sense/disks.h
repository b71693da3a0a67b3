/* The filesystems that hold files of this machine, and how full they are. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "sense/scan.h"

/* {"mounts":[{"source","target","type","size","used","available","full","inodes","inodes_free"}]}.
 * `available` is what an ordinary user may still write, `full` is disk_full(). A filesystem behind
 * a network has no numbers: asking for them could hang for ever. Returns 0 or -ENOMEM. */
int disks_collect(const char *root, json_t **json_out);

/* How full a filesystem is, as df(1) tells it: in whole percent, rounded up, and what is kept for
 * root is not there. SENSE_UNKNOWN if it has no room at all, or a number is not known. */
uint64_t disk_full(uint64_t used, uint64_t available);

/* One line of /proc/self/mountinfo; targets and sources still carry their escapes. */
struct mount {
    struct span device;  /* "major:minor" */
    struct span subtree; /* what of the filesystem is mounted here; "/" for all of it */
    struct span target;
    struct span type;
    struct span source;
};
bool mount_parse(struct span line, struct mount *mount_out);

/* The mounts worth showing: no kernel interfaces, none that another one covers, each device once
 * (where all of it is mounted, else at the shortest path). Fills at most `max` and returns how
 * many. */
size_t mounts_parse(struct span text, struct mount *mounts_out, size_t max);

/* Appends `escaped` with \040 and the like turned into their bytes. Returns 0 or -ENOMEM. */
int mount_unescape(struct span escaped, struct buffer *out);
/* Whether the numbers of such a filesystem come over a network or from a program. */
bool mount_type_is_remote(struct span type);
