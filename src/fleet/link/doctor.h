/* `hune doctor`: the way to one machine, step by step, up to the first step that fails. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fleet/link/link.h"
#include "proto/problem.h"

struct doctor;

/* X(NAME, "word", what is looked at) */
#define HUNE_DOCTOR_STEPS(X)                                         \
    X(RESOLVE, "resolve", N_("The name resolves"))                   \
    X(CONNECT, "connect", N_("Something listens there"))             \
    X(SECURE, "secure", N_("It speaks TLS 1.3"))                     \
    X(IDENTITY, "identity", N_("It is the machine that was pinned")) \
    X(HELLO, "hello", N_("It is a Hune agent of this protocol"))     \
    X(OPEN, "open", N_("It knows your key"))                         \
    X(RIGHTS, "rights", N_("Your key may run commands"))             \
    X(CLOCK, "clock", N_("Its clock agrees with this one"))          \
    X(JOB, "job", N_("It runs a command"))

enum doctor_step {
#define X(name, word, text) DOCTOR_##name,
    HUNE_DOCTOR_STEPS(X)
#undef X
        DOCTOR_STEPS,
};

const char *doctor_step_name(enum doctor_step step);
const char *doctor_step_text(enum doctor_step step); /* untranslated */

struct doctor_finding {
    enum doctor_step step;
    bool is_ok;
    bool is_warning;    /* ok, but worth a look: a clock more than two seconds off */
    const char *detail; /* what was found: an address, an id, rights; printable; may be "" */
    double ms;          /* how long the step took */
    const struct trouble *trouble; /* NULL exactly if ok */
};

struct doctor_events {
    void (*on_step)(const struct doctor_finding *finding, void *user);
    /* After the last step, or the first that failed. The doctor frees itself after it. */
    void (*on_done)(bool is_well, void *user);
};

/* `target` as for link_new(); `run_as` NULL for the default. Returns 0 or -errno. */
int doctor_start(struct doctor **doctor_out, struct link_factory *factory,
                 const struct link_target *target, const char *run_as,
                 const struct doctor_events *events, void *user);
struct doctor *doctor_cancel(struct doctor *doctor);
