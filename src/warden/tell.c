/* What the warden tells the gate: jobs, their states, and that there is something to read. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "door/message.h"
#include "warden/pty.h"
#include "warden/spool.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "tell"
#include "base/log.h"

void tell(struct warden *warden, enum door_type type, const struct buffer *body, const int *fds,
          size_t fd_count)
{
    struct gate *gate = &warden->gate;
    int r;

    if (!gate->door)
        return;
    r = door_send(gate->door, type, body ? buffer_bytes(body) : NULL,
                  body ? buffer_length(body) : 0, fds, fd_count);
    if (r) {
        log_error("the gate cannot be told %s: %s", door_type_name((uint16_t)type), strerror(-r));
        gate_kill(warden);
        return;
    }
    if (door_wants_write(gate->door))
        loop_watch(&warden->loop, &gate->source, EPOLLIN | EPOLLOUT);
}

static void send_id(struct warden *warden, enum door_type type, const uint8_t id[UUID_SIZE],
                    const int *fds, size_t fd_count)
{
    uint8_t copy[UUID_SIZE];
    struct buffer body = {.data = copy, .end = sizeof(copy), .capacity = sizeof(copy)};

    memcpy(copy, id, sizeof(copy));
    tell(warden, type, &body, fds, fd_count);
}

/* The descriptors that go with a job. What is lent is so from here on, also when nobody gets it: a
 * gate that could not be told is dead. */
static size_t job_descriptors(const struct job *job, int ring, int fds_out[4])
{
    fds_out[0] = ring;
    if (job->input < 0)
        return ring < 0 ? 0 : 1;
    fds_out[1] = job->input;
    if (!job->pty) {
        fds_out[2] = job->belt;
        return job->belt < 0 ? 2 : 3;
    }
    pty_lend(job->pty);
    if (!pty_is_lent(job->pty))
        return 1;
    fds_out[2] = job->belt;
    fds_out[3] = job->input; /* once more: the gate's loop watches it for one thing at a time */
    return 4;
}

void tell_job(struct warden *warden, const struct job *job)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct ring *ring;
    int fds[4];
    size_t fd_count;
    struct door_job message = {
        .verb = job->verb,
        .state = job->state,
        .started_ms = job->started_ms,
        .ended_ms = job->ended_ms,
    };

    if (!warden->gate.door)
        return;
    memcpy(message.id, job->id, sizeof(message.id));
    memcpy(message.fingerprint, job->fingerprint, sizeof(message.fingerprint));
    text_copy(message.user, sizeof(message.user), job->user);
    text_copy(message.operator_name, sizeof(message.operator_name), job->operator_name);
    text_copy(message.label, sizeof(message.label), job->label);
    if (door_job_encode(&message, &body) || job_ring_borrow(job, &ring)) {
        log_order(LOG_LEVEL_ERROR, job->id, "no memory to tell the gate of it");
        return;
    }
    fd_count = job_descriptors(job, ring ? ring_fd(ring) : -1, fds);
    tell(warden, DOOR_JOB, &body, fds, fd_count);
    job_ring_release(job, ring);
}

void tell_spool(struct warden *warden, const struct job *job)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    _cleanup_close_ int fd = spool_reader(job->spool);
    struct door_spool message = {.capacity = spool_capacity(job->spool)};

    memcpy(message.id, job->id, sizeof(message.id));
    if (fd < 0 || door_spool_encode(&message, &body))
        log_order(LOG_LEVEL_ERROR, job->id, "its spool cannot be shown to the gate");
    else
        tell(warden, DOOR_SPOOL, &body, &fd, 1);
}

static void tell_kept(struct warden *warden, const struct job *job)
{
    tell_job(warden, job);
    if (job->spool)
        tell_spool(warden, job);
}

void tell_jobs(struct warden *warden)
{
    struct job *job;

    list_for_each (&warden->jobs.ended, struct job, link, job)
        tell_kept(warden, job);
    list_for_each (&warden->jobs.active, struct job, link, job) {
        tell_kept(warden, job);
        /* The last gate may have made room and died before it said so. */
        job_has_room(job);
    }
}

static void on_job_ring(const struct job *job, bool is_mapped, void *user)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ring message = {.number = ring_number(job->ring)};
    int fd = ring_fd(job->ring);

    memcpy(message.id, job->id, sizeof(message.id));
    if (!door_ring_encode(&message, &body))
        tell(user, DOOR_RING, &body, &fd, is_mapped ? 0 : 1);
}

static void on_job_ring_gone(uint32_t number, void *user)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;

    if (!door_number_encode(number, &body))
        tell(user, DOOR_RING_GONE, &body, NULL, 0);
}

static void on_job_bytes(const struct job *job, void *user)
{
    send_id(user, DOOR_BYTES, job->id, NULL, 0);
}

static void on_job_state(const struct job *job, void *user)
{
    struct warden *warden = user;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_state message = {
        .state = job->state, .ended_ms = job->ended_ms, .output = buffer_slice(&job->kept)};

    replay_finish(&warden->replay, job->id, job->state);
    roll_leave(&warden->roll, job->roll_slot);
    audit_ended(&warden->audit, job->id, job->state);
    memcpy(message.id, job->id, sizeof(message.id));
    if (!door_state_encode(&message, &body))
        tell(warden, DOOR_STATE, &body, NULL, 0);
}

static void on_job_recall(const struct job *job, void *user)
{
    send_id(user, DOOR_RECALL, job->id, NULL, 0);
}

static void on_job_kept(const struct job *job, void *user)
{
    log_order(LOG_LEVEL_ERROR, job->id, "the gate does not give its terminal back; it is ended");
    gate_kill(user);
}

static void on_job_spool(const struct job *job, void *user)
{
    tell_spool(user, job);
}

static void on_job_forgotten(const struct job *job, void *user)
{
    send_id(user, DOOR_FORGOTTEN, job->id, NULL, 0);
}

static void on_jobs_idle(void *user)
{
    warden_stop_if_done(user);
}

const struct jobs_events tell_jobs_events = {
    .on_ring = on_job_ring,
    .on_ring_gone = on_job_ring_gone,
    .on_bytes = on_job_bytes,
    .on_state = on_job_state,
    .on_recall = on_job_recall,
    .on_kept = on_job_kept,
    .on_spool = on_job_spool,
    .on_forgotten = on_job_forgotten,
    .on_idle = on_jobs_idle,
};
