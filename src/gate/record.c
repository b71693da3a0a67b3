/* See record.h. */
#define LOG_TAG "history"
#include "gate/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { PERIOD_MS = 10 * 1000, FIRST_MS = 1000, CLOCK_SET_MS = 5 * 1000 };

int record_init(struct record *record, uv_loop_t *loop, struct pulse *pulse)
{
    *record = (struct record){.pulse = pulse, .phase_ms = pulse->phase_ms % PERIOD_MS};
    record->timer.data = record;
    return uv_timer_init(loop, &record->timer);
}

/* Each sample falls into a period of its own, at this machine's place in it: machines that share a
 * host do not all wake it at once. The wall clock decides, as it names the periods. */
static uint64_t next_delay(const struct record *record)
{
    uint64_t now_ms = clock_wall_ms();
    uint64_t into = (now_ms + PERIOD_MS - record->phase_ms) % PERIOD_MS;

    return PERIOD_MS - into;
}

static void tell_clock(struct record *record, const struct vitals *vitals)
{
    int64_t ahead = (int64_t)(vitals->wall_ms - clock_boot_ms());
    int64_t moved = ahead - record->wall_ahead_ms;

    record->wall_ahead_ms = ahead;
    if (record->knows_wall && llabs(moved) > CLOCK_SET_MS)
        log_notice(moved < 0 ? "the clock was set back by %" PRId64
                               " s: the history of that time is written again"
                             : "the clock was set ahead by %" PRId64
                               " s: the history has a gap there",
                   (int64_t)llabs(moved) / 1000);
    record->knows_wall = true;
}

static void tell_error(struct record *record, int error)
{
    if (error && !record->error)
        log_error("samples cannot be recorded: %s. They are tried again, and watching goes on",
                  strerror(-error));
    if (!error && record->error)
        log_notice("samples are recorded again");
    record->error = error;
}

static void on_record(uv_timer_t *timer)
{
    struct record *record = timer->data;
    const struct vitals *vitals = pulse_step(record->pulse, &record->before);

    if (vitals) {
        tell_clock(record, vitals);
        tell_error(record, history_add(record->history, vitals));
    }
    uv_update_time(record->timer.loop);
    uv_timer_start(&record->timer, on_record, next_delay(record), 0);
}

void record_begin(struct record *record, int fd)
{
    uint64_t delay = next_delay(record);
    int r = history_new(&record->history, fd);

    if (r) {
        log_error("no history is kept: %s", r < 0 ? strerror(-r) : "the file is none");
        return;
    }
    record->pulse->resting = &record->before;
    /* The first rates need two readings: the first one is taken now, and not recorded. */
    (void)pulse_step(record->pulse, &record->before);
    /* Rates of a moment are noise, or none. */
    uv_timer_start(&record->timer, on_record, delay < FIRST_MS ? delay + PERIOD_MS : delay, 0);
}

void record_stop(struct record *record)
{
    uv_timer_stop(&record->timer);
}

void record_deinit(struct record *record)
{
    record->pulse->resting = NULL;
    uv_close((uv_handle_t *)&record->timer, NULL);
    reading_deinit(&record->before);
    record->history = history_free(record->history);
}
