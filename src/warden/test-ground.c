/* See test-ground.h. */
#include "warden/test-ground.h"

#include <endian.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

/* Before anything is in it. */
static void on_ring(const struct job *job, bool is_mapped, void *user)
{
    struct ground *ground = user;

    assert_int_equal(ring_head(job->ring), 0);
    ground->rings++;
    ground->rings_again += is_mapped;
}

static void on_ring_gone(uint32_t number, void *user)
{
    struct ground *ground = user;

    ground->rings_gone++;
    ground->last_gone = number;
}

static void on_bytes(const struct job *job, void *user)
{
    struct ground *ground = user;

    (void)job;
    ground->bytes++;
}

static void on_state(const struct job *job, void *user)
{
    struct ground *ground = user;

    assert_true(state_is_ended(job->state.state));
    assert_true(!job->ring || ring_is_ended(job->ring));
    ground->states++;
}

static void on_recall(const struct job *job, void *user)
{
    struct ground *ground = user;

    assert_non_null(job->pty);
    ground->recalls++;
}

static void on_forgotten(const struct job *job, void *user)
{
    struct ground *ground = user;

    assert_true(state_is_ended(job->state.state));
    ground->forgotten++;
}

static void on_idle(void *user)
{
    struct ground *ground = user;

    ground->idle++;
}

static const struct jobs_events events = {
    .on_ring = on_ring,
    .on_ring_gone = on_ring_gone,
    .on_bytes = on_bytes,
    .on_state = on_state,
    .on_recall = on_recall,
    .on_forgotten = on_forgotten,
    .on_idle = on_idle,
};

static void on_signal(struct loop_source *source, uint32_t ready)
{
    struct ground *ground = container_of(source, struct ground, signals);
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    (void)ready;
    while (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        (void)(spawner_reap(&ground->spawner, pid, status) ||
               jobs_reap(&ground->jobs, pid, status));
}

static void on_tick(struct loop_timer *timer)
{
    loop_stop(&container_of(timer, struct ground, tick)->loop);
}

void ground_make(struct ground *ground, bool sweeps)
{
    sigset_t children;

    *ground = (struct ground){0};
    memset(ground->who.fingerprint, 'f', sizeof(ground->who.fingerprint));
    text_copy(ground->who.name, sizeof(ground->who.name), "alice");
    assert_int_equal(loop_init(&ground->loop), 0);
    loop_timer_init(&ground->tick, on_tick);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    assert_int_equal(sigprocmask(SIG_BLOCK, &children, NULL), 0);
    ground->signals = (struct loop_source){
        .fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), .on_ready = on_signal};
    assert_int_equal(loop_watch(&ground->loop, &ground->signals, EPOLLIN), 0);
    if (sweeps) {
        ground->forest = (struct forest){0};
        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    } else {
        assert_int_equal(forest_init(&ground->forest), 0);
    }
    jobs_init(&ground->jobs, &ground->loop, &ground->forest, &events, ground);
    ground->spawner = SPAWNER_INIT;
    if (!sweeps) /* the other way is as it is when the spawner is lost */
        assert_int_equal(spawner_start(&ground->spawner), 0);
    ground->jobs.spawner = &ground->spawner;
    ground->jobs.keep_ms = 3600000;
    ground->jobs.memory_max = 256 << 20;
    ground->jobs.running_max = 256;
}

void ground_remove(struct ground *ground)
{
    int status;

    jobs_deinit(&ground->jobs);
    spawner_stop(&ground->spawner);
    /* Every process that the test began is our child in the end: we are the subreaper. */
    for (uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid < 0)
            break;
        assert_true(clock_monotonic_ms() < limit);
        if (pid == 0)
            usleep(1000);
    }
    assert_int_equal(errno, ECHILD);
    forest_deinit(&ground->forest);
    loop_unwatch(&ground->signals);
    close(ground->signals.fd);
    loop_deinit(&ground->loop);
}

void ground_turn(struct ground *ground)
{
    ground->loop.stopped = false;
    loop_timer_start(&ground->loop, &ground->tick, 10);
    assert_int_equal(loop_run(&ground->loop), 0);
}

void ground_turn_for(struct ground *ground, uint64_t ms)
{
    for (uint64_t end = clock_monotonic_ms() + ms; clock_monotonic_ms() < end;)
        ground_turn(ground);
}

static unsigned fds_before;

int ground_set_up(void **state)
{
    static struct ground ground;

    fds_before = count_open_fds();
    ground_make(&ground, false);
    *state = &ground;
    return 0;
}

int ground_tear_down(void **state)
{
    ground_remove(*state);
    assert_int_equal(count_open_fds(), fds_before);
    return 0;
}

