/* Records the vital signs every ten seconds, whether anybody watches or not. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "gate/pulse.h"
#include "sense/history.h"

struct record {
    struct pulse *pulse;
    struct history *history; /* NULL: none is kept */
    struct reading before;
    uv_timer_t timer;
    uint32_t phase_ms;     /* of this machine, within a period */
    int error;             /* of the last sample that could not be written; 0: it was */
    int64_t wall_ahead_ms; /* the wall clock minus the boot clock, to notice a clock that was set */
    bool knows_wall;
};

/* Returns 0 or -errno. */
int record_init(struct record *record, uv_loop_t *loop, struct pulse *pulse);
/* Takes the descriptor over; begins to record. One that is of no use is logged and nothing else. */
void record_begin(struct record *record, int fd);
/* No more is written; the history may be asked on. */
void record_stop(struct record *record);
/* The loop must run once more for its handle. */
void record_deinit(struct record *record);
