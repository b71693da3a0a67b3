/* The one sampling that everybody who watches this machine shares.
 *
 * A *beat* is an interval that somebody listens at: its rates are means of just that interval, so
 * each beat remembers the reading before. Beats of all lengths fall together where they can (every
 * ten seconds all of 1, 2, 5 and 10 s), and are read once then. Machines beat at different moments,
 * by their id, so that a console of thousands is not hit by all of them at once. Nobody listens:
 * no timer runs. */
#pragma once

#include <stdint.h>
#include <uv.h>

#include "base/list.h"
#include "base/buffer.h"
#include "proto/order.h"
#include "sense/sampler.h"
#include "sense/vitals.h"

struct beat;

struct pulse {
    uv_loop_t *loop;
    struct sampler *sampler;
    struct list beats;
    struct reading latest; /* the newest reading */
    struct vitals vitals;  /* the newest result */
    uint64_t computed_ns;  /* when, 0: never */
    uint64_t generation;   /* counts results */
    uint32_t phase_ms;     /* of this machine */
    struct reading
        *resting; /* a baseline that stays while nobody listens: the history's; or NULL */
};

struct pulse_listener {
    struct list link;
    struct beat *beat;
    void (*on_beat)(struct pulse_listener *listener, const struct vitals *vitals);
};

/* Returns 0 or -ENOMEM. */
int pulse_init(struct pulse *pulse, uv_loop_t *loop, const uint8_t machine[MACHINE_ID_SIZE]);
/* Nobody listens any more. The loop must run once more for its handles. */
void pulse_deinit(struct pulse *pulse);

/* The vitals of this moment, with rates since the best reading at hand; NULL for no memory. Good
 * until anything else is called; pulse_rest() when done with it. */
const struct vitals *pulse_now(struct pulse *pulse);
/* Lets go of files and memory if nobody listens and no history is kept. */
void pulse_rest(struct pulse *pulse);
/* Calls on_beat at each beat from now on. Listeners may leave in it, any of them. Returns 0 or
 * -ENOMEM. */
int pulse_listen(struct pulse *pulse, uint32_t every_ms, struct pulse_listener *listener);
/* Harmless for one that does not listen. */
void pulse_leave(struct pulse_listener *listener);
/* Appends the list of the `count` busiest processes of this listener's beat. Returns 0 or -ENOMEM.
 */
int pulse_append_processes(struct pulse_listener *listener, size_t count, struct buffer *out);

/* For the history: reads, and computes with rates since `before`, which becomes the reading. NULL
 * for no memory. */
const struct vitals *pulse_step(struct pulse *pulse, struct reading *before);
