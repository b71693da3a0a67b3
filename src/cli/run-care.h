/* Care with wide orders, before anything is sent: who is protected, who would get what, and whether
 * that is really meant. */
#pragma once

#include "cli/run.h"

/* Machines with this tag are ordered something only when that is said explicitly. */
#define PROTECTED_TAG "protected"

/* Refuses protected machines, tells what would be done (`dry_run`), asks if there are many. Returns
 * 0 to go on; a status to exit with, or RUN_CARE_DONE for STATUS_OK with nothing to do. */
struct run_care {
    bool even_protected;
    bool dry_run;
    bool agreed; /* asked already, and the answer was yes */
};
enum { RUN_CARE_DONE = -1 };

/* Refuses protected machines alone. Returns 0, or what to exit with. */
int run_care_protected(struct console *console, const struct fleet *fleet,
                       const struct selection *selection);
int run_care(struct console *console, const struct selection *selection,
             const struct run_order *order, const struct run_care *care);
