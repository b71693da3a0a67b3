/* Invitations that are open: one small file each in the run folder, made by `huned invite`, read by
 * the warden when somebody pairs. A wrong guess costs every open invitation a try, whoever guesses.
 */
#pragma once

#include <stdint.h>

#include "proto/invite.h"
#include "warden/keyring.h"

struct invitation {
    uint8_t code[INVITE_CODE_SIZE];
    uint64_t expires_ms; /* boot clock */
    uint32_t tries_left;
    uint16_t rights;
    char as[OPERATOR_AS_MAX + 1];
};

/* Makes a code and keeps the invitation in `run`. Returns 0, 1 when too many are open, or -errno.
 */
int invitation_make(const char *run, uint16_t rights, const char *as, uint64_t seconds,
                    struct invitation *invitation_out);
/* Looks for the open invitation that the request proves to know, and takes it: it cannot be used
 * again. Returns 0, 1 when there is none (every open one lost a try), or -errno. */
int invitation_redeem(const char *run, const struct pair_request *request,
                      const uint8_t exporter[EXPORTER_SIZE], const uint8_t machine[MACHINE_ID_SIZE],
                      struct invitation *invitation_out);
