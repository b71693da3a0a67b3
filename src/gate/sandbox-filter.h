/* The seccomp filter, made from sandbox-calls.h. */
#pragma once

/* Closes all system calls but the listed ones, for this process and for good. Returns 0 or -errno.
 */
int sandbox_filter(void);
