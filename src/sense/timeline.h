/* Does the wall clock go on where the history ends? Pure: times are passed in.
 *
 * Records are named by the wall clock, so a clock that jumps would write one time over another. The
 * boot clock, which nobody can set and which counts while a machine sleeps, tells how far the wall
 * clock should have come. Small steps (time servers make them) are let pass:
 *
 * - up to LIMIT_HISTORY_BACK_MS back: that time is recorded again, over what was there;
 * - up to LIMIT_HISTORY_AHEAD_MS ahead: a gap, and the oldest records go so much sooner.
 *
 * A larger one begins a new file. Of samples of another process only the wall clock is known: a
 * long time since then is a machine that was off, until it is longer than anything is kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct timeline {
    uint64_t wall_ms; /* of the newest sample; 0: there is none */
    uint64_t boot_ms; /* of the same; 0: another process took it */
};

enum timeline_verdict { TIMELINE_GOES_ON, TIMELINE_BACK, TIMELINE_AHEAD };

/* A sample at these times. `reach_ms` is how long anything is kept. `moved_ms_out` gets how far the
 * clock is from where it should be, either way. */
enum timeline_verdict timeline_judge(const struct timeline *timeline, uint64_t wall_ms,
                                     uint64_t boot_ms, uint64_t reach_ms, uint64_t *moved_ms_out);
