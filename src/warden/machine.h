/* The machine's identity: an Ed25519 key in one self-signed certificate, made at first start and
 * bound to this computer, so that a cloned disk does not impersonate its original. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "proto/order.h"
#include "warden/configuration.h"
#include "warden/place.h"

struct machine {
    uint8_t id[MACHINE_ID_SIZE]; /* SHA-256 of the SubjectPublicKeyInfo */
    struct buffer certificate;   /* DER */
    struct buffer key;           /* DER, secret */
};

/* Loads the key, or makes it. Logs what it does. Returns 0 or -errno. */
int machine_load(struct machine *machine, const struct place *place, const struct config *config);
/* Only what is there: for `huned invite`. Returns 0, -ENOENT before the first start, or -errno. */
int machine_load_existing(struct machine *machine, const struct place *place,
                          const struct config *config);
void machine_deinit(struct machine *machine);
