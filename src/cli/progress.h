/* How a run on many machines stands, drawn over itself at the bottom of a terminal: how many are
 * done, and the answers as they form. Nothing is drawn where nobody looks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "cli/console.h"
#include "fleet/run/harvest.h"
#include "fleet/run/wave.h"

struct progress {
    struct output *output; /* standard error */
    struct harvest *harvest;
    const struct wave *wave;
    uv_timer_t timer;
    bool shows_answers;
    unsigned lines; /* that are drawn now */
    uint64_t last_ms;
    uint64_t cost_ms; /* of the last drawing: folding ten thousand names is not free */
};

/* Starts a timer on the loop, also where nothing is drawn: it flushes the harvest, too. */
void progress_start(struct progress *progress, uv_loop_t *loop, struct console *console,
                    struct harvest *harvest, const struct wave *wave, bool shows_answers);
/* Takes it off the screen, before anything else is written there; it comes back by itself. */
void progress_erase(struct progress *progress);
/* The end: takes it off. The timer is closed by the loop's next turn. */
void progress_stop(struct progress *progress);
