/* Getting an invitation through the operator's own ssh: trust comes from known_hosts. */
#pragma once

#include "cli/console.h"
#include "proto/invite.h"

/* Runs `ssh DESTINATION huned invite --json` and reads the link that it prints. A password or a
 * host key is asked for by ssh itself, on the terminal. Returns what to exit with, 0 with
 * `invite_out`. */
int via_ssh_invite(struct console *console, const char *destination,
                   struct invite_link *invite_out);
