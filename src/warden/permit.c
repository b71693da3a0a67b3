/* The stop `permit`: what the gate may say, and when. Deny by default: a message that the table
 * does not allow in the gate's present state ends the gate. Everything in a message is a claim of
 * an unprivileged process; orders are believed for their signatures alone. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "door/message.h"
#include "warden/answer.h"
#include "warden/history.h"
#include "warden/notify.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "permit"
#include "base/log.h"

enum { PERMIT_BATCH = 64, HISTORY_ANEW_MS = 5 * 1000 };

/* Returns 0, or 1 for a body that is no such message: a breach. */
typedef int (*permit_answer)(struct warden *warden, const struct door_message *message);

static int answer_ready(struct warden *warden, const struct door_message *message)
{
    (void)message;
    /* It may have been told goodbye before it was ready. */
    if (warden->gate.state == GATE_STARTING)
        gate_set_state(warden, GATE_SERVING);
    notify_ready(&warden->listeners);
    memory_trim(); /* what starting took is not needed again */
    return 0;
}

static int answer_idle(struct warden *warden, const struct door_message *message)
{
    (void)message;
    jobs_tidy(&warden->jobs);
    if (warden->jobs.running == 0)
        memory_trim();
    return 0;
}

/* A body that is only a job's id; NULL for a job that was forgotten meanwhile. */
static int find_job(struct warden *warden, const struct door_message *message, struct job **job_out)
{
    const uint8_t *id;

    if (door_id_decode(&id, message->body))
        return 1;
    *job_out = jobs_find(&warden->jobs, id);
    return 0;
}

static int answer_room(struct warden *warden, const struct door_message *message)
{
    struct job *job;

    if (find_job(warden, message, &job))
        return 1;
    if (job)
        job_has_room(job);
    return 0;
}

static int answer_ring_back(struct warden *warden, const struct door_message *message)
{
    struct door_ring ring;

    if (door_ring_decode(&ring, message->body))
        return 1;
    jobs_ring_back(&warden->jobs, ring.id, ring.number);
    return 0;
}

static int answer_returned(struct warden *warden, const struct door_message *message)
{
    struct job *job;

    if (find_job(warden, message, &job))
        return 1;
    if (job)
        job_returned(job, false);
    return 0;
}

static int answer_input_end(struct warden *warden, const struct door_message *message)
{
    struct job *job;

    if (find_job(warden, message, &job))
        return 1;
    if (job)
        job_end_input(job);
    return 0;
}

static int answer_audit(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_audit audit;
    int fds[] = {-1, -1};
    int r;

    if (door_audit_decode(&audit, message->body))
        return 1;
    r = audit_open(&warden->audit, &fds[0], &fds[1], &audit.older_size);
    if (r)
        log_error("%s: %s", warden->audit.path, strerror(-r));
    if (!door_audit_encode(&audit, &body))
        tell(warden, DOOR_AUDIT_FILE, &body, fds, r ? 0 : fds[1] >= 0 ? 2 : 1);
    for (size_t i = 0; i < ELEMENTS_OF(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return 0;
}

/* A gate that was taken over could ask without end: it gets a file seldom, and no more than that
 * is lost which it may write over anyway. */
static int answer_history_anew(struct warden *warden, const struct door_message *message)
{
    uint64_t now_ms = clock_monotonic_ms();
    struct history_files files;

    (void)message;
    if (warden->gate.history_ms > 0 && now_ms - warden->gate.history_ms < HISTORY_ANEW_MS)
        return 0;
    warden->gate.history_ms = now_ms;
    history_anew(warden->place.state, &warden->config, &files);
    if (files.count > 0)
        tell(warden, DOOR_HISTORY, NULL, files.fds, files.count);
    history_close(&files);
    return 0;
}

static int answer_history_carried(struct warden *warden, const struct door_message *message)
{
    (void)message;
    history_settle(warden->place.state);
    return 0;
}

#define WHEN(state) (1u << GATE_##state)

struct permission {
    permit_answer answer;
    unsigned states; /* in which the gate may say it */
};

static const struct permission permissions[] = {
    [DOOR_READY] = {answer_ready, WHEN(STARTING) | WHEN(LEAVING)},
    [DOOR_OPEN] = {answer_open, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_PAIR] = {answer_pair, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_TOKEN] = {answer_token, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_ORDER] = {answer_order, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_ENTER] = {answer_enter, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_ROOM] = {answer_room, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_RING_BACK] = {answer_ring_back, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_INPUT_END] = {answer_input_end, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_RETURNED] = {answer_returned, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_IDLE] = {answer_idle, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_AUDIT] = {answer_audit, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_HISTORY_CARRIED] = {answer_history_carried, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_HISTORY_ANEW] = {answer_history_anew, WHEN(SERVING) | WHEN(LEAVING)},
};

/* Returns false for a breach. */
static bool permit(struct warden *warden, struct door_message *message)
{
    const struct permission *permission = NULL;
    bool kept = false;

    if (message->type < ELEMENTS_OF(permissions))
        permission = &permissions[message->type];
    if (permission && permission->answer && (permission->states & (1u << warden->gate.state)))
        kept = permission->answer(warden, message) == 0;
    for (size_t i = 0; i < message->fd_count; i++)
        close(message->fds[i]);
    if (!kept)
        log_error("the gate broke the rules with %s while %s",
                  door_type_name((uint16_t)message->type),
                  warden->gate.state == GATE_STARTING ? "starting" : "serving");
    return kept;
}

void permit_on_door(struct loop_source *source, uint32_t events)
{
    struct warden *warden = container_of(source, struct warden, gate.source);
    struct gate *gate = &warden->gate;
    struct door_message message;
    int r = 0;

    if (events & EPOLLOUT) {
        r = door_flush(gate->door);
        if (!r && !door_wants_write(gate->door))
            loop_watch(&warden->loop, source, EPOLLIN);
    }
    /* A gate that asks without end must not keep us from signals, deadlines and jobs. */
    for (int i = 0; i < PERMIT_BATCH && !r && gate->door; i++) {
        r = door_receive(gate->door, &message);
        if (r == 0)
            return;
        if (r == 1)
            r = permit(warden, &message) ? 0 : -EPROTO;
    }
    if (r >= 0 || !gate->door)
        return;
    if (r == -EPIPE) {
        gate_hung_up(warden);
        return;
    }
    log_error("the door to the gate broke: %s", strerror(-r));
    gate_kill(warden);
}
