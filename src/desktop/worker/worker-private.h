/* What the worker's files share. Nothing here may be used in the main thread. */
#pragma once

#include <uv.h>

#include "base/list.h"
#include "desktop/worker/worker.h"
#include "fleet/home/paths.h"
#include "fleet/home/signer.h"
#include "fleet/home/store.h"
#include "fleet/link/link-pool.h"

struct alerts;
struct lookout;
struct station;

struct worker {
    struct bridge *bridge;
    GThread *thread;
    void *window;
    char *fleet_path;
    char *identity;

    uv_loop_t loop;
    uv_async_t wake;
    bool is_ending;
    bool has_ended;
    uv_timer_t last_call; /* shells that stop before the worker ends */

    struct paths paths;
    bool has_paths;
    struct signer *signer;
    struct store *store; /* NULL: nothing is remembered */
    struct link_factory *factory;
    struct link_pool *pool;

    /* worker-list.c */
    struct fleet *fleet; /* never NULL while the loop runs */
    char *list_fault;
    uv_fs_poll_t watch;
    bool has_watch;
    uint32_t editing; /* edits on their way in other threads */

    /* worker-stations.c */
    GPtrArray *stations; /* by slot; NULL where the machine has left the list */
    GHashTable *by_name; /* const char * -> struct station */
    GArray *slot_of_row; /* uint32_t: by index in the fleet */

    /* worker-states.c */
    struct lookout *lookout; /* NULL: no links can be made */
    uv_timer_t news_timer;
    GArray *dirty; /* uint32_t: slots with news */

    struct alerts *alerts; /* worker-alerts.c; NULL: there is no home for rules */

    GArray *samples; /* struct sample_item, not told yet; worker-vitals.c */
    uv_timer_t samples_timer;
    struct list sights;
    struct list shells; /* worker-shell.c */

    struct list meetings;  /* worker-meet.c */
    struct list ways;      /* worker-way.c */
    struct list runs;      /* worker-run.c */
    struct list kept;      /* runs that are over, the oldest first, and can be read again */
    uint64_t on_disk;      /* run-quota.c: of what runs said */
    uint32_t quota_mib;    /* 0: as it is by itself */
    struct list asked;     /* worker-ask.c, worker-record.c */
    struct list questions; /* worker-files.c */
    struct list carries;   /* worker-carry.c */
};

/* ---- worker-key.c ---- */
/* What came from a machine, a file or a person, made fit for one line. Takes NULL; never NULL; free
 * it. */
char *printable_line(const char *text);

/* ---- worker-list.c ---- */
/* Reads the list, watches it, tells the window. */
void list_begin(struct worker *worker);
void list_end(struct worker *worker);

/* ---- worker-stations.c ---- */
void stations_begin(struct worker *worker);
void stations_end(struct worker *worker);
/* The fleet was read again: keeps the stations of machines that did not change, makes and retires
 * others, fills slot_of_row. */
void stations_sync(struct worker *worker);
/* There is a lookout now: it sees all of them. */
void stations_look(struct worker *worker);

/* ---- worker-states.c ---- */
void states_begin(struct worker *worker);
/* Links can be made now. Returns 0 or -ENOMEM. */
int states_look(struct worker *worker);
/* After stations_end(). */
void states_end(struct worker *worker);

/* ---- worker-alerts.c ---- */
void alerts_begin(struct worker *worker);
void alerts_end(struct worker *worker);
/* The fleet was read again; the one of before is still there. */
void alerts_fleet_changed(struct worker *worker);

void vitals_begin(struct worker *worker);
void vitals_end(struct worker *worker);
void meetings_end(struct worker *worker);
void ways_end(struct worker *worker);
void runs_end(struct worker *worker);
void files_end(struct worker *worker);
void carries_end(struct worker *worker);
/* Tells shells of ours to stop; whether some are awaited. */
bool shells_leave(struct worker *worker);
void shells_end(struct worker *worker);
/* While the worker ends: a shell that was awaited is gone. */
void worker_go_on_ending(struct worker *worker);
