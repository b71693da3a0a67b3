/* A job's start: its pipes or its terminal, its process, its entry among the others. */
#include "warden/job-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/belt.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/text.h"
#include "proto/transfer.h"
#include "warden/fill.h"
#include "warden/overflow.h"
#include "warden/pty.h"
#include "warden/run.h"
#define LOG_TAG "job"
#include "base/log.h"

/* The ends of the job's pipes: ours and the child's. */
struct job_ends {
    int ours[3];
    int theirs[3];
    bool terminal;
    int belt; /* what files go over, its bell is ours[0] and, of the child, a standard one; what a
               * terminal shows */
};

static void job_ends_close(struct job_ends *ends)
{
    for (int i = 0; i < 3; i++) {
        if (ends->ours[i] >= 0)
            close(ends->ours[i]);
        if (ends->theirs[i] >= 0)
            close(ends->theirs[i]);
    }
    if (ends->belt >= 0)
        close(ends->belt);
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

static void end_close(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* Files are long, and the job is of our own making: it need not be a pipe, nor pass through us.
 * `standard` is the descriptor whose place its bell takes. */
static int belt_open(struct job_ends *ends, int standard, size_t capacity)
{
    int bell[2];

    end_close(&ends->ours[standard]);
    end_close(&ends->theirs[standard]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, bell) < 0)
        return -errno;
    ends->ours[0] = bell[0];
    ends->theirs[standard] = bell[1];
    ends->belt = belt_make(capacity);
    return ends->belt < 0 ? ends->belt : 0;
}

/* A listing is short, and output as any other. The payload is parsed by whoever has dropped to the
 * user; its first byte are the flags. */
static bool is_listing(const struct order *order)
{
    return order->payload.size > 0 && order->payload.bytes[0] & TRANSFER_LIST;
}

static int terminal_open(struct job_ends *ends, const struct account *account)
{
    int r = pty_open(account, &ends->ours[1], &ends->theirs[0]);

    ends->terminal = true;
    for (int i = 1; !r && i < 3; i++) {
        ends->theirs[i] = fcntl(ends->theirs[0], F_DUPFD_CLOEXEC, 0);
        r = ends->theirs[i] < 0 ? -errno : 0;
    }
    if (!r) {
        ends->ours[0] = fcntl(ends->ours[1], F_DUPFD_CLOEXEC, 0);
        r = ends->ours[0] < 0 ? -errno : 0;
    }
    if (!r) {
        ends->belt = belt_make(LIMIT_SCREEN_BELT);
        r = ends->belt < 0 ? ends->belt : 0;
    }
    return r;
}

static int job_ends_open(struct job_ends *ends, const struct order *order,
                         const struct account *account)
{
    int r;

    *ends = (struct job_ends){.ours = {-1, -1, -1}, .theirs = {-1, -1, -1}, .belt = -1};
    r = order->verb == VERB_SHELL
            ? terminal_open(ends, account)
            : pipes_open(ends, order->verb != VERB_PUT && run_wants_input(order));
    if (!r && order->verb == VERB_PUT)
        r = belt_open(ends, RUN_INPUT, LIMIT_INPUT_BELT);
    if (!r && order->verb == VERB_GET && !is_listing(order))
        r = belt_open(ends, RUN_OUTPUT, LIMIT_OUTPUT_BELT);
    if (r)
        job_ends_close(ends);
    return r;
}

struct job *job_new(struct jobs *jobs, const uint8_t id[UUID_SIZE])
{
    struct job *job = calloc(1, sizeof(*job));

    if (!job)
        return NULL;
    job->jobs = jobs;
    list_init(&job->link);
    list_init(&job->hash_link);
    memcpy(job->id, id, UUID_SIZE);
    job->state.state = STATE_QUEUED;
    job->stopped_as = STATE_RUNNING;
    job->input = job->belt = -1;
    job->roll_slot = -1;
    overflow_init(job);
    job->output.source = (struct loop_source){.fd = -1, .on_ready = job_on_output};
    job->errors.source = (struct loop_source){.fd = -1, .on_ready = job_on_output};
    job->tree.cgroup.fd = -1;
    loop_timer_init(&job->deadline, job_on_deadline);
    return job;
}

static void job_introduce(struct job *job, const struct checked *checked, const char *label)
{
    memcpy(job->fingerprint, checked->who->fingerprint, FINGERPRINT_SIZE);
    job->verb = checked->order.verb;
    text_copy(job->user, sizeof(job->user), checked->user);
    text_copy(job->operator_name, sizeof(job->operator_name), checked->who->name);
    text_copy(job->label, sizeof(job->label), label);
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
    request->descriptors[RUN_BELT] = ends->terminal ? -1 : ends->belt;
}

/* Our ends of its pipes are the job's from here on, also on error. */
static int job_follow(struct job *job, struct job_ends *ends)
{
    int r = 0;

    job->input = steal_fd(&ends->ours[0]);
    job->belt = steal_fd(&ends->belt);
    /* It counts what is typed, and where a terminal is; of others most say nothing. */
    if (job->input >= 0)
        r = ring_new(&job->ring, LIMIT_RING);
    if (!r && ends->terminal)
        r = pty_new(&job->pty, job, ends->ours[1]);
    else if (!r)
        r = fill_start(job, &job->errors, FRAME_ERR, steal_fd(&ends->ours[2]));
    if (!r && ends->ours[1] >= 0)
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
    int r = 0;

    if (order->verb == VERB_GET || order->verb == VERB_PUT)
        r = job_find_courier(&request->descriptors[RUN_HELPER]);
    if (!r)
        r = job_ends_open(&ends, order, &request->account);
    if (r)
        return r;
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
    return r;
}

/* Looking an account up is a dozen system calls, or a question to another machine: many jobs at
 * once ask once. */
enum { ACCOUNT_MS = 1000 };

static enum problem_code jobs_find_account(struct jobs *jobs, const char *user,
                                           struct account *account_out)
{
    uint64_t now_ms = clock_monotonic_ms();
    enum problem_code problem;

    if (jobs->account && now_ms - jobs->account_ms < ACCOUNT_MS &&
        text_equal(jobs->account->name, user)) {
        *account_out = *jobs->account;
        return PROBLEM_NONE;
    }
    problem = account_find(user, account_out);
    if (!problem && !jobs->account)
        jobs->account = malloc(sizeof(*jobs->account));
    if (!problem && jobs->account) {
        *jobs->account = *account_out;
        jobs->account_ms = now_ms;
    }
    return problem;
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
    problem = jobs_find_account(jobs, checked->user, &request.account);
    if (problem)
        return problem;
    job = job_new(jobs, checked->order.id);
    if (job)
        job_introduce(job, checked, label);
    r = job ? job_spawn(job, &checked->order, &request) : -ENOMEM;
    if (request.descriptors[RUN_HELPER] >= 0)
        close(request.descriptors[RUN_HELPER]);
    if (r) {
        log_order(LOG_LEVEL_ERROR, checked->order.id, "cannot be started: %s", strerror(-r));
        if (job && job->pid > 0)
            tree_kill(&job->tree, job->pid);
        if (job)
            job_free(job);
        return PROBLEM_INTERNAL;
    }
    job->state.state = STATE_RUNNING;
    jobs_enter(jobs, job);
    if (checked->order.deadline)
        loop_timer_start(jobs->loop, &job->deadline, checked->order.deadline * 1000ull);
    *job_out = job;
    return PROBLEM_NONE;
}
