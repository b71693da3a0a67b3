/* The stop `permit`: what the gate may say, and when. Deny by default: a message that the table does not
 * allow in the gate's present state ends the gate. Everything in a message is a claim of an unprivileged
 * process; orders are believed for their signatures alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "door/message.h"
#include "warden/invitation.h"
#include "warden/notify.h"
#include "warden/token.h"
#include "warden/warden.h"
#define LOG_TAG "permit"
#include "base/log.h"

/* Returns 0, or 1 for a body that is no such message: a breach. */
typedef int (*permit_answer)(struct warden *warden, const struct door_message *message);

/* ---- sending ---- */

void permit_send(struct warden *warden, enum door_type type, const struct buffer *body,
                 const int *fds, size_t fd_count)
{
    struct gate *gate = &warden->gate;
    int r;

    if (!gate->door)
        return;
    r = door_send(gate->door, type, body ? buffer_bytes(body) : NULL, body ? buffer_length(body) : 0,
                  fds, fd_count);
    if (r) {
        log_error("the gate cannot be told %s: %s", door_type_name((uint16_t)type), strerror(-r));
        gate_kill(warden);
        return;
    }
    if (door_wants_write(gate->door))
        loop_watch(&warden->loop, &gate->source, EPOLLIN | EPOLLOUT);
}

static void send_id(struct warden *warden, enum door_type type, const uint8_t id[UUID_SIZE])
{
    uint8_t copy[UUID_SIZE];
    struct buffer body = {.data = copy, .end = sizeof(copy), .capacity = sizeof(copy)};

    memcpy(copy, id, sizeof(copy));
    permit_send(warden, type, &body, NULL, 0);
}

static void send_job(struct warden *warden, const struct job *job)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    const int fds[] = {ring_fd(job->ring), job->input};
    struct door_job message = {
        .verb = job->verb,
        .state = job->state,
        .started_ms = job->started_ms,
        .ended_ms = job->ended_ms,
    };

    memcpy(message.id, job->id, sizeof(message.id));
    memcpy(message.fingerprint, job->fingerprint, sizeof(message.fingerprint));
    text_copy(message.user, sizeof(message.user), job->user);
    text_copy(message.operator_name, sizeof(message.operator_name), job->operator_name);
    text_copy(message.label, sizeof(message.label), job->label);
    if (door_job_encode(&message, &body))
        return;
    permit_send(warden, DOOR_JOB, &body, fds, job->input >= 0 ? 2 : 1);
}

void permit_send_jobs(struct warden *warden)
{
    struct job *job;

    list_for_each(&warden->jobs.ended, struct job, link, job)
        send_job(warden, job);
    list_for_each(&warden->jobs.active, struct job, link, job)
        send_job(warden, job);
}

static void on_job_bytes(const struct job *job, void *user)
{
    send_id(user, DOOR_BYTES, job->id);
}

static void on_job_state(const struct job *job, void *user)
{
    struct warden *warden = user;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_state message = {.state = job->state, .ended_ms = job->ended_ms};

    replay_finish(&warden->replay, job->id, job->state);
    audit_ended(&warden->audit, job->id, job->state);
    memcpy(message.id, job->id, sizeof(message.id));
    if (!door_state_encode(&message, &body))
        permit_send(warden, DOOR_STATE, &body, NULL, 0);
}

static void on_job_forgotten(const struct job *job, void *user)
{
    send_id(user, DOOR_FORGOTTEN, job->id);
}

static void on_jobs_idle(void *user)
{
    warden_stop_if_done(user);
}

const struct jobs_events permit_jobs_events = {
    .on_bytes = on_job_bytes,
    .on_state = on_job_state,
    .on_forgotten = on_job_forgotten,
    .on_idle = on_jobs_idle,
};

/* ---- answering ---- */

static int answer_ready(struct warden *warden, const struct door_message *message)
{
    (void)message;
    /* It may have been told goodbye before it was ready. */
    if (warden->gate.state == GATE_STARTING)
        gate_set_state(warden, GATE_SERVING);
    notify_ready(&warden->listeners);
    return 0;
}

