/* What an operator may do on a machine: the words of the `may` option. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* X(bit, NAME, "word") */
#define HUNE_RIGHTS(X)                                                               \
    X(0, OBSERVE, "observe") /* facts, vitals, jobs, audit; stop, forget own jobs */ \
    X(1, RUN, "run")         /* run commands */                                      \
    X(2, SHELL, "shell")     /* open a terminal */                                   \
    X(3, FILES, "files")     /* get and put */                                       \
    X(4, CONTROL, "control") /* reset, kill, invite, revoke, any job */

enum right {
#define X(bit, name, word) RIGHT_##name = 1 << (bit),
    HUNE_RIGHTS(X)
#undef X
};

#define RIGHTS_NONE 0u
#define RIGHTS_ALL  ((1u << 5) - 1)

/* A comma-separated list of words, "all" among them. False for an unknown or an empty word. */
bool rights_parse(const char *text, size_t length, uint16_t *rights_out);
/* Appends the list of words. Returns 0 or -ENOMEM. */
int rights_append(struct buffer *out, uint16_t rights);
/* The word for one right, such as "run". */
const char *right_name(enum right right);
