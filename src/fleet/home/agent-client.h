/* ssh-agent's protocol (draft-ietf-sshm-ssh-agent), as far as signing needs it. Blocking, with
 * time-outs and bounded messages: the agent may be a forwarded socket from anywhere. */
#pragma once

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/sshkey.h"

enum agent_client_error {
    AGENT_CLIENT_E_ABSENT = 1, /* no socket named, nobody answers there, or the agent hung up */
    AGENT_CLIENT_E_REFUSED,    /* the agent said no */
    AGENT_CLIENT_E_PROTOCOL,   /* nonsense, too long, or not in time */
};

/* `socket_path` may be NULL (SSH_AUTH_SOCK unset). Returns 0 with a connected fd, or
 * AGENT_CLIENT_E_ABSENT. */
int agent_client_connect(const char *socket_path, int *fd_out);
/* Whether the agent holds `key`. `comment_out` gets its comment, cut to fit. Returns 0 or an enum
 * agent_client_error. */
int agent_client_holds(int fd, const struct sshkey *key, bool *holds_out, char comment_out[128]);
/* Asks for a signature over `bytes`; appends what the agent returns ({string type, string
 * signature, ...}). Returns 0, -ENOMEM or an enum agent_client_error. */
int agent_client_sign(int fd, const struct sshkey *key, const void *bytes, size_t size,
                      struct buffer *signature_out);
