/* What the files of a run share: worker-run.c (its life, what the window asks), run-news.c (what
 * the window is told), run-ears.c (what machines say), run-read.c and run-search.c (what they said,
 * read again). Worker only. */
#pragma once

#include "desktop/text/display.h"
#include "desktop/worker/kept.h"
#include "desktop/worker/order.h"
#include "desktop/worker/station.h"
#include "fleet/run/fanout-task.h"
#include "fleet/run/harvest.h"
#include "fleet/run/wave.h"
#include "proto/fact.h"

/* One machine's part. */
struct share {
    struct display display[2];
    struct kept *kept; /* is_kept: beyond the harvest; NULL: it has said nothing */
    uint64_t said;
    uint64_t on_disk; /* of kept */
    bool is_accepted;
    bool is_paused;
};

struct run {
    struct list at;
    struct worker *worker;
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
    struct fanout *fanout;
    struct fanout_job job;
    struct fanout_order order;
    struct fanout_document document;
    bool is_job;
    bool is_asking;
    gboolean facts[FACT_COUNT]; /* is_asking */
    char *user;                 /* to run as; "": each machine's own in the list */
    struct buffer payload;
    struct harvest *harvest; /* gathers what is the same, and is remembered; NULL: nothing began */
    char **names;            /* of the machines, for it */
    struct share *shares;    /* by position */
    GHashTable *positions;   /* slot -> position */
    uv_timer_t *flush;
    struct order_news *news; /* not sent yet */
    size_t unread;
    uint32_t *slots; /* by position */
    uint32_t count;
    uint64_t newest_max; /* is_kept: of one machine's share, beyond the harvest */
    uint64_t on_disk;    /* of the harvest */
    struct run_fetch *fetches[ORDER_READERS]; /* a machine is asked again; NULL: none is */
    struct run_search *search;                /* NULL: nothing is looked for */
    struct wave wave;                         /* which of them may begin yet */
    bool is_held;
    bool is_kept;
    bool is_over; /* and the window was told */
    bool is_stopping;
};

/* ---- worker-run.c ---- */
/* In the list of those that run; nothing has begun. */
struct run *run_new(struct worker *worker, void *owner, const uint32_t *slots, uint32_t count);
void run_free(struct run *run);
/* All machines have ended. */
void run_is_over(struct run *run);

/* ---- run-past.c ---- */
/* So much was said on standard output, or on both. */
uint64_t past_said(struct harvest *harvest, uint32_t position);
/* Whether the machine can be asked for its job, and what it says is what is kept here. */
bool past_has_job(struct harvest *harvest, uint32_t position);

/* ---- run-news.c ---- */
struct order_news *order_news_new(void (*told)(const struct order_news *, void *), void *owner);
void read_order_news(struct letter *letter, void *reader);
void run_flush(struct run *run);
void run_add_event(struct run *run, struct order_event event);
void run_add_text(struct run *run, uint32_t position, enum order_event_kind kind,
                  const struct buffer *text, uint32_t ms);
/* Holds a machine back while the window reads too slowly; lets all of them go on. */
void run_hold_back(struct run *run, struct remote_job *job, struct share *share);
void run_has_read(struct run *run, size_t size);

/* ---- run-ears.c ---- */
uint32_t run_position_of(const struct run *run, uint32_t slot);
/* The window hears which wave it is, if there are several. */
void run_tell_wave(struct run *run);
/* Sets what hears of the tasks. */
void run_listen(struct run *run);
extern const struct fanout_events run_events;

/* ---- run-read.c ---- */
/* What is kept here of a machine that has said something, without a gap around byte `at`; false if
 * that byte is not. */
bool run_kept_around(const struct run *run, uint32_t position, uint64_t at, uint64_t *from_out,
                     uint64_t *until_out);
/* Where the next byte behind `at` is that is kept here; UINT64_MAX: nowhere. And before it. */
uint64_t run_kept_behind(const struct run *run, uint32_t position, uint64_t at);
uint64_t run_kept_before(const struct run *run, uint32_t position, uint64_t at);
int run_kept_copy(const struct run *run, uint32_t position, uint64_t from, uint64_t size,
                  struct buffer *out);
/* Whether this machine of it has said anything that is kept; `run` NULL: no. */
bool run_is_kept(const struct run *run, uint32_t position);
/* Answers with a part of what was said; `run` NULL: it is gone. */
void run_read_again(struct worker *worker, struct run *run, const struct order_reading *reading);
/* Answers that are awaited from machines come no more. */
void run_read_end(struct run *run);
/* The run that is kept for this owner, or NULL. */
struct run *run_kept(struct worker *worker, const void *owner);

/* ---- run-quota.c ---- */
/* How much it may keep: fills the settings in, and of the newest part of one machine. */
void run_quota_plan(const struct run *run, struct harvest_settings *settings,
                    uint64_t *newest_max_out);
/* How large the memory of runs of before may be, in bytes: as the command line has it. */
uint64_t run_quota_remembered(const struct worker *worker);
/* After it has kept more of a machine: what is too much for all runs together goes. */
void run_quota_check(struct run *run, uint32_t position);
/* What it kept is gone. */
void run_quota_leave(struct run *run);

/* ---- run-search.c ---- */
void run_search_end(struct run *run);
