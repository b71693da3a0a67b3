/* What a machine's turn came to: an end state for every trouble, an exit status for every end
 * state. */
#pragma once

#include "fleet/link/job-object.h"
#include "fleet/link/trouble.h"
#include "proto/state.h"

/* The end state that stands for a trouble: REFUSED(code) for a machine's word, else UNREACHABLE. */
struct job_state outcome_of_trouble(const struct trouble *trouble);
/* 0 for exited(0), the code for exited(n), 128 + n for signalled(n), 124 timed-out, 137 killed, 254
 * refused, 255 unreachable, unsent, lost or not ended. The status over many is the largest. */
int outcome_exit_status(struct job_state state);
/* Appends the state as a list shows it: "exited(3)", in the reader's language. 0 or -ENOMEM. */
int outcome_describe(struct job_state state, struct buffer *out);
/* The same of a job that may wait: "waits(disk full)". */
int outcome_describe_job(const struct job_object *job, struct buffer *out);
/* What to do about it, a sentence or two; NULL for WAITS_NOT. */
const char *outcome_waits_advice(enum job_waits waits);
