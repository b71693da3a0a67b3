/* The names in a parcel, and how they are followed: never through a link, never upwards, never out
 * of the folder at hand. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cuts slashes off the end of `name`, in place, and tells whether it may be used: relative, without
 * empty parts, "." and "..", and neither longer nor deeper than the limits. */
bool name_is_good(char *name);
/* The part behind the last slash. */
const char *name_base(const char *name);

/* Opens what `path` names below `folder`; no part of it may be a symbolic link. With `same_device`
 * no mount point may lie on the way. Returns a descriptor or -errno. */
int name_open(int folder, const char *path, int flags, bool same_device);
