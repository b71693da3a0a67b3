/* The jobs that there are, and the memory of those that have ended: how much of it, for how long.
 */
#include "warden/job-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "warden/fill.h"
#include "warden/overflow.h"
#include "warden/pty.h"
#include "warden/roll.h"
#define LOG_TAG "job"
#include "base/log.h"

enum {
    JOB_KEEP_BYTES = 64 * 1024, /* of the output of an ended job, once the console has it */
    /* What is kept begins with a whole frame, so it may be two frames more. */
    JOB_PARK_BYTES = 160 * 1024,
};

static struct list *bucket_of(struct jobs *jobs, const uint8_t id[UUID_SIZE])
{
    return &jobs->buckets[(id[UUID_SIZE - 2] << 8 | id[UUID_SIZE - 1]) % JOBS_BUCKETS];
}

struct job *jobs_find(struct jobs *jobs, const uint8_t id[UUID_SIZE])
{
    struct job *job;

    list_for_each (bucket_of(jobs, id), struct job, hash_link, job) {
        if (memcmp(job->id, id, UUID_SIZE) == 0)
            return job;
    }
    return NULL;
}

void jobs_enter(struct jobs *jobs, struct job *job)
{
    list_append(&jobs->active, &job->link);
    list_append(bucket_of(jobs, job->id), &job->hash_link);
    jobs->running++;
}

/* ---- the memory of ended jobs ---- */

uint64_t job_bytes(const struct job *job)
{
    return job->ring ? ring_head(job->ring) - ring_tail(job->ring) : buffer_length(&job->kept);
}

struct job *job_free(struct job *job)
{
    fill_stop(&job->output);
    fill_stop(&job->errors);
    job->pty = pty_free(job->pty);
    loop_timer_stop(&job->deadline);
    job_end_input(job);
    tree_deinit(&job->tree, job->jobs->forest);
    list_remove(&job->link);
    list_remove(&job->hash_link);
    overflow_stop(job);
    rings_drop(&job->jobs->rings, job->ring);
    buffer_deinit(&job->kept);
    free(job);
    return NULL;
}

void job_forget(struct job *job)
{
    struct jobs *jobs = job->jobs;

    jobs->kept--;
    jobs->kept_bytes -= job_bytes(job);
    jobs->events->on_forgotten(job, jobs->user);
    job_free(job);
}

static struct job *jobs_oldest_ended(struct jobs *jobs)
{
    return list_is_empty(&jobs->ended) ? NULL : container_of(jobs->ended.next, struct job, link);
}

/* Forgets what is over time, over number or over memory, oldest first, and sets the timer for the
 * next. */
static void jobs_prune(struct jobs *jobs)
{
    struct job *oldest;

    while ((oldest = jobs_oldest_ended(jobs))) {
        /* Not the wall clock: somebody may set it. */
        uint64_t age = clock_monotonic_ms() - oldest->ended_monotonic_ms;

        if (age < jobs->keep_ms && jobs->kept <= LIMIT_JOBS_KEPT &&
            jobs->kept_bytes <= jobs->memory_max) {
            loop_timer_start(jobs->loop, &jobs->forget, jobs->keep_ms - age);
            return;
        }
        job_forget(oldest);
    }
}

static void on_forget(struct loop_timer *timer)
{
    jobs_prune(container_of(timer, struct jobs, forget));
}

static void on_ring_gone(uint32_t number, void *user)
{
    struct jobs *jobs = user;

    jobs->events->on_ring_gone(number, jobs->user);
}

void jobs_init(struct jobs *jobs, struct loop *loop, struct forest *forest,
               const struct jobs_events *events, void *user)
{
    *jobs = (struct jobs){.loop = loop, .forest = forest, .events = events, .user = user};
    list_init(&jobs->active);
    list_init(&jobs->ended);
    getrlimit(RLIMIT_NOFILE, &jobs->files);
    for (size_t i = 0; i < JOBS_BUCKETS; i++)
        list_init(&jobs->buckets[i]);
    loop_timer_init(&jobs->forget, on_forget);
    rings_init(&jobs->rings, loop, on_ring_gone, jobs);
}

void jobs_deinit(struct jobs *jobs)
{
    struct job *job;

    list_for_each (&jobs->active, struct job, link, job) {
        if (job->pid > 0)
            tree_kill(&job->tree, job->pid);
        job_free(job);
    }
    list_for_each (&jobs->ended, struct job, link, job)
        job_free(job);
    loop_timer_stop(&jobs->forget);
    rings_close(&jobs->rings);
    fill_end(jobs);
    free(jobs->account);
    jobs->account = NULL;
    free(jobs->spool_folder);
    jobs->spool_folder = NULL;
}

