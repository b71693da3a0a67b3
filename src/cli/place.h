/* "MACHINE:PATH", as in `hune get web1:/etc/hosts .` */
#pragma once

#include <stdbool.h>

/* Cuts at the first colon that stands in no brackets. `selector_out` is a copy (free it),
 * `path_out` points into `word`; either may be empty. Returns 0, 1 if there is no colon, or
 * -ENOMEM. */
int place_split(const char *word, char **selector_out, const char **path_out);
