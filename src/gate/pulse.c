/* See pulse.h. */
#include "gate/pulse.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "sense/busiest.h"

enum {
    NS_PER_MS = 1000000,
    SHARED_NS = 20 * NS_PER_MS,    /* beats that fall together take one reading */
    FRESH_NS = 250 * NS_PER_MS,    /* whoever comes within that gets what the one before got */
    BASELINE_NS = 500 * NS_PER_MS, /* rates of less are noise */
};

struct beat {
    struct list link;
    struct pulse *pulse;
    uint32_t every_ms;
    uv_timer_t timer;
    struct reading before;
    struct list listeners;
    struct list called; /* those that have had this beat */
    struct busiest *busiest;
    bool beating;
    bool over; /* nobody listens; it goes when nothing of it runs */
};

int pulse_init(struct pulse *pulse, uv_loop_t *loop, const uint8_t machine[MACHINE_ID_SIZE])
{
    *pulse = (struct pulse){.loop = loop};
    list_init(&pulse->beats);
    pulse->phase_ms = (uint32_t)(machine[0] << 8 | machine[1]);
    return sampler_new(&pulse->sampler, "");
}

static void on_beat_closed(uv_handle_t *handle)
{
    struct beat *beat = handle->data;

    reading_deinit(&beat->before);
    busiest_free(beat->busiest);
    free(beat);
}

static void beat_end(struct beat *beat)
{
    if (beat->over)
        return;
    beat->over = true;
    list_remove(&beat->link);
    uv_close((uv_handle_t *)&beat->timer, on_beat_closed);
}

void pulse_rest(struct pulse *pulse)
{
    if (!pulse->sampler || !list_is_empty(&pulse->beats) || pulse->resting)
        return;
    sampler_rest(pulse->sampler);
    reading_deinit(&pulse->latest);
    vitals_deinit(&pulse->vitals);
    pulse->computed_ns = 0;
}

void pulse_deinit(struct pulse *pulse)
{
    struct beat *beat;

    if (!pulse->sampler)
        return;
    pulse->resting = NULL;
    list_for_each (&pulse->beats, struct beat, link, beat)
        beat_end(beat);
    pulse_rest(pulse);
    pulse->sampler = sampler_free(pulse->sampler);
}

/* ---- reading ---- */

/* Returns 0 or -ENOMEM. */
static int pulse_read(struct pulse *pulse)
{
    if (pulse->latest.monotonic_ns && clock_monotonic_ns() - pulse->latest.monotonic_ns < SHARED_NS)
        return 0;
    return sampler_read(pulse->sampler, &pulse->latest);
}

static const struct vitals *pulse_compute(struct pulse *pulse, const struct reading *before)
{
    pulse->generation++;
    pulse->computed_ns = 0;
    if (vitals_compute(&pulse->vitals, &pulse->latest, before, sampler_slow(pulse->sampler)))
        return NULL;
    pulse->computed_ns = pulse->latest.monotonic_ns;
    return &pulse->vitals;
}

const struct vitals *pulse_step(struct pulse *pulse, struct reading *before)
{
    const struct vitals *vitals = NULL;

    if (!pulse_read(pulse))
        vitals = pulse_compute(pulse, before);
    if (vitals && reading_copy(before, &pulse->latest))
        before->monotonic_ns = 0;
    return vitals;
}

static void better(const struct reading **best, const struct reading *reading, uint64_t now_ns)
{
    bool enough;
    bool best_enough;

    if (!reading || reading->monotonic_ns == 0)
        return;
    enough = now_ns - reading->monotonic_ns >= BASELINE_NS;
    best_enough = *best && now_ns - (*best)->monotonic_ns >= BASELINE_NS;
    /* Of those that are old enough the newest, else the oldest. */
    if (!*best || enough > best_enough ||
        (enough == best_enough && enough == (reading->monotonic_ns > (*best)->monotonic_ns)))
        *best = reading;
}

static const struct reading *pulse_baseline(struct pulse *pulse)
{
    const struct reading *best = NULL;
    struct beat *beat;

    better(&best, pulse->resting, pulse->latest.monotonic_ns);
    list_for_each (&pulse->beats, struct beat, link, beat)
        better(&best, &beat->before, pulse->latest.monotonic_ns);
    return best;
}

