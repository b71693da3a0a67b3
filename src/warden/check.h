/* The stop `check`: whether an order is good. It believes nothing before the signature holds, and
 * tests in one fixed sequence: length, magic, key known, signature, machine, epoch and window, the
 * channel, not seen before, rights, run-as. It changes nothing. */
#pragma once

#include "proto/crypto.h"
#include "proto/order.h"
#include "proto/problem.h"
#include "warden/keyring.h"
#include "warden/replay.h"

struct check_context {
    const uint8_t *machine; /* MACHINE_ID_SIZE bytes */
    const uint8_t *epoch;   /* EPOCH_SIZE bytes */
    const struct keyring *keyring;
    const struct replay *replay;
    struct crypto_last *last_key; /* whose signature held last; it makes the next quicker */
    uint64_t boot_ms;
    /* EXPORTER_SIZE bytes of the connection that the order is to open; NULL: it came over one that
     * is open, and opens none. */
    const uint8_t *channel;
    bool privileged;  /* may run as others */
    const char *self; /* the agent's own user */
};

struct checked {
    struct order order; /* its payload points into the parts */
    struct order_parts parts;
    const struct operator_entry *who; /* NULL before the signature held */
    bool is_genuine;                  /* nothing is wrong but, perhaps, what `who` may do */
    const struct replay_entry
        *seen; /* not NULL: this is a repetition, and the rest was not tested */
    char user[LIMIT_USER_NAME + 1]; /* who it runs as */
};

/* Returns PROBLEM_NONE with all of `checked_out`, or the first problem. */
enum problem_code check_order(const struct check_context *context, struct slice parts,
                              struct checked *checked_out);
