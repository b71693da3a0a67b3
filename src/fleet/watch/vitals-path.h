/* The paths of what is asked of a machine's vitals. Inside this folder only. */
#pragma once

#include "base/buffer.h"
#include "fleet/watch/vitals.h"

/* Of one sample (every_ms 0) or a stream. Each returns 0 with the terminated path, -ENOMEM or
 * -EINVAL. */
int vitals_path(const struct vitals_ask *ask, uint32_t every_ms, struct buffer *path_out);
int vitals_history_path(const struct vitals_history_ask *ask, struct buffer *path_out);
