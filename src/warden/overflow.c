/* See overflow.h. */
#include "warden/overflow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "warden/fill.h"
#include "warden/spool.h"
#define LOG_TAG "spool"
#include "base/log.h"

enum {
    OVERFLOW_LOOK_MS =
        1000, /* nobody reads for so long: a console that comes back needs a moment */
    OVERFLOW_RETRY_MS = 2000, /* a disk that was full may have room again */
};

static void look_again(struct job *job, uint64_t ms)
{
    if (list_is_empty(&job->spooling.link))
        loop_timer_start(job->jobs->loop, &job->spooling, ms);
}

static enum job_waits waits_of_error(int error)
{
    return error == -ENOSPC || error == -EDQUOT ? WAITS_DISK : WAITS_FAULT;
}

static void begin(struct job *job)
{
    struct jobs *jobs = job->jobs;
    int r = spool_new(&job->spool, jobs->spool_folder, jobs->spool_max);

    if (r) {
        if (job->spool_error != r)
            log_order(LOG_LEVEL_ERROR, job->id, "its output cannot be spooled in %s: %s",
                      jobs->spool_folder, strerror(-r));
        job->spool_error = r;
        ring_set_waits(job->ring, waits_of_error(r));
        return;
    }
    job->spool_error = 0;
    log_order(LOG_LEVEL_DEBUG, job->id, "nobody reads its output: it goes to a spool");
    jobs->events->on_spool(job, jobs->user);
}

static void on_look(struct loop_timer *timer)
{
    struct job *job = container_of(timer, struct job, spooling);

    if (state_is_ended(job->state.state) || job->jobs->spool_max == 0)
        return;
    if (!job->spool && ring_begin_spool(job->ring))
        begin(job);
    if (!job->spool)
        look_again(job, OVERFLOW_LOOK_MS);
    else
        job_has_room(job);
}

void overflow_init(struct job *job)
{
    loop_timer_init(&job->spooling, on_look);
}

void overflow_stop(struct job *job)
{
    loop_timer_stop(&job->spooling);
    if (job->spool)
        job->jobs->spooled -= spool_size(job->spool);
    job->spool = spool_free(job->spool);
}

static void tell_error(struct job *job, int error)
{
    char text[200];

    ring_set_waits(job->ring, waits_of_error(error));
    if (job->spool_error == error)
        return;
    job->spool_error = error;
    log_order(LOG_LEVEL_ERROR, job->id, "its output cannot be spooled, so it waits: %s",
              strerror(-error));
    snprintf(text, sizeof(text),
             "The machine's disk cannot take more output (%s): the job waits until its output is "
             "read, or there is room.",
             strerror(-error));
    fill_note(job, text);
}

static void tell_full(struct job *job, bool full)
{
    if (full && !job->spool_is_full)
        log_order(LOG_LEVEL_NOTICE, job->id,
                  "nobody reads its output, and [jobs] spool allows no more of it on the disk: it "
                  "waits");
    job->spool_is_full = full;
    if (full)
        ring_set_waits(job->ring, WAITS_SPOOL);
}

void overflow_flows(struct job *job)
{
    ring_set_waits(job->ring, WAITS_NOT);
}

bool overflow_make_room(struct job *job)
{
    struct jobs *jobs = job->jobs;
    uint64_t all = SPOOL_SHARE * jobs->spool_max;
    uint64_t before;
    int64_t moved;

    if (jobs->spool_max == 0) {
        ring_set_waits(job->ring, WAITS_SPOOL);
        return false;
    }
    if (!job->spool) {
        look_again(job, OVERFLOW_LOOK_MS);
        return false;
    }
    before = spool_size(job->spool);
    moved = spool_move(job->spool, job->ring, all > jobs->spooled ? all - jobs->spooled : 0);
    jobs->spooled += spool_size(job->spool) - before;
    if (moved < 0) {
        tell_error(job, (int)moved);
        look_again(job, OVERFLOW_RETRY_MS);
    } else if (moved > 0 && job->spool_error) {
        job->spool_error = 0;
        log_order(LOG_LEVEL_NOTICE, job->id, "its output can be spooled again");
    }
    tell_full(job, moved == 0);
    return moved > 0;
}

void overflow_tidy(struct job *job)
{
    if (job->spool && ring_trim_spool(job->ring) == ring_tail(job->ring))
        overflow_stop(job);
}
