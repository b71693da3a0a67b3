/* Takes readings of this machine: holds the kernel's files open, and knows which of the names in
 * them stand for real things. What may not be read, or is not there, is left out. */
#pragma once

#include <stdint.h>

#include "sense/reading.h"
#include "sense/vitals.h"

struct sampler;

/* `root` stands before every path: "" for the machine itself; borrowed. Files are opened at the
 * first reading. Returns 0 or -ENOMEM. */
int sampler_new(struct sampler **sampler_out, const char *root);
struct sampler *sampler_free(struct sampler *sampler);

/* Reads all of the fast counters, and the slow ones if those at hand are older than ten seconds.
 * `reading` is used again; zeroed at first. Returns 0 or -ENOMEM. */
int sampler_read(struct sampler *sampler, struct reading *reading);
/* As of the last sampler_read(). */
const struct slow_reading *sampler_slow(const struct sampler *sampler);
/* Closes the files and lets go of memory, until the next reading: nobody looks any more. */
void sampler_rest(struct sampler *sampler);
