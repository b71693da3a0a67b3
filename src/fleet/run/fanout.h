/* One thing done on many machines at once. Machines are integers; every machine ends in exactly one
 * result; results come as they come; cost grows linearly.
 *
 * fanout-task.h has ready-made things to do: a job, a document, an order. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/link/link-pool.h"
#include "fleet/link/outcome.h"
#include "fleet/link/trouble.h"
#include "proto/state.h"

struct fanout;
struct fanout_visit; /* one machine's turn */

/* What is done on each machine. */
struct fanout_task {
    /* The link is on its way (or warm): give it what it shall carry. Must lead to one
     * fanout_visit_end(), also from inside. Returns 0 or -errno (the visit then ends UNSENT). */
    int (*start)(struct fanout_visit *visit, void *user);
    /* Time is up, or the fan-out is stopped: let go of everything of this visit and end nothing.
     * Tell what is known by then: UNSENT if nothing left, RUNNING if the machine took it, else
     * UNREACHABLE. */
    enum state (*abandon)(struct fanout_visit *visit, void *user);
    void *user;
};

struct fanout_result {
    struct job_state
        state; /* STATE_UNSENT before it is done; RUNNING if time ran out under a job */
    bool is_done;
    const struct trouble
        *trouble; /* NULL unless something is wrong; lives as long as the fan-out */
};

struct fanout_events {
    /* May be NULL. A machine's end. */
    void (*on_result)(struct fanout *fanout, uint32_t machine, const struct fanout_result *result,
                      void *user);
    /* All ended. The fan-out may be freed here. */
    void (*on_done)(struct fanout *fanout, void *user);
};

struct fanout_settings {
    struct link_pool *pool;   /* borrowed */
    const uint32_t *machines; /* indices; copied */
    uint32_t count;
    uint32_t at_once;    /* machines being visited at once; 0: as many as files allow */
    uint32_t connecting; /* of these, still on their way to `ready`; 0: the factory's places */
    uint32_t timeout_ms; /* for one machine, from the start of its visit; 0: none */
    const struct fanout_task *task; /* copied */
    const struct fanout_events *events;
    void *user;
};

/* Starts nothing yet. Returns 0 or -ENOMEM. */
int fanout_new(struct fanout **fanout_out, const struct fanout_settings *settings);
/* Visits begin; callbacks come from the loop. With no machines, on_done comes from the loop as
 * well. */
void fanout_start(struct fanout *fanout);
/* Only the first `positions` machines may be visited yet: for waves. At first, all may. */
void fanout_set_limit(struct fanout *fanout, uint32_t positions);
/* No new visits; those under way go on to their end. The others get their result, UNSENT, from
 * inside this call. */
void fanout_begin_no_more(struct fanout *fanout);
/* Abandons one visit that is under way; its result comes from inside this call. */
void fanout_abandon(struct fanout *fanout, uint32_t position);
/* No new visits; those under way are abandoned; every machine gets its result, then on_done from
 * the loop. */
void fanout_stop(struct fanout *fanout);
/* Abandons what is under way, without callbacks. Takes NULL, returns NULL. */
struct fanout *fanout_free(struct fanout *fanout);

uint32_t fanout_count(const struct fanout *fanout);
uint32_t fanout_done_count(const struct fanout *fanout);
/* How many machines may be visited at once: what was asked for, or fewer if there are not files
 * enough. */
uint32_t fanout_at_once(const struct fanout *fanout);
/* How many visits are under way. */
uint32_t fanout_visiting(const struct fanout *fanout);
/* By position in settings->machines. */
const struct fanout_result *fanout_result(const struct fanout *fanout, uint32_t position);
uint32_t fanout_machine(const struct fanout *fanout, uint32_t position);
/* The process's exit status over all results so far (see outcome_exit_status). */
int fanout_exit_status(const struct fanout *fanout);

/* ---- for tasks ---- */

struct link *fanout_visit_link(const struct fanout_visit *visit);
uint32_t fanout_visit_machine(const struct fanout_visit *visit);
uint32_t fanout_visit_position(const struct fanout_visit *visit);
struct fanout *fanout_visit_fanout(const struct fanout_visit *visit);
/* The visit under way at a position; NULL if it has not begun or is over. */
struct fanout_visit *fanout_visit_at(const struct fanout *fanout, uint32_t position);
/* Bytes came from the machine: see brake.h. */
void fanout_visit_heard(struct fanout_visit *visit, size_t size);
void fanout_visit_set_data(struct fanout_visit *visit, void *data);
void *fanout_visit_data(const struct fanout_visit *visit);
/* `trouble` may be NULL; copied. The visit is gone afterwards. */
void fanout_visit_end(struct fanout_visit *visit, struct job_state state,
                      const struct trouble *trouble);
