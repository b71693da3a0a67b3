/* The runs that the console remembers: what was ordered, on which machines, how each ended and what
 * it said. Equal outputs are kept once, also over many runs; long ones are cut; the oldest runs go
 * when the file is full (STORE_RUNS_BYTES).
 *
 * All functions take a NULL store (see store.h) and return 0, a positive store_condition or a
 * condition of their own, or -ENOMEM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "fleet/home/store.h"
#include "fleet/run/transcript.h"
#include "proto/state.h"

enum {
    STORE_RUN_BYTES = 64 << 20,   /* new outputs of one run */
    STORE_OUTPUT_BYTES = 1 << 20, /* of one output */
};

enum store_runs_condition {
    STORE_NO_RUN = 10, /* there is no such run, or none at all */
};

struct stored_run {
    int64_t number;
    uint64_t started_ms; /* wall clock */
    uint64_t ended_ms;   /* 0: it did not come to its end here */
    const char *selector;
    const char *command;  /* as people read it */
    const char *as;       /* "" if each machine's own */
    struct slice payload; /* the order's, to give it again; proto/command.h */
    bool has_input;
    int exit_status;
    uint32_t machines;
    uint32_t ok;          /* the rest is told while the results are read */
    uint32_t unreachable; /* those whose order could not be sent, too */
    uint32_t unasked;     /* their turn never came */
    uint32_t failed;      /* every other end, and those without an end */
};

struct stored_result {
    uint32_t position; /* among the run's machines, from 0 */
    struct job_state state;
    uint32_t ms;
    const uint8_t *job;  /* UUID_SIZE bytes, or NULL */
    const char *problem; /* the word for scripts, or NULL */
    const char *text;    /* the sentence, or NULL */
    int64_t out;         /* of store_run_output(), 0 for none; both streams, unless err is not 0 */
    int64_t err;
};

/* Begins a run: its number comes back. `names` are the machines in the order of positions; the
 * counts and `ended_ms` of `run` are not looked at. */
int store_run_begin(struct store *store, const struct stored_run *run, const char *const *names,
                    int64_t *number_out);
/* Keeps a finished transcript, or finds it. `room` is what is left of STORE_RUN_BYTES. */
int store_run_output(struct store *store, int64_t number, const struct transcripts *transcripts,
                     const struct transcript *text, uint64_t *room, int64_t *output_out);
int store_run_result(struct store *store, int64_t number, const struct stored_result *result);
int store_run_end(struct store *store, int64_t number, int exit_status, uint64_t ended_ms);
/* Forgets the oldest runs until the file is within the quota; the newest one stays. */
int store_runs_prune(struct store *store, uint64_t quota);

/* Runs, the newest first, at most `limit`; borrowed for the call. Stops when `each` returns nonzero
 * and returns that. */
int store_runs_each(struct store *store, uint32_t limit,
                    int (*each)(const struct stored_run *run, void *user), void *user);
/* One run; 0 is the newest. Its texts are in `texts`, to be freed by the caller. */
int store_run_find(struct store *store, int64_t number, struct stored_run *run_out,
                   struct buffer *texts);
/* Its machines' names, NUL behind each, in the order of positions. */
int store_run_names(struct store *store, int64_t number, struct buffer *names_out);
/* What ended, in the order of positions; texts borrowed for the call. */
int store_run_results(struct store *store, int64_t number,
                      int (*each)(const struct stored_result *result, void *user), void *user);
/* The bytes that were kept of an output; `size_out` tells how many the machine said. */
int store_run_read(struct store *store, int64_t output, struct buffer *out, uint64_t *size_out);
/* Forgets one run, or all for number 0. */
int store_run_forget(struct store *store, int64_t number);

/* ---- which of its machines ---- */

/* Whether a machine with this end is one of `word`: "ok", "failed" (not ok, whatever the reason),
 * "unreachable" (with those whose order could not be sent), or a state's own word. `result` NULL:
 * no end is known. */
bool store_run_word_fits(const char *word, const struct stored_result *result);
/* Whether there is such a word. */
bool store_run_word_is_known(const char *word);
/* Appends the names of the machines that fit, NUL behind each; "" means all. */
int store_run_pick(struct store *store, int64_t number, const char *word, struct buffer *names_out);
