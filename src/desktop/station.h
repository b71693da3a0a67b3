/* One machine as the worker knows it. */
#pragma once

#include "desktop/worker-private.h"
#include "fleet/link-pool.h"
#include "fleet/request.h"
#include "fleet/trouble.h"
#include "fleet/vitals.h"

struct station {
    struct worker *worker;
    uint32_t slot;
    char *name;
    char *host;
    char *user;
    uint16_t port;
    bool has_id;
    uint8_t id[MACHINE_ID_SIZE];
    struct link *link; /* taken from the pool; NULL: not yet, or its id is not known */
    struct link_watcher watcher;
    struct request *facts;
    struct vitals_watch *watch; /* of what the list shows; NULL: none */
    gint64 retry_us;
    bool was_ready; /* since it was last told to connect */
    bool is_parked; /* a person disconnected it */
    bool is_dirty;
};

/* NULL if the machine has left the list. */
struct station *station_at(struct worker *worker, uint32_t slot);

/* ---- worker-vitals.c ---- */
enum { LIST_EVERY_MS = 5000, SAMPLES_TICK_MS = 1000 };

/* Begins to watch what the list shows, if that is not so already. */
void station_watch(struct station *station);
void sights_machine_gone(struct worker *worker, uint32_t slot);

/* ---- worker-shell.c ---- */
void shells_machine_gone(struct worker *worker, uint32_t slot);

/* ---- worker-run.c ---- */
/* An attempt to reach the machine failed: runs that have not begun there end. */
void runs_machine_failed(struct worker *worker, uint32_t slot, const struct trouble *trouble);
/* The machine leaves the list. */
void runs_machine_gone(struct worker *worker, uint32_t slot);
