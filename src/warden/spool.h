/* A spool: where the oldest output of a job waits that nobody reads, once its ring is full. A file
 * without a name, used in a circle: it takes no more room on the disk than it may, and nothing of
 * it is left when the agent is killed.
 *
 * It is written with pwrite(2) and never mapped: a full or broken disk is an error here, not a
 * signal. The gate gets a descriptor that can only read. */
#pragma once

#include <stdint.h>

#include "door/ring.h"

struct spool;

/* Less than this is not worth a file. */
enum { SPOOL_LEAST = 64 * 1024 };
/* The disk room that all spools together may take: so many times what one may. */
enum { SPOOL_SHARE = 16 };

/* Makes one below `folder` (made if need be). Returns 0 or -errno. */
int spool_new(struct spool **spool_out, const char *folder, uint64_t capacity);
struct spool *spool_free(struct spool *spool);
/* Moves some of the ring's oldest bytes; the file may grow by `allowance`. Returns how many, 0 when
 * it is full (who reads makes room), or -errno of the disk. */
int64_t spool_move(struct spool *spool, struct ring *ring, uint64_t allowance);
/* A descriptor that can only read, or -errno. */
int spool_reader(const struct spool *spool);
uint64_t spool_capacity(const struct spool *spool);
/* Bytes on the disk. */
uint64_t spool_size(const struct spool *spool);
