/* One thing done on one machine or on many: a command line, or one of the words disconnect, reset,
 * kill. The window asks with worker_send_order(); `told` hears of everything in batches, the last
 * of which has ORDER_DONE at its end. */
#pragma once

#include "desktop/worker.h"
#include "fleet/wave.h"
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

/* A part of what a machine said, read again: it is kept by this computer, on disk if it is long. */
struct order_part {
    uint64_t from; /* where it begins, a line's start if that was asked for */
    uint64_t size; /* in bytes as the machine said them */
    const char *text;
    size_t length;
};
struct order_reading {
    void *owner; /* of the order */
    uint32_t position;
    uint64_t from;
    uint64_t size;
    bool from_line; /* leave out what is before the first line's start */
    /* In the window; `part` is NULL if it is gone. */
    void (*done)(const struct order_part *part, void *user);
    void *user;
};
void worker_send_order_reading(struct worker *worker, const struct order_reading *reading);
