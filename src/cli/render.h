/* One result, two ways to show it: to people, and as JSON Lines to scripts. The names in the JSON
 * are a promise: man/hune.1.scd documents them. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "cli/console.h"
#include "fleet/inventory/import.h"
#include "fleet/link/doctor.h"
#include "fleet/link/link.h"
#include "fleet/link/trouble.h"
#include "proto/fact.h"
#include "proto/state.h"

/* How a thing ended on one machine. */
struct ending {
    const char *machine;
    struct job_state state;
    const struct trouble *trouble; /* NULL unless something is wrong */
    const uint8_t *job;            /* UUID, or NULL */
    const struct buffer *out;      /* standard output and error, gathered; NULL if shown already */
    const struct buffer *err;
    uint64_t said[2]; /* bytes of each, if they may hold only the first of them; else 0 */
    uint32_t ms;      /* from the job's start to its last output frame */
};

/* What a machine answered to `ask`; facts that were not asked for, or that it does not have, are
 * NULL. */
struct json_line;

struct answer {
    const char *machine;
    json_t *facts[FACT_COUNT];
    bool headed; /* several machines: say whose it is */
};

struct renderer {
    void (*list)(struct console *console, const struct fleet *fleet,
                 const struct selection *selection);
    void (*answer)(struct console *console, const struct answer *answer);
    /* A machine was joined or added; `run_as` is NULL if it was not asked what our key may do. */
    void (*welcome)(struct console *console, const struct machine *machine, uint16_t rights,
                    const char *run_as);
    void (*import)(struct console *console, const struct import *import, bool dry_run);
    void (*ending)(struct console *console, const struct ending *ending);
    void (*finding)(struct console *console, const char *machine,
                    const struct doctor_finding *finding);
};

extern const struct renderer render_people;
extern const struct renderer render_json;

static inline const struct renderer *renderer_of(const struct console *console)
{
    return console->common.json ? &render_json : &render_people;
}

/* Whether the state alone tells what a trouble stands for: the machine restarted, and so knows
 * nothing of the job. */
static inline bool ending_is_loss(struct job_state state, const struct trouble *trouble)
{
    return state.state == STATE_LOST &&
           (trouble->code == PROBLEM_NO_SUCH_JOB || trouble->code == PROBLEM_OTHER_EPOCH);
}

/* The members that tell of an end state: state, and code or signal. */
void json_put_state(struct json_line *line, struct job_state state);
/* The member that tells of a trouble. */
void json_put_trouble(struct json_line *line, const struct trouble *trouble);
/* The facts of one machine for people; the second half of render_people.answer. */
void facts_show(struct output *output, const struct answer *answer);
/* Appends how a job ended, as a person says it: "ended by signal 9 (Killed)". 0 or -ENOMEM. */
int ending_describe(struct job_state state, struct buffer *out);
/* "run, observe as root": what a key may do, for people. */
void rights_show(struct output *output, uint16_t rights, const char *run_as);
