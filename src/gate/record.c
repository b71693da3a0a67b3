/* See record.h. */
#define LOG_TAG "history"
#include "gate/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { PERIOD_MS = 10 * 1000, LEAST_MS = 1000, CLOCK_SET_MS = 5 * 1000, ASK_AGAIN_MS = 60 * 1000 };

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
    uint64_t delay = PERIOD_MS - into;

    /* Rates of a moment are noise, or none: at a start, and when a timer came a little early, which
     * would write over its own good sample. */
    return delay < LEAST_MS ? delay + PERIOD_MS : delay;
}

/* What time servers do to a clock: less than begins a new file. */
static void tell_step(bool back, uint64_t moved_ms)
{
    if (moved_ms > CLOCK_SET_MS)
        log_notice(back ? "the clock was set back by %" PRIu64
                          " s: the history of that time is written again"
                        : "the clock was set ahead by %" PRIu64 " s: the history has a gap there",
                   (moved_ms + 500) / 1000);
}

static void tell_jump(const struct record *record, enum timeline_verdict verdict, uint64_t moved_ms)
{
    uint64_t minutes = (moved_ms + 30 * 1000) / (60 * 1000);
    const char *side = verdict == TIMELINE_BACK ? "behind" : "ahead of";

    log_warning("the clock jumped: it is %" PRIu64 " d %" PRIu64 " h %" PRIu64 " min %s %s. A new "
                "history begins with what is not later than now; the old file is kept aside",
                minutes / 1440, minutes / 60 % 24, minutes % 60, side,
                record->newest.boot_ms > 0 ? "where it should be" : "the newest sample");
}

/* Asks for a new file, and again after a while if none comes: the disk may be full. */
static void want_new_file(struct record *record, uint64_t boot_ms)
{
    if (record->asked_ms > 0 && boot_ms - record->asked_ms < ASK_AGAIN_MS)
        return;
    record->asked_ms = boot_ms;
    record->on_jump(record);
}

/* Whether a sample that was taken just now is to be recorded. The clocks are read again, one right
 * after the other: what happens between a sample and here takes its time on a busy machine. */
static bool clock_allows(struct record *record)
{
    uint64_t wall_ms = clock_wall_ms(), boot_ms = clock_boot_ms(), moved_ms;
    enum timeline_verdict verdict = timeline_judge(&record->newest, wall_ms, boot_ms,
                                                   history_reach_ms(record->history), &moved_ms);

    if (verdict != TIMELINE_GOES_ON) {
        if (record->asked_ms == 0)
            tell_jump(record, verdict, moved_ms);
        want_new_file(record, boot_ms);
        return false;
    }
    if (record->asked_ms > 0)
        log_notice("the clock is right again: the history goes on as it was");
    else if (record->newest.boot_ms > 0)
        tell_step(wall_ms < record->newest.wall_ms + (boot_ms - record->newest.boot_ms), moved_ms);
    record->asked_ms = 0;
    record->newest = (struct timeline){wall_ms, boot_ms};
    return true;
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

static void on_record(uv_timer_t *timer);

static void arm(struct record *record)
{
    uv_update_time(record->timer.loop); /* the delay counts from when the turn began */
    uv_timer_start(&record->timer, on_record, next_delay(record), 0);
}

static void on_record(uv_timer_t *timer)
{
    struct record *record = timer->data;
    const struct vitals *vitals = pulse_step(record->pulse, &record->before);

    if (vitals && clock_allows(record))
        tell_error(record, history_add(record->history, vitals));
    arm(record);
}

static void start_timer(struct record *record)
{
    record->pulse->resting = &record->before;
    /* The first rates need two readings: the first one is taken now, and not recorded. */
    (void)pulse_step(record->pulse, &record->before);
    arm(record);
}

enum record_files record_begin(struct record *record, int *fds, size_t count)
{
    bool first = !record->history;
    bool writable = (fcntl(fds[0], F_GETFL) & O_ACCMODE) != O_RDONLY;
    struct history *history;
    int r;

    if (!first && record->asked_ms == 0)
        return RECORD_UNASKED;
    r = history_new(&history, fds[0]);
    fds[0] = -1;
    if (r) {
        log_error("no history is kept: %s", r < 0 ? strerror(-r) : "the file is none");
        return RECORD_TAKEN;
    }
    r = history_carry(history, fds + 1, count - 1, clock_wall_ms() / 1000);
    if (r)
        log_error("what was recorded before cannot be carried over: %s. It is tried again %s",
                  strerror(-r), first ? "at the next start" : "in a minute");
    if (r && !first) {
        history_free(history);
        return RECORD_TAKEN;
    }
    history_free(record->history);
    record->history = history;
    record->asked_ms = 0;
    record->newest = first ? (struct timeline){.wall_ms = history_newest_ms(history)}
                           : (struct timeline){clock_wall_ms(), clock_boot_ms()};
    if (first && writable)
        start_timer(record);
    return r ? RECORD_TAKEN : RECORD_CARRIED;
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