enum problem_code start_payload(struct ground *ground, enum verb verb, const struct buffer *payload,
                                uint32_t deadline, const char *user, struct job **job_out)
{
    struct checked checked = {.who = &ground->who};

    assert_int_equal(uuid_make(checked.order.id), 0);
    checked.order.verb = verb;
    checked.order.deadline = deadline;
    checked.order.payload = buffer_slice(payload);
    text_copy(checked.user, sizeof(checked.user), user ? user : getpwuid(geteuid())->pw_name);
    return job_start(&ground->jobs, &checked, "a label", job_out);
}

enum problem_code start_command(struct ground *ground, const struct command *command,
                                uint32_t deadline, const char *user, struct job **job_out)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;

    if (command)
        assert_int_equal(command_encode(command, &payload), 0);
    return start_payload(ground, VERB_RUN, &payload, deadline, user, job_out);
}

enum problem_code start_line(struct ground *ground, const char *line, uint8_t flags,
                             uint32_t deadline, struct job **job_out)
{
    const char *const arguments[] = {"/bin/sh", "-c", line, NULL};
    const struct command command = {
        .mode = COMMAND_ARGV, .flags = flags, .arguments = arguments, .directory = "/"};

    return start_command(ground, &command, deadline, NULL, job_out);
}

static void reader_map(struct reader_of_job *reader, const struct job *job)
{
    struct ring *ring;

    assert_int_equal(job_ring_borrow(job, &ring), 0);
    if (!ring)
        return;
    assert_int_equal(ring_map(&reader->ring, ring_fd(ring)), 0);
    reader->at = ring_tail(ring);
    job_ring_release(job, ring);
}

void reader_make(struct reader_of_job *reader, const struct job *job)
{
    *reader = (struct reader_of_job){0};
    reader_map(reader, job);
}

void reader_remove(struct reader_of_job *reader)
{
    ring_free(reader->ring);
    buffer_deinit(&reader->out);
    buffer_deinit(&reader->err);
}

static void reader_take(struct reader_of_job *reader, const struct frame_piece *piece)
{
    uint32_t words[2];

    assert_false(reader->ended);
    if (piece->header.kind == FRAME_OUT) {
        assert_int_equal(buffer_append(&reader->out, piece->bytes, piece->size), 0);
    } else if (piece->header.kind == FRAME_ERR) {
        assert_int_equal(buffer_append(&reader->err, piece->bytes, piece->size), 0);
    } else if (piece->header.kind == FRAME_EXIT) {
        assert_int_equal(piece->size, sizeof(words));
        memcpy(words, piece->bytes, sizeof(words));
        reader->state = (struct job_state){.state = be32toh(words[0]), .detail = be32toh(words[1])};
        reader->ended = true;
    }
}

void reader_read(struct reader_of_job *reader, struct job *job)
{
    const uint8_t *bytes;
    struct frame_piece piece;
    int64_t got;
    size_t size;
    int r;

    if (!reader->ring)
        reader_map(reader, job);
    if (!reader->ring)
        return;
    got = ring_peek(reader->ring, reader->at, &bytes);
    assert_true(got >= 0);
    size = (size_t)got;
    reader->at += size;
    while ((r = frame_reader_next(&reader->frames, &bytes, &size, &piece)) == 1)
        reader_take(reader, &piece);
    assert_int_equal(r, 0);
    if (ring_release(reader->ring, reader->at))
        job_has_room(job);
}

void reader_finish(struct reader_of_job *reader, struct ground *ground, struct job *job)
{
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    while (!reader->ended && clock_monotonic_ms() < limit) {
        ground_turn(ground);
        reader_read(reader, job);
    }
    assert_true(reader->ended);
    assert_true(ring_is_ended(reader->ring));
    assert_int_equal(reader->at, ring_head(reader->ring));
    assert_int_equal(job->state.state, reader->state.state);
    assert_int_equal(job->state.detail, reader->state.detail);
}

void run_line(struct ground *ground, const char *line, struct reader_of_job *reader)
{
    struct job *job;

    assert_int_equal(start_line(ground, line, 0, 0, &job), PROBLEM_NONE);
    reader_make(reader, job);
    reader_finish(reader, ground, job);
}

void wait_for_output(struct ground *ground, const struct job *job)
{
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    while ((!job->ring || ring_head(job->ring) == 0) && clock_monotonic_ms() < limit)
        ground_turn(ground);
    assert_true(job->ring && ring_head(job->ring) > 0);
}

void wait_for_end(struct ground *ground, const struct job *job)
{
    uint64_t limit = clock_monotonic_ms() + GROUND_PATIENCE_MS;

    while (!state_is_ended(job->state.state) && clock_monotonic_ms() < limit)
        ground_turn(ground);
    assert_true(state_is_ended(job->state.state));
}

bool process_is_alive(pid_t pid)
{
    _cleanup_buffer_ struct buffer stat = BUFFER_INIT;
    const char *close_mark;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if (file_read(path, 4096, &stat))
        return false;
    close_mark = strrchr(buffer_text(&stat), ')');
    return close_mark && close_mark[2] != 'Z';
}
