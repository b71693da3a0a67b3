/* See job.h.
 *
 * A job's end has three parts that come in any order: its first process is reaped, its pipes run
 * empty, and, if it was stopped, its tree is killed. It has ended when the process is reaped and
 * the pipes are closed; a daemon that it left behind may hold them open, so they are given a moment
 * and then closed.
 */
#include "warden/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/text.h"
#include "warden/fill.h"
#include "warden/pty.h"
#include "warden/run.h"
#define LOG_TAG "job"
#include "base/log.h"

enum {
    JOB_GRACE_MS = 2000, /* from SIGTERM to SIGKILL */
    JOB_DRAIN_MS = 1000, /* for pipes that are still open when the job's first process has ended */
    JOB_DRAIN_TERMINAL_MS = 100, /* the same where what a shell left behind has its terminal */
    JOB_KEEP_BYTES = 64 * 1024,  /* of the output of an ended job, once the console has it */
    /* What is kept begins with a whole frame, so it may be two frames more. */
    JOB_PARK_BYTES = 160 * 1024,
};

static void job_settle(struct job *job);

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

/* ---- the memory of ended jobs ---- */

static uint64_t job_bytes(const struct job *job)
{
    return job->ring ? ring_head(job->ring) - ring_tail(job->ring) : buffer_length(&job->kept);
}

static struct job *job_free(struct job *job)
{
    fill_stop(&job->output);
    fill_stop(&job->errors);
    job->pty = pty_free(job->pty);
    loop_timer_stop(&job->deadline);
    job_end_input(job);
    tree_deinit(&job->tree, job->jobs->forest);
    list_remove(&job->link);
    list_remove(&job->hash_link);
    ring_free(job->ring);
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
        uint64_t now = clock_wall_ms();
        uint64_t age = now > oldest->ended_ms ? now - oldest->ended_ms : 0;

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
}

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

/* Most jobs say little: what is left of them moves to a plain buffer, since every ring costs three
 * mappings and a descriptor, which each later fork would have to copy. A gate that has the ring
 * mapped keeps it. */
static void job_park(struct job *job)
{
    uint64_t head = ring_head(job->ring);
    const uint8_t *bytes;
    int64_t size;

    /* Its pages live for as long as the gate has it mapped, so what is not needed goes in any case.
     * What stays begins with a whole frame. */
    if (head > JOB_PARK_BYTES)
        ring_shrink(job->ring, head - ring_start_before(job->ring, head - JOB_KEEP_BYTES));
    size = ring_peek(job->ring, ring_tail(job->ring), &bytes);
    if (size >= 0 && size <= JOB_PARK_BYTES && !buffer_append(&job->kept, bytes, (size_t)size)) {
        job->kept_from = ring_tail(job->ring);
        job->ring = ring_free(job->ring);
    }
}

void jobs_tidy(struct jobs *jobs)
{
    struct job *job;

    list_for_each (&jobs->ended, struct job, link, job) {
        if (!job->ring)
            continue;
        jobs->kept_bytes -= job_bytes(job);
        job_park(job);
        jobs->kept_bytes += job_bytes(job);
    }
}

int job_ring_borrow(const struct job *job, struct ring **ring_out)
{
    *ring_out = job->ring;
    if (job->ring) {
        ring_restate(job->ring, state_is_ended(job->state.state));
        if (job->pty)
            ring_restate_input(job->ring, pty_input(job->pty));
        return 0;
    }
    return ring_restore(ring_out, LIMIT_RING, job->kept_from, buffer_bytes(&job->kept),
                        buffer_length(&job->kept));
}

void job_ring_release(const struct job *job, struct ring *ring)
{
    if (ring != job->ring)
        ring_free(ring);
}

static void job_end(struct job *job)
{
    struct jobs *jobs = job->jobs;

    loop_timer_stop(&job->deadline);
    job->state = state_of(job);
    job->ended_ms = clock_wall_ms();
    fill_exit(job);
    job->pty = pty_free(job->pty);
    job_end_input(job);
    tree_deinit(&job->tree, jobs->forest);
    log_order(LOG_LEVEL_DEBUG, job->id, "%s, %llu bytes", state_name(job->state.state),
              (unsigned long long)ring_head(job->ring));
    jobs->events->on_state(job, jobs->user);
    job_park(job);
    list_remove(&job->link);
    list_append(&jobs->ended, &job->link);
    jobs->running--;
    jobs->kept++;
    jobs->kept_bytes += job_bytes(job);
    jobs_prune(jobs);
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

static void on_output(struct loop_source *source, uint32_t events)
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

    if (state_is_ended(job->state.state))
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
        job_settle(job);
        return true;
    }
    return false;
}

