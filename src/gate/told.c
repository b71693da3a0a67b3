/* See told.h. */
#define LOG_TAG "gate"
#include "gate/told.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "door/system-file.h"
#include "gate/audit.h"
#include "gate/enter.h"
#include "gate/intake.h"
#include "gate/open.h"
#include "gate/outlet.h"
#include "gate/request.h"
#include "gate/rings.h"
#include "gate/session.h"
#include "gate/tty.h"
#include "sense/source.h"

/* Each takes one message and returns 0, or 1 if it is a breach. Descriptors that it keeps it steals
 * from the message. */
typedef int (*told_function)(struct gate *gate, struct door_message *message);

/* Who an operator is, known by its key or by an invitation: one body for both. */
static int told_operator(struct gate *gate, const struct door_message *message,
                         void (*answer)(struct request *request, const struct door_opened *opened))
{
    struct request *request;
    struct door_opened opened;

    if (door_opened_decode(&opened, message->body) ||
        tickets_settle(&gate->tickets, opened.ticket, message->type, &request))
        return 1;
    if (request)
        answer(request, &opened);
    return 0;
}

static int told_opened(struct gate *gate, struct door_message *message)
{
    return told_operator(gate, message, open_opened);
}

static int told_paired(struct gate *gate, struct door_message *message)
{
    return told_operator(gate, message, pair_paired);
}

static int told_tokened(struct gate *gate, struct door_message *message)
{
    struct request *request;
    struct door_tokened tokened;

    if (door_tokened_decode(&tokened, message->body) ||
        tickets_settle(&gate->tickets, tokened.ticket, DOOR_TOKENED, &request))
        return 1;
    if (request)
        request_tokened(request, tokened.rights);
    return 0;
}

static int told_ordered(struct gate *gate, struct door_message *message)
{
    struct request *request;
    struct door_ordered ordered;

    if (door_ordered_decode(&ordered, message->body) ||
        tickets_settle(&gate->tickets, ordered.ticket, DOOR_ORDERED, &request))
        return 1;
    if (request)
        intake_ordered(request, &ordered);
    return 0;
}

static int told_entered(struct gate *gate, struct door_message *message)
{
    struct request *request;
    struct door_entered entered;

    if (door_entered_decode(&entered, message->body) ||
        tickets_settle(&gate->tickets, entered.opened.ticket, DOOR_ENTERED, &request))
        return 1;
    if (request)
        enter_entered(request, &entered);
    return 0;
}

static int told_job(struct gate *gate, struct door_message *message)
{
    struct job_descriptors fds = {-1, -1, -1, -1};
    struct door_job job;
    int r;

    if (door_job_decode(&job, message->body))
        return 1;
    if (message->fd_count > 0)
        fds.ring = message->fds[0];
    if (message->fd_count > 1)
        fds.input = steal_fd(&message->fds[1]);
    if (message->fd_count > 2)
        fds.belt = message->fds[2];
    if (message->fd_count > 3)
        fds.terminal = steal_fd(&message->fds[3]);
    r = jobs_add(&gate->jobs, gate, &job, &fds);
    if (r == -EEXIST)
        return 1;
    if (r) {
        log_order(LOG_LEVEL_ERROR, job.id, "its job cannot be served: %s", strerror(-r));
        if (message->fd_count > 3)
            (void)gate_send(gate, DOOR_RETURNED, job.id, UUID_SIZE, -1);
    }
    return 0;
}

/* A body that is only a job's id; NULL for one that could not be served. */
static int find_told_job(struct gate *gate, const struct door_message *message,
                         struct job **job_out)
{
    const uint8_t *id;

    if (door_id_decode(&id, message->body))
        return 1;
    *job_out = jobs_find(&gate->jobs, id);
    return 0;
}

/* Without its output there is nothing to show of a job. */
static void job_serve(struct job *job, int error)
{
    if (!error)
        return;
    log_order(LOG_LEVEL_ERROR, job->id, "its output cannot be served: %s", strerror(-error));
    jobs_forget(&job->gate->jobs, job);
}

static int told_state(struct gate *gate, struct door_message *message)
{
    struct door_state state;
    struct job *job;
    int r = 0;

    if (door_state_decode(&state, message->body))
        return 1;
    job = jobs_find(&gate->jobs, state.id);
    if (!job) /* one that could not be served is not there */
        return 0;
    if (state.output.size > 0)
        r = job_set_output(job, state.output);
    job_set_state(job, state.state, state.ended_ms);
    job_serve(job, r);
    return 0;
}

static int told_ring(struct gate *gate, struct door_message *message)
{
    int fd = message->fd_count > 0 ? message->fds[0] : -1;
    struct door_ring ring;
    struct job *job;
    int r;

    if (door_ring_decode(&ring, message->body))
        return 1;
    job = jobs_find(&gate->jobs, ring.id);
    if (!job) { /* one that could not be served, or is forgotten */
        rings_drop(&gate->jobs, ring.number);
        return 0;
    }
    r = job_set_ring(job, fd, ring.number);
    if (r == -ENOENT)
        return 1;
    job_serve(job, r);
    return 0;
}

