/* One machine as the worker knows it: a line of the list with a slot. Its connection, its presence
 * and its measures are the lookout's (fleet/watch/lookout.h). */
#pragma once

#include "desktop/worker/worker-private.h"
#include "fleet/link/request.h"
#include "fleet/link/trouble.h"
#include "fleet/watch/lookout.h"

/* Of a machine that the lookout does not see: no link can be made. */
#define STATION_UNSEEN UINT32_MAX

struct station {
    struct worker *worker;
    uint32_t slot;
    uint32_t position; /* in the lookout, or STATION_UNSEEN */
    char *name;
    char *host;
    char *user;
    uint16_t port;
    bool has_id;
    uint8_t id[MACHINE_ID_SIZE];
    struct request *facts;
    struct trouble *kept_out; /* the other id that a person had refused for good; NULL: none */
    bool is_dirty;            /* its state is to be told */
};

/* NULL if the machine has left the list. */
struct station *station_at(struct worker *worker, uint32_t slot);
/* As whom an order runs there: `wanted`, or whom the list names; NULL: the machine decides. */
const char *station_user(const struct station *station, const char *wanted);
/* NULL if there is none, because its id is not known. */
struct link *station_link(const struct station *station);
/* The link of a machine that is connected now, else NULL. */
struct link *station_ready_link(struct worker *worker, uint32_t slot);

/* A person's word: tried now; or left alone, which keeps out who came with another id. */
void station_wake(struct station *station);
void station_rest(struct station *station);

/* ---- worker-states.c ---- */
#define LIST_FIELDS "cpu.busy,mem.used,mem.total,disk.full" /* what the list shows */
enum { LIST_EVERY_MS = 5000, SAMPLES_TICK_MS = 1000 };

/* The window is to hear of it. */
void states_changed(struct station *station);

/* ---- worker-vitals.c ---- */
void samples_take(struct worker *worker, uint32_t slot, const struct vitals_sample *sample);
void sights_machine_gone(struct worker *worker, uint32_t slot);

/* ---- worker-alerts.c ---- */
/* How a machine is found is written down, as `hune watch` does. */
void alerts_presence(struct worker *worker, uint32_t slot, enum presence presence,
                     const struct trouble *trouble);

/* ---- worker-ask.c ---- */
/* What was asked of a machine and is not answered yet. Nobody waits for the answer of one that is
 * away: it may never come back. */
struct asking {
    struct list at; /* in worker.asked */
    uint32_t slot;
    struct request *request;
};
void asking_begin(struct asking *asking, struct worker *worker, uint32_t slot,
                  struct request *request);
/* In the request's on_done. */
void asking_end(struct asking *asking);
void asked_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble);

/* ---- worker-shell.c ---- */
void shells_machine_gone(struct worker *worker, uint32_t slot);

/* ---- worker-files.c, worker-carry.c: the machine is away, or gone ---- */
void files_machine_failed(struct worker *worker, uint32_t slot);
void carries_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble);

/* ---- worker-run.c ---- */
/* An attempt to reach the machine failed: runs that have not begun there end. */
void runs_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble);
/* The machine leaves the list. */
void runs_machine_gone(struct worker *worker, uint32_t slot);
