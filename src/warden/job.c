/* See job.h.
 *
 * A job's end has three parts that come in any order: its first process is reaped, its pipes run
 * empty, and, if it was stopped, its tree is killed. It has ended when the process is reaped and
 * the pipes are closed; a daemon that it left behind may hold them open, so they are given a moment
 * and then closed.
 */
#include "warden/job-private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "warden/fill.h"
#include "warden/pty.h"
#define LOG_TAG "job"
#include "base/log.h"

enum {
    JOB_GRACE_MS = 2000, /* from SIGTERM to SIGKILL */
    JOB_DRAIN_MS = 1000, /* for pipes that are still open when the job's first process has ended */
    JOB_DRAIN_TERMINAL_MS = 100, /* the same where what a shell left behind has its terminal */
};

static void job_settle(struct job *job);

/* ---- the end of a job ---- */

static struct job_state state_of(const struct job *job)
{
    if (job->stopped_as != STATE_RUNNING)
        return (struct job_state){.state = job->stopped_as};
    if (WIFSIGNALED(job->status))
        return (struct job_state){.state = STATE_SIGNALLED,
                                  .detail = (uint32_t)WTERMSIG(job->status)};
    return (struct job_state){.state = STATE_EXITED, .detail = (uint32_t)WEXITSTATUS(job->status)};
}

static void job_end(struct job *job)
{
    struct jobs *jobs = job->jobs;

    loop_timer_stop(&job->deadline);
    job->state = state_of(job);
    job->ended_ms = clock_wall_ms();
    job->ended_monotonic_ms = clock_monotonic_ms();
    fill_exit(job);
    loop_timer_stop(&job->spooling);
    job->pty = pty_free(job->pty);
    job_end_input(job);
    tree_deinit(&job->tree, jobs->forest);
    log_order(LOG_LEVEL_DEBUG, job->id, "%s, %llu bytes", state_name(job->state.state),
              (unsigned long long)job_bytes(job));
    jobs->events->on_state(job, jobs->user);
    jobs_keep(job);
    if (jobs->running == 0)
        jobs->events->on_idle(jobs->user);
}

/* A pipe that waits for room in the ring holds output that somebody may yet read: only the others,
 * which a daemon keeps open for nothing, are given up. */
static void on_drained(struct loop_timer *timer)
{
    struct job *job = container_of(timer, struct job, deadline);
    struct job_pipe *pipes[] = {&job->output, &job->errors};

    for (size_t i = 0; i < ELEMENTS_OF(pipes); i++) {
        if (pipes[i]->source.loop || job->stopped_as != STATE_RUNNING)
            fill_stop(pipes[i]);
    }
    job_settle(job);
}

static void job_drain(struct job *job)
{
    loop_timer_stop(&job->deadline);
    loop_timer_init(&job->deadline, on_drained);
    loop_timer_start(job->jobs->loop, &job->deadline,
                     job->pty ? JOB_DRAIN_TERMINAL_MS : JOB_DRAIN_MS);
}

/* Ends the job if all parts of its end have come, or waits a moment for the pipes. */
static void job_settle(struct job *job)
{
    bool open = fill_is_open(&job->output) || fill_is_open(&job->errors);

    if (job->pid > 0 || state_is_ended(job->state.state))
        return;
    if (!open) {
        job_end(job);
    } else if (job->deadline.on_due != on_drained) {
        job_drain(job);
    }
}

void job_on_output(struct loop_source *source, uint32_t events)
{
    struct job_pipe *pipe = container_of(source, struct job_pipe, source);

    (void)events;
    fill_now(pipe);
    if (!fill_is_open(pipe))
        job_settle(pipe->job);
}

