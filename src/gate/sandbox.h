/* Giving up everything that the gate does not need, for good. Two steps, in this order, both before
 * the first byte from the network is read. */
#pragma once

#include <sys/types.h>

/* No core dump, no tracing, no new privileges, as many descriptors as allowed; when started as
 * root, the user, the group and all other groups of the gate. Root as the gate's user is refused
 * (-EPERM). Returns 0 or -errno. */
int sandbox_drop(uid_t user, gid_t group);

/* Landlock: a few files may be read, none written or executed, no TCP port bound or connected to.
 * seccomp: the system calls of sandbox-calls.h and no others. A kernel that lacks one of them is
 * named in the log, and the gate goes on without. Returns 0 or -errno. */
int sandbox_close(void);