static int told_ring_gone(struct gate *gate, struct door_message *message)
{
    uint32_t number;

    if (door_number_decode(&number, message->body))
        return 1;
    return rings_drop(&gate->jobs, number) ? 0 : 1;
}

static int told_file(struct gate *gate, struct door_message *message)
{
    static const char *const paths[] = SYSTEM_FILES;
    uint32_t which;

    (void)gate;
    if (door_number_decode(&which, message->body) || which >= ELEMENTS_OF(paths))
        return 1;
    source_lend(paths[which], steal_fd(&message->fds[0]));
    return 0;
}

static int told_spool(struct gate *gate, struct door_message *message)
{
    struct door_spool spool;
    struct job *job;

    if (door_spool_decode(&spool, message->body))
        return 1;
    job = jobs_find(&gate->jobs, spool.id);
    if (job)
        job_set_spool(job, steal_fd(&message->fds[0]), spool.capacity);
    return 0;
}

static int told_forgotten(struct gate *gate, struct door_message *message)
{
    struct job *job;

    if (find_told_job(gate, message, &job))
        return 1;
    if (job)
        jobs_forget(&gate->jobs, job);
    return 0;
}

static int told_bytes(struct gate *gate, struct door_message *message)
{
    struct job *job;

    if (find_told_job(gate, message, &job))
        return 1;
    if (job && job->tty)
        tty_resume(job->tty);
    if (job)
        outlet_resume_all(job);
    return 0;
}

static int told_recall(struct gate *gate, struct door_message *message)
{
    struct job *job;

    if (find_told_job(gate, message, &job))
        return 1;
    if (job && job->tty)
        tty_return(job->tty);
    return 0;
}

static int told_audit_file(struct gate *gate, struct door_message *message)
{
    struct request *request;
    struct door_audit audit;
    int older = -1;
    int newer = -1;

    if (door_audit_decode(&audit, message->body) ||
        tickets_settle(&gate->tickets, audit.ticket, DOOR_AUDIT_FILE, &request))
        return 1;
    if (message->fd_count > 0)
        newer = steal_fd(&message->fds[0]);
    if (message->fd_count > 1)
        older = steal_fd(&message->fds[1]);
    audit_file(request, &audit, newer, older);
    return 0;
}

static int told_hang_up(struct gate *gate, struct door_message *message)
{
    struct door_hang_up hang_up;
    struct session *session;

    if (door_hang_up_decode(&hang_up, message->body))
        return 1;
    list_for_each (&gate->sessions, struct session, link, session)
        if (hang_up.connection == UINT32_MAX
                ? session->state == SESSION_OPEN &&
                      memcmp(session->fingerprint, hang_up.fingerprint, FINGERPRINT_SIZE) == 0
                : session->number == hang_up.connection)
            session_leave(session);
    return 0;
}

static int told_goodbye(struct gate *gate, struct door_message *message)
{
    (void)message;
    log_debug("the warden says goodbye");
    gate_leave(gate);
    return 0;
}

static int told_history(struct gate *gate, struct door_message *message)
{
    switch (record_begin(&gate->record, message->fds, message->fd_count)) {
    case RECORD_TAKEN: return 0;
    case RECORD_UNASKED: return 1;
    case RECORD_CARRIED: break;
    }
    if (message->fd_count > 1)
        (void)gate_send(gate, DOOR_HISTORY_CARRIED, NULL, 0, -1);
    return 0;
}

/* SETUP is not among them: it came before the loop began, and comes once. */
static const told_function told[] = {
    [DOOR_OPENED] = told_opened,
    [DOOR_PAIRED] = told_paired,
    [DOOR_TOKENED] = told_tokened,
    [DOOR_ORDERED] = told_ordered,
    [DOOR_JOB] = told_job,
    [DOOR_STATE] = told_state,
    [DOOR_FORGOTTEN] = told_forgotten,
    [DOOR_RING] = told_ring,
    [DOOR_RING_GONE] = told_ring_gone,
    [DOOR_FILE] = told_file,
    [DOOR_BYTES] = told_bytes,
    [DOOR_SPOOL] = told_spool,
    [DOOR_RECALL] = told_recall,
    [DOOR_AUDIT_FILE] = told_audit_file,
    [DOOR_HANG_UP] = told_hang_up,
    [DOOR_GOODBYE] = told_goodbye,
    [DOOR_HISTORY] = told_history,
    [DOOR_ENTERED] = told_entered,
};

int gate_told(struct gate *gate, struct door_message *message)
{
    told_function function = message->type < ELEMENTS_OF(told) ? told[message->type] : NULL;
    int r = function ? function(gate, message) : 1;

    for (size_t i = 0; i < message->fd_count; i++)
        if (message->fds[i] >= 0)
            close(message->fds[i]);
    if (!r)
        return 0;
    log_error("the warden broke the door's rules with %s", door_type_name((uint16_t)message->type));
    return -EPROTO;
}