void job_end_input(struct job *job)
{
    if (job->input >= 0)
        close(job->input);
    job->input = -1;
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

static void on_deadline(struct loop_timer *timer)
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

/* ---- the start of a job ---- */

/* The ends of the job's pipes: ours and the child's. */
struct job_ends {
    int ours[3];
    int theirs[3];
    int keys; /* where the warden reads what the gate writes to ours[0], for a terminal */
};

static void job_ends_close(struct job_ends *ends)
{
    for (int i = 0; i < 3; i++) {
        if (ends->ours[i] >= 0)
            close(ends->ours[i]);
        if (ends->theirs[i] >= 0)
            close(ends->theirs[i]);
    }
    if (ends->keys >= 0)
        close(ends->keys);
}

static int pipe_open(int *reader_out, int *writer_out)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *reader_out = ends[0];
    *writer_out = ends[1];
    return 0;
}

/* Ours must never make the warden wait; the job's ends stay blocking. */
static int do_not_block(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static int pipes_open(struct job_ends *ends, bool input)
{
    int r = 0;

    if (input) {
        r = pipe_open(&ends->theirs[0], &ends->ours[0]);
    } else {
        ends->theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        r = ends->theirs[0] < 0 ? -errno : 0;
    }
    for (int i = 1; !r && i < 3; i++) {
        r = pipe_open(&ends->ours[i], &ends->theirs[i]);
        if (!r)
            r = do_not_block(ends->ours[i]);
    }
    if (!r && input)
        r = do_not_block(ends->ours[0]);
    return r;
}

static int terminal_open(struct job_ends *ends, const struct account *account)
{
    int r = pipe_open(&ends->keys, &ends->ours[0]);

    if (!r)
        r = do_not_block(ends->keys);
    if (!r)
        r = do_not_block(ends->ours[0]);
    if (!r)
        r = pty_open(account, &ends->ours[1], &ends->theirs[0]);
    for (int i = 1; !r && i < 3; i++) {
        ends->theirs[i] = fcntl(ends->theirs[0], F_DUPFD_CLOEXEC, 0);
        r = ends->theirs[i] < 0 ? -errno : 0;
    }
    return r;
}

static int job_ends_open(struct job_ends *ends, const struct order *order,
                         const struct account *account)
{
    int r;

    *ends = (struct job_ends){.ours = {-1, -1, -1}, .theirs = {-1, -1, -1}, .keys = -1};
    r = order->verb == VERB_SHELL ? terminal_open(ends, account)
                                  : pipes_open(ends, run_wants_input(order));
    if (r)
        job_ends_close(ends);
    return r;
}

static struct job *job_new(struct jobs *jobs, const struct checked *checked, const char *label)
{
    struct job *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->jobs = jobs;
    list_init(&job->link);
    list_init(&job->hash_link);
    memcpy(job->id, checked->order.id, UUID_SIZE);
    memcpy(job->fingerprint, checked->who->fingerprint, FINGERPRINT_SIZE);
    job->verb = checked->order.verb;
    job->state.state = STATE_QUEUED;
    job->stopped_as = STATE_RUNNING;
    text_copy(job->user, sizeof(job->user), checked->user);
    text_copy(job->operator_name, sizeof(job->operator_name), checked->who->name);
    text_copy(job->label, sizeof(job->label), label);
    job->input = -1;
    job->output.source = (struct loop_source){.fd = -1, .on_ready = on_output};
    job->errors.source = (struct loop_source){.fd = -1, .on_ready = on_output};
    job->tree.cgroup.fd = -1;
    loop_timer_init(&job->deadline, on_deadline);
    return job;
}

/* Everything about the process but its pid. Its descriptors are `ends->theirs`. */
static void job_describe(struct job *job, const struct order *order, const struct job_ends *ends,
                         struct run_request *request)
{
    uuid_format(job->id, request->job_id);
    request->verb = order->verb;
    request->payload = order->payload;
    request->files = job->jobs->files;
    request->descriptors[RUN_INPUT] = ends->theirs[0];
    request->descriptors[RUN_OUTPUT] = ends->theirs[1];
    request->descriptors[RUN_ERRORS] = ends->theirs[2];
    request->descriptors[RUN_CGROUP] = job->tree.cgroup.fd;
}

/* Our ends of its pipes are the job's from here on, also on error. */
static int job_follow(struct job *job, struct job_ends *ends)
{
    int r = ring_new(&job->ring, LIMIT_RING);

    job->input = steal_fd(&ends->ours[0]);
    if (!r && ends->keys >= 0)
        r = pty_new(&job->pty, job, steal_fd(&ends->keys), ends->ours[1]);
    else if (!r)
        r = fill_start(job, &job->errors, FRAME_ERR, steal_fd(&ends->ours[2]));
    if (!r)
        r = fill_start(job, &job->output, FRAME_OUT, steal_fd(&ends->ours[1]));
    return r;
}

/* Files are carried by a program of its own. It goes along as a descriptor: the user that the job
 * drops to may not be able to reach its path. */
static int job_find_courier(int *fd_out)
{
    _cleanup_free_ char *path = program_path("courier", "hune-courier");

    if (!path)
        return -ENOMEM;
    *fd_out = open(path, O_PATH | O_CLOEXEC);
    return *fd_out < 0 ? -errno : 0;
}

static int job_spawn(struct job *job, const struct order *order, struct run_request *request)
{
    struct run_birth birth;
    struct job_ends ends;
    int r = job_ends_open(&ends, order, &request->account);

    if (!r && (order->verb == VERB_GET || order->verb == VERB_PUT))
        r = job_find_courier(&request->descriptors[RUN_HELPER]);
    if (r) {
        job_ends_close(&ends);
        return r;
    }
    tree_init(&job->tree, job->jobs->forest, job->id);
    job_describe(job, order, &ends, request);
    job->started_monotonic_ms = clock_monotonic_ms();
    job->started_ms = clock_wall_ms();
    r = run_begin(&birth, job->jobs->spawner, request);
    if (!r) {
        pid_t pid;

        /* While the process is made. */
        r = job_follow(job, &ends);
        pid = run_finish(&birth);
        if (pid > 0)
            job->pid = pid;
        else
            r = (int)pid;
    }
    job_ends_close(&ends);
    if (request->descriptors[RUN_HELPER] >= 0)
        close(request->descriptors[RUN_HELPER]);
    return r;
}

static bool job_is_known(uint16_t verb)
{
    return verb == VERB_RUN || verb == VERB_SHELL || verb == VERB_GET || verb == VERB_PUT;
}

enum problem_code job_start(struct jobs *jobs, const struct checked *checked, const char *label,
                            struct job **job_out)
{
    struct run_request request = {.descriptors = {[RUN_HELPER] = -1}};
    enum problem_code problem;
    struct job *job;
    int r;

    if (!job_is_known(checked->order.verb))
        return PROBLEM_UNSUPPORTED;
    if (jobs->running >= jobs->running_max)
        return PROBLEM_TOO_MANY_JOBS;
    /* The first order of this id has expired and is forgotten, but its job is still kept. */
    if (jobs_find(jobs, checked->order.id))
        return PROBLEM_MALFORMED;
    problem = account_find(checked->user, &request.account);
    if (problem)
        return problem;
    job = job_new(jobs, checked, label);
    r = job ? job_spawn(job, &checked->order, &request) : -ENOMEM;
    if (r) {
        log_order(LOG_LEVEL_ERROR, checked->order.id, "cannot be started: %s", strerror(-r));
        if (job && job->pid > 0)
            tree_kill(&job->tree, job->pid);
        if (job)
            job_free(job);
        return PROBLEM_INTERNAL;
    }
    job->state.state = STATE_RUNNING;
    list_append(&jobs->active, &job->link);
    list_append(bucket_of(jobs, job->id), &job->hash_link);
    jobs->running++;
    if (checked->order.deadline)
        loop_timer_start(jobs->loop, &job->deadline, checked->order.deadline * 1000ull);
    *job_out = job;
    return PROBLEM_NONE;
}
