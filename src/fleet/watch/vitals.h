/* The vital signs of a machine, as the console asks for them: once, as a stream that goes on over
 * broken connections, or as history. See proto/vitals.h for what there is, docs/protocol.md for
 * what travels. All functions belong to the link's thread; callbacks come from the loop, never from
 * inside these functions unless the link is closed already.
 *
 * Made for thousands of machines in one console: a watch that takes summaries only needs about
 * 1 KiB, and a sample costs a few microseconds to read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fleet/link/link.h"
#include "fleet/link/trouble.h"
#include "proto/vitals.h"

struct vitals_fetch;
struct vitals_watch;

/* ---- one sample ---- */

/* The things of one label (cores, interfaces...) and their values. */
struct vitals_series {
    size_t count;
    char **things;  /* "eth0"; raw UTF-8 of the machine's: make it printable */
    double *values; /* count * vital_label_width(label); NAN: not known */
};

/* A process of a list of the busiest. Texts are raw: make them printable. */
struct vitals_process {
    uint64_t pid;
    double cpu;      /* percent of one processor; NAN: not known yet */
    uint64_t memory; /* bytes, resident */
    char state;      /* R, S, D, Z, T, I as ps(1) shows it */
    char user[33];
    char command[128];
};

struct vitals_sample {
    uint64_t time_ms;          /* the machine's wall clock */
    uint32_t interval_ms;      /* what the rates are the mean of; 0: there are none yet */
    double value[VITAL_COUNT]; /* the machine's; NAN: not known here, or not asked for */
    struct vitals_series series[VITAL_LABEL_COUNT]; /* empty if not asked for */
    size_t process_count; /* at most twice what was asked: the busiest and the largest together */
    struct vitals_process *processes; /* in no order */
};

/* The value of the thing at `index`; NAN if it is not known. `vital` must have the label. */
double vitals_series_value(const struct vitals_sample *sample, enum vital vital, size_t index);
/* The index of a thing, or -1. */
long vitals_series_find(const struct vitals_sample *sample, enum vital_label label,
                        const char *thing);
/* `used` as a percentage of `total`; NAN where one of them is not known or total is 0:
 * vitals_percent(sample, VITAL_MEM_USED, VITAL_MEM_TOTAL). */
double vitals_percent(const struct vitals_sample *sample, enum vital used, enum vital total);
void vitals_sample_init(struct vitals_sample *sample);
void vitals_sample_deinit(struct vitals_sample *sample);

/* What is asked for. */
struct vitals_ask {
    const char *fields; /* as `fields` in docs/protocol.md: "summary", "all",
                           "cpu.busy,mem.used,interfaces"; NULL: "all" */
    uint32_t processes; /* this many of the busiest and of the largest processes; 0: none, else the
                           machine works for it: ask only while they are shown */
    uint32_t every_ms;  /* of a watch; the machine rounds it to one of its beats */
};

/* Called once; `sample` is borrowed, and NULL exactly if there is trouble. */
typedef void (*vitals_once_done)(const struct vitals_sample *sample, const struct trouble *trouble,
                                 void *user);
/* Asks for one sample now. Returns 0, -ENOMEM, or -EINVAL for fields with other characters than
 * names have. `fetch_out` may be NULL. */
int vitals_once(struct link *link, const struct vitals_ask *ask, vitals_once_done done, void *user,
                struct vitals_fetch **fetch_out);
/* Of vitals_once() and vitals_history(), before it is done. No callback comes after this; takes
 * NULL, returns NULL. */
struct vitals_fetch *vitals_fetch_cancel(struct vitals_fetch *fetch);

/* ---- a stream ---- */

struct vitals_watch_events {
    /* `sample` is borrowed, and stays as it is until the next one: vitals_watch_sample(). */
    void (*on_sample)(struct vitals_watch *watch, const struct vitals_sample *sample, void *user);
    /* No samples come until the connection is back, which the link sees to. May be NULL. */
    void (*on_interrupted)(struct vitals_watch *watch, void *user);
    /* The link is closed, or the machine refuses: nothing more comes. vitals_watch_stop() it, here
     * or later. May be NULL. */
    void (*on_end)(struct vitals_watch *watch, const struct trouble *trouble, void *user);
};

/* Starts a watch, which holds its link (link_hold) until it is stopped or ends. `events` are
 * borrowed, `ask` is copied. Returns 0, -ENOMEM or -EINVAL as above. */
int vitals_watch_start(struct vitals_watch **watch_out, struct link *link,
                       const struct vitals_ask *ask, const struct vitals_watch_events *events,
                       void *user);
/* No callback comes after this; may be called from inside one. Takes NULL, returns NULL. */
struct vitals_watch *vitals_watch_stop(struct vitals_watch *watch);
/* The newest sample, NULL before the first. */
const struct vitals_sample *vitals_watch_sample(const struct vitals_watch *watch);
/* Asks for something else from now on: the stream begins anew, and the sample with its next one.
 * Returns 0, -ENOMEM or -EINVAL. */
int vitals_watch_change(struct vitals_watch *watch, const struct vitals_ask *ask);
struct link *vitals_watch_link(const struct vitals_watch *watch);

/* ---- history ---- */

struct vitals_history_ask {
    const char *fields; /* as above; the machine keeps the most important columns only */
    int64_t since_ms;   /* the machine's wall clock; 0 and below: so long before now */
    int64_t until_ms;   /* the same; 0: now */
    uint64_t step_ms;   /* 0: what gives some hundred rows */
};

/* Rows without samples are left out: a gap is where row_ms jumps by more than step_ms. */
struct vitals_history {
    uint64_t since_ms; /* as the machine understood it */
    uint64_t until_ms;
    uint64_t step_ms;
    uint64_t oldest_ms; /* of what is kept at all; 0: nothing is */
    size_t column_count;
    struct vital_column *columns;
    size_t row_count;
    uint64_t *row_ms; /* when each row begins */
    /* row * column_count + column; NAN: not known */
    double *mean;
    double *min;
    double *max;
};

/* The index of a column ("cpu.busy", `disk.free{mount="/"}`), or -1 if it is not there. */
long vitals_history_column(const struct vitals_history *history, const char *name);
void vitals_history_deinit(struct vitals_history *history);

/* Called once; `history` is borrowed (take it by copying the struct and zeroing the original), and
 * NULL exactly if there is trouble. */
typedef void (*vitals_history_done)(struct vitals_history *history, const struct trouble *trouble,
                                    void *user);
/* Returns 0, -ENOMEM or -EINVAL. `fetch_out` may be NULL. */
int vitals_history(struct link *link, const struct vitals_history_ask *ask,
                   vitals_history_done done, void *user, struct vitals_fetch **fetch_out);
