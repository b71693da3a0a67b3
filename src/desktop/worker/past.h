/* The commands that this console remembers (fleet/run/store-runs.h), its own and those of `hune
 * run`.
 */
#pragma once

#include "desktop/worker/order.h"
#include "desktop/worker/worker.h"

struct past_run {
    int64_t number;
    uint64_t started_ms;
    char *command;
    char *as; /* the user; "": as the list said */
    char *selector;
    uint32_t machines, ok, failed, unreachable, unasked;
};

/* The newest ones whose command or machines contain `text`; borrowed by `done`. */
enum { PAST_RUNS_MAX = 500 };
struct past_list_ask {
    const char *text; /* copied; "" for all */
    void (*done)(const struct past_run *runs, size_t count, void *owner);
    void *owner;
};
/* Window. */
void worker_send_past_list(struct worker *worker, const struct past_list_ask *ask);

struct past_answer {
    char *name;
    struct job_state state;
    bool is_ended;
    bool is_unasked;
    uint32_t ms;
    char *sentence; /* NULL: nothing went wrong */
    GString *text;  /* made fit to be shown */
    uint64_t left_out;
    uint64_t said; /* bytes, as the machine said them */
    bool is_kept;  /* its job is known, and may be asked for what this computer has not kept */
    struct order_groups groups;
};

enum { PAST_NO_SLOT = UINT32_MAX }; /* of a machine that has left the list */
/* From now on the run's answers can be read again for `owner` (order.h:
 * worker_send_order_reading()), until worker_send_order_forget(). Window. */
void worker_send_past_keep(struct worker *worker, int64_t number, void *owner,
                           const uint32_t *slots, uint32_t count);

/* One run with its answers; `run` is NULL if it is not remembered any more. Borrowed by `done`. */
struct past_run_ask {
    int64_t number;
    void (*done)(const struct past_run *run, const struct past_answer *answers, size_t count,
                 void *owner);
    void *owner;
};
/* Window. */
void worker_send_past_run(struct worker *worker, const struct past_run_ask *ask);
