/* How one text differs from another, line by line. Pure functions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* More changes than this are shown as one large replacement: the time stays bounded. */
enum { DIFFER_CHANGES_MAX = 1000 };

/* Calls `put` for each line in order: sign '-' for a line that only `from` has, '+' for one that
 * only `to` has, ' ' for one that both have. Lines come without their newline. Stops when `put`
 * returns nonzero and returns that, else 0 or -ENOMEM. */
int differ(const uint8_t *from, size_t from_size, const uint8_t *to, size_t to_size,
           int (*put)(char sign, const uint8_t *line, size_t size, void *user), void *user);