/* Copies the job's output from there on. False without memory. */
static bool job_copy_kept(struct job *job, uint64_t from)
{
    const uint8_t *bytes;
    int64_t size = ring_peek(job->ring, from, &bytes);

    if (size < 0 || buffer_append(&job->kept, bytes, (size_t)size))
        return false;
    job->kept_from = from;
    return true;
}

/* Most jobs say little: what is left of them moves to a plain buffer, since every ring costs three
 * mappings and a descriptor, which each later fork would have to copy. A gate that has the ring
 * mapped keeps it. */
static void job_park(struct job *job)
{
    uint64_t head = ring_head(job->ring);

    overflow_tidy(job);
    /* Its pages live for as long as the gate has it mapped, so what is not needed goes in any case.
     * What stays begins with a whole frame. */
    if (head > JOB_PARK_BYTES)
        ring_shrink(job->ring, head - ring_start_before(job->ring, head - JOB_KEEP_BYTES));
    if (job->spool)
        return;
    if (head - ring_tail(job->ring) <= JOB_PARK_BYTES && job_copy_kept(job, ring_tail(job->ring)))
        job->ring = rings_drop(&job->jobs->rings, job->ring);
}

uint64_t job_keeps_from(const struct job *job)
{
    uint64_t head = ring_head(job->ring);

    return head > JOB_PARK_BYTES ? ring_start_before(job->ring, head - JOB_KEEP_BYTES)
                                 : ring_first(job->ring);
}

void jobs_ring_back(struct jobs *jobs, const uint8_t id[UUID_SIZE], uint32_t number)
{
    struct job *job = jobs_find(jobs, id);
    struct ring *ring = job ? job->ring : NULL;

    /* It was freed meanwhile, or the gate gives back what it should read on. */
    if (number == 0 || !ring || ring_number(ring) != number || !state_is_ended(job->state.state) ||
        job->spool) {
        jobs->events->on_ring_gone(number, jobs->user);
        return;
    }
    jobs->kept_bytes -= job_bytes(job);
    if (job_copy_kept(job, ring_kept(ring))) {
        job->ring = NULL;
        rings_put(&jobs->rings, ring, job->fingerprint);
    } else {
        jobs->events->on_ring_gone(number, jobs->user);
    }
    jobs->kept_bytes += job_bytes(job);
}

void job_tidy(struct job *job)
{
    if (!job->ring)
        return;
    job->jobs->kept_bytes -= job_bytes(job);
    job_park(job);
    job->jobs->kept_bytes += job_bytes(job);
}

void jobs_tidy(struct jobs *jobs)
{
    struct job *job;

    rings_rest(&jobs->rings);

    list_for_each (&jobs->ended, struct job, link, job)
        job_tidy(job);
}

int job_ring_borrow(const struct job *job, struct ring **ring_out)
{
    *ring_out = job->ring;
    if (job->ring) {
        ring_restate(job->ring, state_is_ended(job->state.state));
        return 0;
    }
    if (!state_is_ended(job->state.state))
        return 0;
    return ring_restore(ring_out, LIMIT_RING, job->kept_from, buffer_bytes(&job->kept),
                        buffer_length(&job->kept));
}

void job_ring_release(const struct job *job, struct ring *ring)
{
    if (ring != job->ring)
        ring_free(ring);
}

void jobs_keep(struct job *job)
{
    struct jobs *jobs = job->jobs;

    /* A gate that gives it back will do so soon. */
    if (job->ring && ring_number(job->ring) == 0)
        job_park(job);
    list_remove(&job->link);
    list_append(&jobs->ended, &job->link);
    jobs->running--;
    jobs->kept++;
    jobs->kept_bytes += job_bytes(job);
    jobs_prune(jobs);
}

void jobs_add_lost(struct jobs *jobs, const struct roll_entry *entry, struct job_state state)
{
    struct job *job = job_new(jobs, entry->id);

    if (!job)
        return;
    job->verb = entry->verb;
    job->state = state;
    job->started_ms = entry->started_ms;
    job->ended_ms = clock_wall_ms();
    job->ended_monotonic_ms = clock_monotonic_ms();
    memcpy(job->fingerprint, entry->fingerprint, sizeof(job->fingerprint));
    text_copy(job->user, sizeof(job->user), entry->user);
    text_copy(job->operator_name, sizeof(job->operator_name), entry->operator_name);
    text_copy(job->label, sizeof(job->label), entry->label);
    if (fill_append_exit(&job->kept, state, 0)) {
        job_free(job);
        return;
    }
    list_append(&jobs->ended, &job->link);
    list_append(bucket_of(jobs, job->id), &job->hash_link);
    jobs->kept++;
    jobs->kept_bytes += job_bytes(job);
    jobs_prune(jobs);
}
