/* What a run brought in: what each machine said and how it ended, folded while it comes, with a
 * copy in the console's memory (store-runs.h). Nothing here draws or waits: both consoles feed it
 * from the fan-out's callbacks and show it in their own way. Machines are positions, from 0.
 *
 * The copy is written in batches: harvest_flush() now and then, and harvest_close() at the end.
 * When the store fails, the harvest goes on without it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "fleet/run/gather.h"
#include "fleet/run/store-runs.h"
#include "fleet/run/transcript.h"
#include "proto/state.h"

struct harvest;

struct harvest_settings {
    const char *const *names; /* of the machines; borrowed, with their array */
    uint32_t count;
    bool split;            /* keep standard output and error apart */
    const char *directory; /* where outputs go that are too large for memory; NULL: nowhere */
    struct store *store;   /* borrowed; NULL: nothing is remembered */
    const struct stored_run *run; /* what to remember it as; copied */
    size_t memory_max;            /* of what was said; 0: as transcripts have it */
    uint64_t each_max;            /* of one machine's; 0: as transcripts have it */
    uint64_t disk_max;            /* of what is too much for memory; 0: as the disk has room */
    uint64_t quota;               /* how large the memory of runs may be; 0: STORE_RUNS_BYTES */
};

/* How many machines are where. ok + failed + refused + unreachable + unasked = done. */
struct harvest_counts {
    uint32_t done;
    uint32_t ok;          /* nothing went wrong: exit code 0 */
    uint32_t failed;      /* another code, a signal, time, lost with its machine */
    uint32_t refused;     /* the machine said no */
    uint32_t unreachable; /* no answer */
    uint32_t unasked;     /* never asked: others had failed before, or it was stopped */
    uint32_t running;     /* took the order and are not done */
    uint32_t away;        /* of these, not connected now; it is tried again */
};

/* Where one machine is. */
struct harvest_machine {
    struct transcript text[2]; /* while it speaks; empty once it is done */
    uint8_t job[UUID_SIZE];
    struct job_state state;
    const char *problem; /* a word that lives for ever, or NULL */
    uint32_t ms;         /* of its last output */
    uint32_t answer[2];  /* groups of harvest_answers(); HARVEST_NONE */
    uint32_t failure;    /* group of harvest_failures(); HARVEST_NONE */
    bool has_job;
    bool is_away;
    bool is_done;
};

enum { HARVEST_NONE = UINT32_MAX };

/* Whether it was its turn that never came; of a machine that is done. */
static inline bool harvest_is_unasked(const struct harvest_machine *machine)
{
    return machine->state.state == STATE_UNSENT && !machine->problem;
}

/* Returns 0 or -errno. */
int harvest_new(struct harvest **harvest_out, const struct harvest_settings *settings);
/* What is not flushed is lost. Takes NULL, returns NULL. */
struct harvest *harvest_free(struct harvest *harvest);

void harvest_accepted(struct harvest *harvest, uint32_t position, const uint8_t job[UUID_SIZE]);
/* The connection under its job broke, or is back. */
void harvest_away(struct harvest *harvest, uint32_t position, bool is_away);
/* Returns 0 or -ENOMEM. */
int harvest_say(struct harvest *harvest, uint32_t position, bool is_error, const void *bytes,
                size_t size, uint32_t ms);
/* The machine's end. `text` is the sentence that tells what went wrong, NULL if nothing did; `hint`
 * what to do next, or NULL; `problem` a word of problem.h, or NULL. Returns 0 or -ENOMEM. */
int harvest_end(struct harvest *harvest, uint32_t position, struct job_state state,
                const char *problem, const char *text, const char *hint);

/* Writes what ended since the last time to the store; a few milliseconds. */
void harvest_flush(struct harvest *harvest);
void harvest_close(struct harvest *harvest, int exit_status);

struct harvest_counts harvest_counts(const struct harvest *harvest);
uint32_t harvest_size(const struct harvest *harvest);
const char *const *harvest_names(const struct harvest *harvest);
const struct harvest_machine *harvest_machine(const struct harvest *harvest, uint32_t position);
/* What was said (0: standard output, or both; 1: standard error, if split), in groups. */
struct gather *harvest_answers(struct harvest *harvest, bool is_error);
/* What went wrong, in groups: "sentence NUL hint NUL"; the outcome is the state. */
struct gather *harvest_failures(struct harvest *harvest);
/* Appends what a machine said from byte `from` on, at most `max` bytes of it, while it speaks and
 * after (split: of standard output). Returns 0 or -errno. */
int harvest_copy(const struct harvest *harvest, uint32_t position, uint64_t from, uint64_t max,
                 struct buffer *out);
/* So many of its first bytes can be copied; what is behind was too much. */
uint64_t harvest_here(const struct harvest *harvest, uint32_t position);
/* Bytes on disk, beside the store; to put no more there; and, once all machines are done, to let go
 * of it: harvest_here() is less then. */
uint64_t harvest_on_disk(const struct harvest *harvest);
void harvest_hold_no_more(struct harvest *harvest);
void harvest_let_go(struct harvest *harvest);
const struct transcripts *harvest_transcripts(const struct harvest *harvest);
/* The number under which it is remembered; 0 if it is not. */
int64_t harvest_number(const struct harvest *harvest);

/* ---- from the store ---- */

/* A run of before. Its names are the harvest's own. Returns 0, STORE_NO_RUN, STORE_OFF or -errno.
 */
int harvest_load(struct harvest **harvest_out, struct store *store, int64_t number);