const struct vitals *pulse_now(struct pulse *pulse)
{
    const struct vitals *vitals = NULL;

    if (pulse->computed_ns && pulse->vitals.interval_ms > 0 &&
        clock_monotonic_ns() - pulse->computed_ns < FRESH_NS)
        return &pulse->vitals;
    if (!pulse_read(pulse))
        vitals = pulse_compute(pulse, pulse_baseline(pulse));
    return vitals;
}

/* ---- beats ---- */

static void beat_arm(struct beat *beat);

static void on_beat(uv_timer_t *timer)
{
    struct beat *beat = timer->data;
    const struct vitals *vitals = pulse_step(beat->pulse, &beat->before);

    beat_arm(beat);
    beat->beating = true;
    while (vitals && !list_is_empty(&beat->listeners)) {
        struct pulse_listener *listener = container_of(beat->listeners.next, struct pulse_listener,
                                                       link);

        /* It may leave, and so may any other, but none is called twice. */
        list_remove(&listener->link);
        list_append(&beat->called, &listener->link);
        listener->on_beat(listener, vitals);
    }
    beat->beating = false;
    while (!list_is_empty(&beat->called)) {
        struct list *link = beat->called.next;

        list_remove(link);
        list_append(&beat->listeners, link);
    }
    if (list_is_empty(&beat->listeners)) {
        struct pulse *pulse = beat->pulse;

        beat_end(beat);
        pulse_rest(pulse);
    }
}

/* The next moment that is a multiple of the beat, on this machine's phase; not too soon. */
static void beat_arm(struct beat *beat)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t delay = beat->every_ms - (now_ms + beat->pulse->phase_ms) % beat->every_ms;

    if (delay < beat->every_ms / 2)
        delay += beat->every_ms;
    uv_update_time(beat->pulse->loop); /* the delay counts from when the turn began */
    uv_timer_start(&beat->timer, on_beat, delay, 0);
}

static int beat_new(struct beat **beat_out, struct pulse *pulse, uint32_t every_ms)
{
    struct beat *beat = calloc(1, sizeof(*beat));

    if (!beat)
        return -ENOMEM;
    beat->pulse = pulse;
    beat->every_ms = every_ms;
    list_init(&beat->listeners);
    list_init(&beat->called);
    uv_timer_init(pulse->loop, &beat->timer);
    beat->timer.data = beat;
    if (pulse_read(pulse) || reading_copy(&beat->before, &pulse->latest))
        beat->before.monotonic_ns = 0;
    list_append(&pulse->beats, &beat->link);
    beat_arm(beat);
    *beat_out = beat;
    return 0;
}

int pulse_listen(struct pulse *pulse, uint32_t every_ms, struct pulse_listener *listener)
{
    struct beat *beat = NULL;
    struct beat *other;
    int r = 0;

    list_for_each (&pulse->beats, struct beat, link, other)
        if (other->every_ms == every_ms)
            beat = other;
    if (!beat)
        r = beat_new(&beat, pulse, every_ms);
    if (r)
        return r;
    listener->beat = beat;
    list_append(beat->beating ? &beat->called : &beat->listeners, &listener->link);
    return 0;
}

void pulse_leave(struct pulse_listener *listener)
{
    struct beat *beat = listener->beat;

    if (!beat)
        return;
    listener->beat = NULL;
    list_remove(&listener->link);
    if (!beat->beating && list_is_empty(&beat->listeners)) {
        struct pulse *pulse = beat->pulse;

        beat_end(beat);
        pulse_rest(pulse);
    }
}

int pulse_append_processes(struct pulse_listener *listener, size_t count, struct buffer *out)
{
    struct beat *beat = listener->beat;
    int r = beat->busiest ? 0 : busiest_new(&beat->busiest, "");

    if (!r)
        r = busiest_look(beat->busiest, clock_monotonic_ns(), beat->every_ms / 2);
    return r ? r : busiest_append(beat->busiest, count, out);
}
