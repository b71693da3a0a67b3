/* What happens when a job's ring is full: the job waits for who reads; or, when nobody does, its
 * oldest output goes to a spool, and the job waits when that is full, too. */
#pragma once

#include "warden/job.h"

void overflow_init(struct job *job);
void overflow_stop(struct job *job);
/* The ring is full. True if there is room in it now. */
bool overflow_make_room(struct job *job);
/* There is room in the ring. */
void overflow_flows(struct job *job);
/* Gives the spool up once all of it was released. */
void overflow_tidy(struct job *job);
