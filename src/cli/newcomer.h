/* Taking a machine into the fleet list: what join and add have in common. */
#pragma once

#include "cli/console.h"
#include "cli/session.h"
#include "fleet/inventory/newcomer.h"
#include "proto/invite.h"

/* Saves it and tells it. A machine whose id is in the list already keeps its line; only its address
 * is brought up to date. Returns what to exit with. */
int newcomer_save(struct console *console, const struct newcomer *newcomer, uint16_t rights,
                  const char *run_as);
/* Pairs with the machine of the invitation, then as above. Fills host, port, id and own name of
 * `newcomer` while it runs. */
int newcomer_join(struct console *console, const struct invite_link *invite,
                  struct newcomer *newcomer);