static enum problem_code check(struct warden *warden, struct slice parts, struct checked *checked)
{
    struct check_context context = {
        .machine = warden->machine.id,
        .epoch = warden->epoch,
        .keyring = &warden->keyring,
        .replay = &warden->replay,
        .boot_ms = clock_boot_ms(),
        .privileged = warden->place.privileged,
        .self = warden->self,
    };
    int r = keyring_refresh(&warden->keyring);

    if (r)
        log_error("%s: %s", warden->place.operators, strerror(-r));
    return check_order(&context, parts, checked);
}

/* One bucket for everybody that fills at LIMIT_ORDERS_PER_SECOND: verifying a signature costs us more than
 * it costs to send one. */
static bool orders_are_too_fast(struct warden *warden)
{
    uint64_t now = clock_monotonic_ms();
    uint64_t earned = (now - warden->orders_counted_ms) * LIMIT_ORDERS_PER_SECOND / 1000;

    if (earned > 0) {
        warden->orders_counted_ms = now;
        warden->orders_allowance += earned;
        if (warden->orders_allowance > LIMIT_ORDERS_BURST)
            warden->orders_allowance = LIMIT_ORDERS_BURST;
    }
    if (warden->orders_allowance == 0)
        return true;
    warden->orders_allowance--;
    return false;
}

static void fill_opened(struct door_opened *opened, const struct operator_entry *who,
                        const struct warden *warden)
{
    opened->rights = who->rights;
    memcpy(opened->fingerprint, who->fingerprint, sizeof(opened->fingerprint));
    text_copy(opened->operator_name, sizeof(opened->operator_name), who->name);
    text_copy(opened->run_as, sizeof(opened->run_as), warden->place.privileged ? who->as : warden->self);
}

/* `open` is bound to its channel: the exporter that was signed must be the one of the connection. */
static enum problem_code check_open(struct warden *warden, const struct door_order *request,
                                    struct checked *checked)
{
    const uint8_t *exporter;
    enum problem_code problem = check(warden, request->parts, checked);

    if (problem)
        return problem;
    if (checked->order.verb != VERB_OPEN || order_open_decode(checked->order.payload, &exporter))
        return PROBLEM_MALFORMED;
    if (memcmp(exporter, request->exporter, EXPORTER_SIZE) != 0)
        return PROBLEM_SIGNATURE;
    return checked->seen ? PROBLEM_EXPIRED : PROBLEM_NONE;
}

static int answer_open(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {0};
    struct door_order request;
    struct checked checked = {0};

    if (door_order_decode(&request, message->body))
        return 1;
    opened.ticket = request.ticket;
    if (orders_are_too_fast(warden))
        opened.problem = PROBLEM_TOO_FAST;
    else
        opened.problem = check_open(warden, &request, &checked);
    if (!opened.problem && replay_accept(&warden->replay, &checked.order))
        opened.problem = PROBLEM_INTERNAL;
    if (opened.problem != PROBLEM_TOO_FAST && audit_order(&warden->audit, &checked, opened.problem) &&
        !opened.problem)
        opened.problem = PROBLEM_INTERNAL;
    if (!opened.problem) {
        replay_finish(&warden->replay, checked.order.id, (struct job_state){.state = STATE_EXITED});
        fill_opened(&opened, checked.who, warden);
    }
    if (door_opened_encode(&opened, &body))
        return 1;
    permit_send(warden, DOOR_OPENED, &body, NULL, 0);
    return 0;
}

static enum problem_code pair(struct warden *warden, const struct door_pair *request,
                              struct door_opened *opened)
{
    struct operator_entry who = {0};
    struct invitation invitation;
    struct pair_request pairing;
    int r;

