/* What to call an order in lists. */
#pragma once

#include <stddef.h>

#include "proto/order.h"

/* One printable line in valid UTF-8: of a run order its command, cut with "…" where it does not
 * fit; of the others the verb. `size` is that of label_out, at least 8. */
void describe_order(const struct order *order, char *label_out, size_t size);
