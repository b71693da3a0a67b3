/* Output leaves: from a job's ring to the consoles, in place, and released once they hold it.
 *
 * A console's window updates tell what it holds whatever happens to us; the ring gives up what
 * every reader of the job holds. A job that nobody reads keeps all of its output and, once the ring
 * is full, waits: so a console that lost its connection finds the rest where it stopped.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct job;

/* Where one reader stands in a job's stream. */
struct outlet_mark {
    struct list link; /* in the job's readers */
    uint64_t from;    /* where it began */
    uint64_t at;      /* what it was given so far */
    uint64_t held;    /* what the console has acknowledged; never beyond `at` */
};

/* Takes in what the console of a mark acknowledged, counted from its beginning. */
void outlet_mark_acknowledge(struct outlet_mark *mark, uint64_t acknowledged);
/* Up to where a job's stream may be released: what all of its readers hold, or `released`, where it
 * stands already, when there is no reader or one of them is behind. */
uint64_t outlet_release_to(const struct list *marks, uint64_t released);

/* The same when a reader that is gone has it up to `offset`. */
uint64_t outlet_held_by_all(const struct list *marks, uint64_t offset);

/* A console has the output up to there, whose stream is gone. */
void outlet_received(struct job *job, uint64_t offset);
/* The job has another ring than before, with all that its readers have not had. */
void outlet_change_ring(struct job *job);
/* The ring has more bytes, or will never have: every reader looks again. */
void outlet_resume_all(struct job *job);