    if (pair_request_decode(&pairing, request->request.bytes, request->request.size))
        return PROBLEM_MALFORMED;
    r = invitation_redeem(warden->place.run, &pairing, request->exporter, warden->machine.id,
                          &invitation);
    explicit_bzero(invitation.code, sizeof(invitation.code));
    if (r)
        return r > 0 ? PROBLEM_INVITE_WRONG : PROBLEM_INTERNAL;
    who.key = pairing.key;
    who.rights = invitation.rights;
    text_copy(who.as, sizeof(who.as), invitation.as);
    text_copy(who.name, sizeof(who.name), pairing.label);
    if (sshkey_fingerprint(&who.key, who.fingerprint) || keyring_add(&warden->keyring, &who)) {
        log_error("%s cannot be written", warden->place.operators);
        return PROBLEM_INTERNAL;
    }
    fill_opened(opened, &who, warden);
    return PROBLEM_NONE;
}

static int answer_pair(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {0};
    struct door_pair request;
    char fingerprint[FINGERPRINT_TEXT_SIZE];

    if (door_pair_decode(&request, message->body))
        return 1;
    opened.ticket = request.ticket;
    opened.problem = pair(warden, &request, &opened);
    if (opened.problem) {
        log_notice("an invitation was refused: %s", problem_info(opened.problem)->text);
        audit_event(&warden->audit, "pairing-refused", problem_info(opened.problem)->name);
    } else {
        fingerprint_format(opened.fingerprint, fingerprint);
        log_notice("%s was invited and is now an operator (%s)", opened.operator_name, fingerprint);
        audit_event(&warden->audit, "paired", fingerprint);
    }
    if (door_opened_encode(&opened, &body))
        return 1;
    permit_send(warden, DOOR_PAIRED, &body, NULL, 0);
    return 0;
}

static int answer_token(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_tokened answer = {0};
    struct door_token request;

    if (door_token_decode(&request, message->body))
        return 1;
    answer.ticket = request.ticket;
    answer.rights = token_rights(&warden->place, request.hash);
    if (door_tokened_encode(&answer, &body))
        return 1;
    permit_send(warden, DOOR_TOKENED, &body, NULL, 0);
    return 0;
}

/* The parts of an order: in the message, or in a memfd that nobody can change any more. */
static int order_parts_of(const struct door_message *message, const struct door_order *request,
                          struct buffer *storage, struct slice *parts_out)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat info;
    uint8_t *room;
    int fd;

    *parts_out = request->parts;
    if (message->fd_count == 0)
        return 0;
    fd = message->fds[0];
    if (request->parts.size > 0 || (fcntl(fd, F_GET_SEALS) & seals) != seals ||
        fstat(fd, &info) < 0 || info.st_size > LIMIT_ORDER_BODY)
        return 1;
    if (buffer_reserve(storage, (size_t)info.st_size, &room) ||
        pread(fd, room, (size_t)info.st_size, 0) != info.st_size)
        return 1;
    buffer_commit(storage, (size_t)info.st_size);
    *parts_out = (struct slice){.bytes = room, .size = (size_t)info.st_size};
    return 0;
}

/* What an id became that was seen before: the job if it is remembered, else how it ended. */
static void answer_repetition(struct warden *warden, const struct checked *checked,
                              struct door_ordered *ordered)
{
    const struct job *job = jobs_find(&warden->jobs, checked->order.id);

    ordered->known = 1;
    ordered->verb = checked->seen->verb;
    ordered->state = job ? job->state : checked->seen->state;
}

/* An order is remembered and recorded before it is carried out; if either cannot be, it is not. */
static enum problem_code carry_out(struct warden *warden, const struct door_order *request,
                                   const struct checked *checked, struct door_ordered *ordered)
{
    const struct verb_info *verb = verb_info(checked->order.verb);
    enum problem_code problem;
    struct job *job = NULL;
    int r;

    r = replay_accept(&warden->replay, &checked->order);
    if (!r)
        r = audit_order(&warden->audit, checked, PROBLEM_NONE);
    if (r) {
        log_order(LOG_LEVEL_ERROR, checked->order.id, "cannot be recorded, so it is not carried out: %s",
                  strerror(-r));
        return PROBLEM_INTERNAL;
    }
    if (!verb->becomes_job) {
        problem = control_carry_out(warden, checked, request->connection);
        ordered->state = (struct job_state){.state = STATE_EXITED};
    } else {
        problem = job_start(&warden->jobs, checked, request->label, &job);
        if (job) {
            ordered->state = job->state;
            send_job(warden, job);
        }
    }
    if (problem)
        ordered->state = (struct job_state){.state = STATE_REFUSED, .detail = problem};
    if (!job)
        replay_finish(&warden->replay, checked->order.id, ordered->state);
    return problem;
}

