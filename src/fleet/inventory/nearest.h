/* "Did you mean ...?": the name that differs least from what was typed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fleet/inventory/machines.h"

/* How many characters differ (inserted, left out, exchanged, swapped with their neighbour); some
 * number above `limit` for texts that differ more. */
unsigned nearest_distance(const char *a, size_t a_length, const char *b, size_t b_length,
                          unsigned limit);
/* FLEET_NONE if nothing is near enough to be meant. */
uint32_t nearest_machine(const struct fleet *fleet, const char *name);
/* False if no tag is near enough. */
bool nearest_tag(const struct fleet *fleet, const char *tag, size_t length,
                 char nearest_out[MACHINE_NAME_MAX + 1]);
