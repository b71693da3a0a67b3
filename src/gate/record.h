/* Records the vital signs every ten seconds, whether anybody watches or not. Of several files (a
 * new history begins) it carries over what the older ones hold. A clock that jumps writes over
 * nothing: a new file is asked for, and until it is there nothing is recorded; if the clock is
 * right again by then, the old one goes on. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "gate/pulse.h"
#include "sense/history.h"
#include "sense/timeline.h"

struct record {
    struct pulse *pulse;
    struct history *history; /* NULL: none is kept */
    struct reading before;
    uv_timer_t timer;
    uint32_t phase_ms; /* of this machine, within a period */
    int error;         /* of the last sample that could not be written; 0: it was */
    struct timeline newest;
    uint64_t asked_ms; /* boot clock: when a new file was asked for; 0: none is missing */
    /* The clock jumped: a new file is wanted. Set by the owner. */
    void (*on_jump)(struct record *record);
};

enum record_files {
    RECORD_TAKEN,
    RECORD_CARRIED, /* and the files of before are in it */
    RECORD_UNASKED, /* there is a file, and nobody asked for another: nothing is taken */
};

/* Returns 0 or -errno. */
int record_init(struct record *record, uv_loop_t *loop, struct pulse *pulse);
/* The first of the descriptors is the file to write, which is taken over (and set to -1); the
 * others are files of before, newest first, and stay the caller's. Begins to record, or goes on in
 * the new file. One that is of no use is logged and nothing else. */
enum record_files record_begin(struct record *record, int *fds, size_t count);
/* No more is written; the history may be asked on. */
void record_stop(struct record *record);
/* The loop must run once more for its handle. */
void record_deinit(struct record *record);
