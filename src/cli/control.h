/* disconnect, reset, kill: the orders that concern the agent itself. */
#pragma once

#include "cli/session.h"
#include "proto/verb.h"

/* Says what it will do, asks, does it, tells the result for each machine. Returns what to exit
 * with. */
int control_machines(struct session *session, const struct selection *selection, enum verb verb);
