/* What the files of a job share: job.c (how it goes and ends), job-start.c (how it begins),
 * job-keep.c (the table of all, and the memory of those that have ended). */
#pragma once

#include "warden/job.h"

/* job.c: its output comes; its deadline is over. */
void job_on_output(struct loop_source *source, uint32_t events);
void job_on_deadline(struct loop_timer *timer);

/* job-start.c: what there is of it before it has a process. NULL without memory. */
struct job *job_new(struct jobs *jobs, const uint8_t id[UUID_SIZE]);

/* job-keep.c */
struct job *job_free(struct job *job);
/* Puts a job that has begun into the table. */
void jobs_enter(struct jobs *jobs, struct job *job);
/* How much of its output is kept in memory. */
uint64_t job_bytes(const struct job *job);
/* Where begins what is kept of its output once the consoles have it: it ends now. */
uint64_t job_keeps_from(const struct job *job);
/* Gives back what the consoles have of an ended job by now. */
void job_tidy(struct job *job);
/* It has ended: from the active ones to those that are kept for a while. It may be gone after this.
 */
void jobs_keep(struct job *job);
