/* A shell on a machine in the terminal that hune runs in. */
#pragma once

#include "base/buffer.h"
#include "cli/cast.h"
#include "cli/session.h"
#include "fleet/link/job-object.h"

struct shell_order {
    const char *as;        /* NULL: the machine's user in the fleet list, else its default */
    const char *directory; /* NULL: the user's home */
    const char *const *environment; /* "NAME=VALUE", NULL-ended, or NULL */
    const char *const *command;     /* NULL-ended; NULL: the user's login shell */
    const char *record;             /* a file to make, or NULL */
    bool plain_keys;                /* no tilde is for us */
};

/* These return what to exit with; the loop is theirs until they do, and the terminal is as it was
 * afterwards. */
int shell_open(struct session *session, uint32_t machine, const struct shell_order *order);
/* Continues a `shell` that is there, as its machine told it: shows its stream from byte `from` (the
 * start of a frame) on. */
int shell_attach(struct session *session, uint32_t machine, const struct job_object *object,
                 uint64_t from);
