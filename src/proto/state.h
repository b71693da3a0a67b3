/* The states of a job: a closed set, never one word for two of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* X(number, NAME, "word", ended, what `detail` holds) */
#define HUNE_STATES(X)                                  \
    X(0, QUEUED, "queued", false, "nothing")            \
    X(1, RUNNING, "running", false, "nothing")          \
    X(2, EXITED, "exited", true, "exit code 0 to 255")  \
    X(3, SIGNALLED, "signalled", true, "signal number") \
    X(4, TIMED_OUT, "timed-out", true, "nothing")       \
    X(5, KILLED, "killed", true, "nothing")             \
    X(6, REFUSED, "refused", true, "enum problem_code") \
    X(7, LOST, "lost", true, "enum lost_with")          \
    /* The console's own: never sent by a machine. */   \
    X(8, UNREACHABLE, "unreachable", true, "nothing")   \
    X(9, UNSENT, "unsent", true, "nothing")

enum state {
#define X(number, name, word, ended, detail) STATE_##name = (number),
    HUNE_STATES(X)
#undef X
};

/* What a job was lost with. */
enum lost_with {
    LOST_MACHINE = 0, /* the machine has restarted */
    LOST_AGENT = 1,   /* the agent was killed; what was left of the job was ended */
};

/* What a job that runs waits for before more of its output is taken: that somebody reads it, or,
 * as X(NAME, "word") tells, that the limit in its way goes. */
#define HUNE_WAITS(X)                                        \
    X(SPOOL, "spool") /* its share of the disk is used up */ \
    X(DISK, "disk")   /* the disk is full */                 \
    X(FAULT, "fault") /* nothing can be written there */

enum job_waits {
    WAITS_NOT,
#define X(name, word) WAITS_##name,
    HUNE_WAITS(X)
#undef X
        WAITS_COUNT
};

struct job_state {
    enum state state;
    uint32_t detail;
};

/* The word, such as "timed-out"; NULL for a number that is no state. */
const char *state_name(uint32_t number);
/* The number for a word; false if it is none. */
bool state_parse(const char *word, enum state *state_out);
bool state_is_ended(enum state state);
/* The word; NULL for WAITS_NOT. */
const char *waits_name(enum job_waits waits);
/* WAITS_NOT for a word that is none of them. */
enum job_waits waits_parse(const char *word);
/* What a lost job was lost with: "machine" or "agent". */
const char *state_lost_with(struct job_state state);
/* Appends the state as it is written everywhere: `exited(0)`, `signalled(9)`, `running`,
 * `lost(machine restarted)`, `lost(agent restarted)`. Returns 0 or -ENOMEM. */
int state_append(struct buffer *out, struct job_state state);