static void answer_order_parts(struct warden *warden, const struct door_order *request,
                               struct slice parts, struct door_ordered *ordered)
{
    struct checked checked = {0};

    if (warden->stopping)
        ordered->problem = PROBLEM_SHUTTING_DOWN;
    else if (orders_are_too_fast(warden))
        ordered->problem = PROBLEM_TOO_FAST;
    if (ordered->problem)
        return;
    ordered->problem = check(warden, parts, &checked);
    memcpy(ordered->id, checked.order.id, sizeof(ordered->id));
    ordered->verb = checked.order.verb;
    if (!ordered->problem && checked.order.verb == VERB_OPEN)
        ordered->problem = PROBLEM_MALFORMED;
    if (ordered->problem) {
        log_order(LOG_LEVEL_NOTICE, checked.order.id, "refused: %s",
                  problem_info(ordered->problem)->name);
        audit_order(&warden->audit, &checked, ordered->problem);
        return;
    }
    if (checked.seen) {
        answer_repetition(warden, &checked, ordered);
        return;
    }
    ordered->problem = carry_out(warden, request, &checked, ordered);
    log_order(LOG_LEVEL_INFO, checked.order.id, "%s by %s: %s", verb_info(checked.order.verb)->name,
              checked.who ? checked.who->name : "nobody",
              ordered->problem ? problem_info(ordered->problem)->name : "taken");
}

static int answer_order(struct warden *warden, const struct door_message *message)
{
    _cleanup_buffer_ struct buffer storage = BUFFER_INIT;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ordered ordered = {0};
    struct door_order request;
    struct slice parts;

    if (door_order_decode(&request, message->body) ||
        order_parts_of(message, &request, &storage, &parts))
        return 1;
    ordered.ticket = request.ticket;
    answer_order_parts(warden, &request, parts, &ordered);
    if (door_ordered_encode(&ordered, &body))
        return 1;
    permit_send(warden, DOOR_ORDERED, &body, NULL, 0);
    return 0;
}

static int answer_room(struct warden *warden, const struct door_message *message)
{
    const uint8_t *id;
    struct job *job;

    if (door_id_decode(&id, message->body))
        return 1;
    job = jobs_find(&warden->jobs, id);
    if (job)
        job_has_room(job);
    return 0;
}

static int answer_input_end(struct warden *warden, const struct door_message *message)
{
    const uint8_t *id;
    struct job *job;

    if (door_id_decode(&id, message->body))
        return 1;
    job = jobs_find(&warden->jobs, id);
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
        permit_send(warden, DOOR_AUDIT_FILE, &body, fds, r ? 0 : fds[1] >= 0 ? 2 : 1);
    for (size_t i = 0; i < ELEMENTS_OF(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return 0;
}

/* ---- the table ---- */

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
    [DOOR_ROOM] = {answer_room, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_INPUT_END] = {answer_input_end, WHEN(SERVING) | WHEN(LEAVING)},
    [DOOR_AUDIT] = {answer_audit, WHEN(SERVING) | WHEN(LEAVING)},
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
        log_error("the gate broke the rules with %s while %s", door_type_name((uint16_t)message->type),
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
    while (!r && gate->door && (r = door_receive(gate->door, &message)) == 1) {
        r = permit(warden, &message) ? 0 : -EPROTO;
    }
    if (r >= 0 || !gate->door)
        return;
    if (r == -EPIPE) {
        /* It is ending; SIGCHLD tells the rest. */
        loop_unwatch(source);
        return;
    }
    log_error("the door to the gate broke: %s", strerror(-r));
    gate_kill(warden);
}
