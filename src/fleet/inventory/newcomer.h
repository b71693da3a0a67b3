/* Taking a machine into the fleet list: one rule for both consoles. */
#pragma once

#include <stdint.h>

#include "fleet/home/fault.h"
#include "fleet/inventory/machines.h"

struct newcomer {
    const char *name; /* NULL: what the machine calls itself, made unique */
    const char *tags; /* NULL for none */
    const char *user; /* NULL for none */
    const char *host;
    uint16_t port;
    const uint8_t *id;    /* NULL: not pinned */
    const char *own_name; /* what the machine calls itself; raw; NULL if it was not asked */
};

struct newcomer_entry {
    const struct newcomer *newcomer;
    char name[MACHINE_NAME_MAX + 1]; /* filled: what the machine is called in the list now */
};

/* For fleet_edit(), with a struct newcomer_entry as context: adds the machine. One whose id is in
 * the list already keeps its line; its address is brought up to date, and what else `newcomer`
 * tells. Returns 0, -ENOMEM, or an enum bad_row with its sentence in `fault`. */
int newcomer_enter(struct fleet *fleet, void *context, struct fault *fault);
