/* Running a command on machines: what the command `run` and the prompt have in common. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "cli/lines.h"
#include "cli/session.h"
#include "fleet/link/job-object.h"
#include "fleet/run/wave.h"

/* How the answers of many machines are shown. */
enum run_view {
    RUN_VIEW_BEST,   /* gathered on a terminal, live elsewhere */
    RUN_VIEW_LIVE,   /* lines behind the machine's name, as they come */
    RUN_VIEW_GATHER, /* equal outputs once, at the end */
    RUN_VIEW_SORTED, /* lines behind the machine's name, machine by machine, at the end */
};

struct run_order {
    struct buffer payload;  /* of proto/command.h */
    const char *as;         /* NULL: the machine's user in the fleet list, else its default */
    uint64_t deadline_s;    /* for the job on each machine; 0: none */
    uint64_t whole_s;       /* many machines: for all of it; 0: none */
    uint32_t at_once;       /* machines at a time; 0: the fan-out decides */
    int input;              /* a descriptor to read standard input from, or -1 */
    const char *input_path; /* what it was opened from; NULL if it cannot be opened again */
    const char *record;     /* one machine: a recording to make, or NULL */
    bool raw;               /* control characters go to the terminal as they are */
    enum run_view view;     /* many machines */
    bool many;              /* treat one machine as many */
    bool diff;              /* gathered: how the others differ from the largest group */
    bool similar;           /* gathered: fold what differs only in names, numbers and times */
    bool tells;  /* one machine: say it when the command fails; else only the exit status does */
    bool detach; /* leave as soon as the machines took it */
    bool live;   /* JSON: one object per line of output instead of all at the end */
    struct buffer *aside; /* one machine: standard output goes there and not to ours; or NULL */
    const char *selector; /* as it was typed, for the memory of runs; NULL: from -t and words */
    struct wave_settings wave; /* `machines` is filled in here */
    const char *manner; /* the options that say how, as they are typed; NULL: there were none */
};

/* Each tells what happens as it happens, and returns what to exit with. The loop is theirs until
 * they return. */
int run_machines(struct session *session, const struct selection *selection,
                 struct run_order *order);
int run_one(struct session *session, uint32_t machine, struct run_order *order);
/* Follows a job that is there, from byte `from` of its stream on, as run_one() does the one that it
 * gave. */
int run_attach(struct session *session, uint32_t machine, const struct job_object *object,
               uint64_t from, const struct run_order *order);
int run_many(struct session *session, const struct selection *selection, struct run_order *order);

/* Who to run as on this machine; "" leaves it to the machine. */
static inline const char *run_user(const struct run_order *order, const struct machine *machine)
{
    return order->as ? order->as : machine->user;
}

/* Output as JSON objects, one for each line (--json --live): feeds `lines` and shows what it
 * completes; without bytes, what it still holds. */
void run_lines_json(struct console *console, const char *machine, bool is_error, uint32_t ms,
                    struct lines *lines, const struct slice *bytes);

/* Appends the command line that gives this order again to the machines that `selector` picks. 0,
 * -ENOMEM, or 1 if there is no such line (what standard input was is gone). */
int run_again_line(const struct run_order *order, const char *selector, struct buffer *out);
