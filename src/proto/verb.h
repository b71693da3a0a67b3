/* The verbs that an order can carry: one table, from which everything else is made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/right.h"

/* X(number, NAME, "word", right needed, becomes a job) */
#define HUNE_VERBS(X)                              \
    X(1, OPEN, "open", OBSERVE, false)             \
    X(2, RUN, "run", RUN, true)                    \
    X(3, SHELL, "shell", SHELL, true)              \
    X(4, GET, "get", FILES, true)                  \
    X(5, PUT, "put", FILES, true)                  \
    X(6, SIGNAL, "signal", OBSERVE, false)         \
    X(7, FORGET, "forget", OBSERVE, false)         \
    X(8, DISCONNECT, "disconnect", OBSERVE, false) \
    X(9, RESET, "reset", CONTROL, false)           \
    X(10, KILL, "kill", CONTROL, false)            \
    X(11, INVITE, "invite", CONTROL, false)        \
    X(12, REVOKE, "revoke", CONTROL, false)

enum verb {
#define X(number, name, word, right, job) VERB_##name = (number),
    HUNE_VERBS(X)
#undef X
};

struct verb_info {
    enum verb verb;
    const char *name;
    enum right right;
    bool becomes_job;
};

/* NULL for a number that is no verb. */
const struct verb_info *verb_info(uint16_t number);
