/* See timeline.h. */
#include "sense/timeline.h"

#include "proto/limits.h"

enum timeline_verdict timeline_judge(const struct timeline *timeline, uint64_t wall_ms,
                                     uint64_t boot_ms, uint64_t reach_ms, uint64_t *moved_ms_out)
{
    bool same_process = timeline->boot_ms > 0;
    uint64_t passed = same_process && boot_ms > timeline->boot_ms ? boot_ms - timeline->boot_ms : 0;
    uint64_t expected = timeline->wall_ms + passed;
    uint64_t most_ahead = same_process ? LIMIT_HISTORY_AHEAD_MS : reach_ms;

    if (timeline->wall_ms == 0)
        expected = wall_ms;
    *moved_ms_out = wall_ms < expected ? expected - wall_ms : wall_ms - expected;
    if (wall_ms<expected && * moved_ms_out> LIMIT_HISTORY_BACK_MS)
        return TIMELINE_BACK;
    return wall_ms > expected && *moved_ms_out > most_ahead ? TIMELINE_AHEAD : TIMELINE_GOES_ON;
}
