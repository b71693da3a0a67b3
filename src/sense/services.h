/* The services that systemd runs, seen from their control groups: no bus is asked. A service that
 * is stopped or failed has no group and is not seen. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "sense/scan.h"

/* {"manager":"systemd","services":[{"name","state":"running"}]}, or {"manager":"none"} where
 * another program is the first process. Returns 0 or -ENOMEM. */
int services_collect(const char *root, json_t **json_out);

/* Whether a group still holds processes, from the text of its cgroup.events; true if that does not
 * tell, as in version 1: systemd removes the group of a service that has ended. */
bool group_is_populated(struct span events);
/* The unit of a group's directory: systemd puts "_" before names that look like the kernel's own.
 */
struct span group_unit(struct span directory);
