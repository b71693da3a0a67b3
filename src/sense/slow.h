/* The slow part of a reading: mounts, sensors, processes, users, limits. For sampler.c. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "sense/vitals.h"

struct slow;

/* `root` is borrowed. Returns 0 or -ENOMEM. */
int slow_new(struct slow **slow_out, const char *root);
struct slow *slow_free(struct slow *slow);
/* Closes what is open. */
void slow_rest(struct slow *slow);
/* `content` is scratch space. Returns 0 or -ENOMEM. */
int slow_read(struct slow *slow, struct buffer *content, uint64_t boot_ms);
/* The memory that counts for the limit of a container: changes fast, so it is read with each
 * sample.
 */
int slow_read_limit_used(struct slow *slow, struct buffer *content, uint64_t *bytes_out);
const struct slow_reading *slow_last(const struct slow *slow);