void job_has_room(struct job *job)
{
    struct job_pipe *pipes[] = {&job->output, &job->errors};
    bool waited = false;

    if (state_is_ended(job->state.state)) {
        job_tidy(job); /* the gate says so when nobody reads its spool any more */
        return;
    }
    if (job->pty && (!pty_take(job->pty) || pty_is_lent(job->pty)))
        return;
    for (size_t i = 0; i < ELEMENTS_OF(pipes); i++) {
        if (fill_is_open(pipes[i]) && !pipes[i]->source.loop) {
            loop_watch(job->jobs->loop, &pipes[i]->source, EPOLLIN);
            waited = true;
        }
    }
    /* Only then: a gate that says so without end must not put off the end of the job. */
    if (waited && job->pid == 0)
        job_drain(job);
}

void job_returned(struct job *job, bool gate_is_dead)
{
    if (!job->pty || !pty_is_lent(job->pty))
        return;
    pty_returned(job->pty, gate_is_dead);
    job_has_room(job);
}

void jobs_lend(struct jobs *jobs)
{
    rings_open(&jobs->rings);
}

void jobs_take_back(struct jobs *jobs)
{
    struct job *job;

    rings_close(&jobs->rings);
    list_for_each (&jobs->active, struct job, link, job) {
        if (job->ring)
            ring_set_number(job->ring, 0);
        job_returned(job, true);
    }
    list_for_each (&jobs->ended, struct job, link, job) {
        if (job->ring)
            ring_set_number(job->ring, 0);
        job_tidy(job);
    }
}

bool jobs_reap(struct jobs *jobs, pid_t pid, int status)
{
    struct job *job;

    list_for_each (&jobs->active, struct job, link, job) {
        if (job->pid != pid)
            continue;
        job->pid = 0;
        job->status = status;
        /* What was told to stop takes its whole tree along, also what ignored SIGTERM. */
        if (job->stopped_as != STATE_RUNNING)
            tree_kill(&job->tree, pid);
        fill_now(&job->output);
        fill_now(&job->errors);
        if (job->pty)
            pty_recall(job->pty);
        job_settle(job);
        return true;
    }
    return false;
}

void job_end_input(struct job *job)
{
    if (job->pty)
        pty_hang_up(job->pty);
    if (job->input >= 0)
        close(job->input);
    job->input = -1;
    /* A terminal's belt goes the other way. */
    if (job->pty)
        return;
    if (job->belt >= 0)
        close(job->belt);
    job->belt = -1;
}

/* ---- stopping ---- */

static void on_grace_over(struct loop_timer *timer)
{
    struct job *job = container_of(timer, struct job, deadline);

    tree_kill(&job->tree, job->pid);
}

void job_stop(struct job *job, enum state why)
{
    if (state_is_ended(job->state.state) || job->stopped_as != STATE_RUNNING)
        return;
    job->stopped_as = why;
    loop_timer_stop(&job->deadline);
    if (job->pid == 0) {
        /* What is left is output that nobody reads, or a daemon that holds the pipes. */
        tree_kill(&job->tree, 0);
        if (job->pty)
            (void)pty_take(job->pty);
        fill_stop(&job->output);
        fill_stop(&job->errors);
        job_settle(job);
        return;
    }
    /* Shells ignore SIGTERM while somebody types to them, and pass SIGHUP on. */
    if (job->pty) {
        pty_hang_up(job->pty);
    } else {
        kill(-job->pid, SIGTERM);
        kill(-job->pid, SIGCONT);
    }
    loop_timer_init(&job->deadline, on_grace_over);
    loop_timer_start(job->jobs->loop, &job->deadline, JOB_GRACE_MS);
}

void job_on_deadline(struct loop_timer *timer)
{
    struct job *job = container_of(timer, struct job, deadline);

    log_order(LOG_LEVEL_INFO, job->id, "its deadline is over");
    job_stop(job, STATE_TIMED_OUT);
}

void job_signal(struct job *job, int signal)
{
    if (signal == 0)
        job_stop(job, STATE_KILLED);
    else if (job->pid > 0)
        kill(-job->pid, signal);
}

void jobs_stop_all(struct jobs *jobs)
{
    struct job *job;

    list_for_each (&jobs->active, struct job, link, job)
        job_stop(job, STATE_KILLED);
}
