/* What the commands about jobs and the prompt have in common. */
#pragma once

#include "cli/session.h"

/* Shows the jobs of these machines; only what runs, if so told. Returns what to exit with. */
int jobs_machines(struct session *session, const struct selection *selection, bool running);
/* `words` are MACHINE and JOB, see job-pick.h. Each returns what to exit with. */
int attach_job(struct session *session, const char *const *words);
int stop_job(struct session *session, const char *const *words);
/* `words` is MACHINE: the end of its record. */
int audit_machine(struct session *session, const char *const *words);
int forget_job(struct session *session, const char *const *words);
