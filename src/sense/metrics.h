/* The counters of this machine as OpenMetrics, with the names, labels and units that
 * prometheus-node-exporter gives them, so that dashboards made for it work. */
#pragma once

#include "base/buffer.h"

/* A whole page. `name` and `version` are the machine's label and the agent's version. Returns 0 or
 * -ENOMEM. */
int metrics_append(const char *root, const char *name, const char *version, struct buffer *out);
