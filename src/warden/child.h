/* The job's first process, from its birth to the moment it becomes the command: own session, its
 * descriptors, its user, and only then a look at the order's payload.
 *
 * Nothing here may use what the warden knows: the request is all there is. */
#pragma once

#include "warden/run.h"

/* Never returns: becomes the command, or ends with one of the RUN_EXIT numbers after a sentence on
 * the job's standard error. */
_Noreturn void child_main(const struct run_request *request);
