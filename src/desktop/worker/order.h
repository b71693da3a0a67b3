/* One thing done on one machine or on many: a command line, or one of the words disconnect, reset,
 * kill. The window asks with worker_send_order(); `told` hears of everything in batches, the last
 * of which has ORDER_DONE at its end. */
#pragma once

#include "base/buffer.h"
#include "desktop/worker/worker.h"
#include "fleet/run/wave.h"
#include "proto/state.h"
#include "proto/verb.h"

/* In place of a verb: no order at all, the facts that the line names ("os ram") are asked for. */
#define ORDER_ASK ((enum verb)0)

enum order_event_kind {
    ORDER_ACCEPTED, /* the machine took it */
    ORDER_OUT,      /* text, made fit to be shown (display.h) */
    ORDER_ERR,
    ORDER_NOTE,   /* a sentence from the agent; printable */
    ORDER_BROKEN, /* the connection is lost; the job goes on */
    ORDER_BACK,   /* it is there again */
    ORDER_RESULT, /* this machine's end; `state`, sentence, advice */
    ORDER_WAVE,   /* `wave`: another one has begun, or none will any more */
    ORDER_DONE,   /* all have ended; nothing follows */
};

/* Text kept of one machine's answer: more than a person reads, less than hurts. */
enum { HUNE_ANSWER_MAX = 1 << 20 };

/* Which answers are the same, as the fleet's harvest gathers them: equal numbers are equal to the
 * last byte. HARVEST_NONE: nothing was said, or nothing went wrong. */
struct order_groups {
    uint32_t out; /* standard output, or both */
    uint32_t err; /* standard error, of runs that kept it apart */
    uint32_t failure;
};

/* How far an order in waves is. */
struct order_wave {
    uint32_t number; /* from 1; 0: there are none */
    uint32_t count;
    uint32_t failed;
    bool is_canary;
    bool is_over; /* too many failed: no other machine is asked */
};

struct order_event {
    uint32_t position; /* in the request's slots */
    enum order_event_kind kind;
    size_t offset; /* of its text in `bytes` */
    size_t size;
    uint32_t ms;   /* since the job's start */
    uint64_t said; /* of an ORDER_OUT or ORDER_ERR: bytes that the machine had said with it */
    struct job_state state;
    struct order_groups groups; /* of an ORDER_RESULT */
    bool is_unasked;            /* of one: its turn never came */
    struct order_wave wave;     /* of an ORDER_WAVE */
    char *sentence;
    char *advice;
};

struct order_news {
    struct letter letter;
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
    GArray *events; /* struct order_event */
    GByteArray *bytes;
};

/* How a command is to run. */
struct order_terms {
    const char *user; /* "": as the list says */
    struct wave_settings waves;
};

struct order_request {
    enum verb verb;
    const char *line; /* VERB_RUN: a line for the machine's shell; ORDER_ASK: facts; copied */
    const char *user; /* VERB_RUN: run as this one; "" or NULL: as the list says; copied */
    const uint32_t *slots;
    uint32_t count;
    uint32_t at_once; /* machines at a time; 0: the engine decides */
    bool is_kept;     /* what was said can be read again until worker_send_order_forget() */
    struct wave_settings waves; /* zeros: all at once; `machines` is set by the worker */
    void (*told)(const struct order_news *news, void *owner);
    void *owner;
};

/* Window, all of them. */
void worker_send_order(struct worker *worker, const struct order_request *request);
/* Stops the jobs on their machines, gently first. Results follow. */
void worker_send_order_stop(struct worker *worker, void *owner);
/* Looks away: jobs go on running; ORDER_DONE follows. */
void worker_send_order_leave(struct worker *worker, void *owner);
/* So many bytes of text were taken in: the machine is held back when too many are on their way. */
void worker_send_order_read(struct worker *worker, void *owner, size_t size);
/* What was kept of it may go. */
void worker_send_order_forget(struct worker *worker, void *owner);

enum { ORDER_QUOTA_MIB = 2048 };
/* So much of the disk may the answers of all orders take together, in MiB; 0: ORDER_QUOTA_MIB. */
void worker_send_quota(struct worker *worker, uint32_t mib);

/* ---- what a machine said, read again (run-read.c) ---- */

/* The beginning of a long answer and its end are kept by this computer, on its disk; what is
 * between them the machine may still have. */
enum order_part_fate {
    ORDER_PART_HERE,
    ORDER_PART_GONE, /* nobody has these bytes any more */
    ORDER_PART_AWAY, /* the machine might, and cannot be asked now */
};

struct order_part {
    enum order_part_fate fate;
    uint64_t from; /* in bytes as the machine said them; of what is gone, too */
    uint64_t size;
    const char *text; /* ORDER_PART_HERE: made fit to be shown, or raw */
    size_t length;
    size_t match_at; /* of a search: where in the text it was found, in characters */
    size_t match_size;
};

/* Each is answered by itself; what one of them asks for ends what it asked for before. */
enum order_reader { ORDER_READER_VIEW, ORDER_READER_SAVE, ORDER_READERS };

struct order_reading {
    enum order_reader reader;
    bool is_raw; /* bytes as the machine said them, not made fit to be shown */
    void *owner; /* of the order */
    uint32_t position;
    uint64_t from;
    uint64_t until;
    bool
        backwards; /* the part that ends at `until`, from a line's start; else one from `from` on */
    void (*done)(const struct order_part *part, void *user); /* in the window */
    void *user;
};
void worker_send_order_reading(struct worker *worker, const struct order_reading *reading);

/* ---- a text looked for in it (run-search.c) ---- */

struct order_search_news {
    struct letter letter;
    void (*told)(const struct order_search_news *news, void *user);
    void *user;
    bool is_over;     /* nothing follows */
    double fraction;  /* of it was looked through */
    bool is_found;    /* `part` has it */
    bool has_skipped; /* not all of it is kept here */
    struct order_part part;
    struct buffer text;
};

struct order_search {
    void *owner;
    uint32_t position;
    const char *text; /* copied */
    uint64_t from;    /* looked through: [from, until) */
    uint64_t until;
    bool backwards; /* the last place, not the first */
    /* In the window: now and then, and once with the end. */
    void (*told)(const struct order_search_news *news, void *user);
    void *user;
};
/* One at a time: the one before ends. */
void worker_send_order_search(struct worker *worker, const struct order_search *search);
void worker_send_order_search_end(struct worker *worker, void *owner);
