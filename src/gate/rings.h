/* Rings on their way back to the warden, which gives them to other jobs (door/ring.h). One that was
 * given back stays mapped here: mapping it anew, and its pages, would cost most of what is saved.
 * Nothing looks into it until it is a job's again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct job;
struct jobs;
struct ring;

/* Gives a job's ring back if it may be: the job has ended, nobody reads, and who did has all of it.
 * What is kept of the output for others is then in memory of our own. */
void rings_give_back(struct job *job);
/* It comes again, with another job; NULL for none of that number. */
struct ring *rings_take(struct jobs *jobs, uint32_t number);
/* It will not come again. Returns false for none of that number. */
bool rings_drop(struct jobs *jobs, uint32_t number);
void rings_drop_all(struct jobs *jobs);
