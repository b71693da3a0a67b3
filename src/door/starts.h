/* Where frames begin in a job's stream: a few offsets, so that a console which comes late to a job
 * whose first bytes are gone finds a place to begin at. Few bytes for any length of stream: when
 * there is no room left every second one is dropped. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { STARTS_MAX = 128, STARTS_FIRST_STEP = 4096 };

struct starts {
    uint64_t offsets[STARTS_MAX]; /* ascending */
    size_t count;
    uint64_t step; /* none is nearer to the one before it than that */
};

/* A frame begins at `offset`, which is beyond all before; nobody asks for one before `first` any
 * more. */
void starts_add(struct starts *starts, uint64_t offset, uint64_t first);
/* The first known start at or behind `offset`; `none` if there is none. */
uint64_t starts_from(const struct starts *starts, uint64_t offset, uint64_t none);
/* The last known start at or before `offset`; `none` if there is none. */
uint64_t starts_before(const struct starts *starts, uint64_t offset, uint64_t none);
