/* An order's way through the warden: check, remember, record, carry out, answer. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "door/message.h"
#include "warden/answer.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "obey"
#include "base/log.h"

enum problem_code answer_check(struct warden *warden, struct slice parts, const uint8_t *channel,
                               struct checked *checked_out)
{
    struct check_context context = {
        .machine = warden->machine.id,
        .epoch = warden->epoch,
        .keyring = &warden->keyring,
        .replay = &warden->replay,
        .last_key = &warden->last_key,
        .boot_ms = clock_boot_ms(),
        .channel = channel,
        .privileged = warden->place.privileged,
        .self = warden->self,
    };
    int r = keyring_refresh(&warden->keyring);

    if (r)
        log_error("%s: %s", warden->place.operators, strerror(-r));
    return check_order(&context, parts, checked_out);
}

bool answer_too_fast(struct warden *warden, const struct operator_entry *who)
{
    struct rate_slot *slot = &warden->rates[who->fingerprint[0] % ELEMENTS_OF(warden->rates)];

    /* Two keys that share a slot only reset each other's count. */
    if (memcmp(slot->fingerprint, who->fingerprint, FINGERPRINT_SIZE) != 0) {
        *slot = (struct rate_slot){0};
        memcpy(slot->fingerprint, who->fingerprint, FINGERPRINT_SIZE);
    }
    return !rate_take(&slot->rate, LIMIT_ORDERS_PER_SECOND * 60, LIMIT_ORDERS_BURST,
                      clock_monotonic_ms());
}

/* The parts of an order: in the message, or in a memfd that nobody can change any more. */
static int order_parts_of(const struct door_message *message, const struct door_order *request,
                          struct buffer *storage, struct slice *parts_out)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    struct stat info;
    uint8_t *room;
    int held;
    int fd;

    *parts_out = request->parts;
    if (message->fd_count == 0)
        return 0;
    fd = message->fds[0];
    held = fcntl(fd, F_GET_SEALS); /* negative for what is no memfd */
    if (request->parts.size > 0 || held < 0 || (held & seals) != seals || fstat(fd, &info) < 0 ||
        info.st_size > LIMIT_ORDER_BODY)
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
    ordered->verb = job ? job->verb : checked->seen->verb;
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
    if (!r) {
        r = audit_order(&warden->audit, checked, PROBLEM_NONE);
        if (r)
            replay_finish(&warden->replay, checked->order.id,
                          (struct job_state){.state = STATE_REFUSED, .detail = PROBLEM_INTERNAL});
    }
    if (r) {
        log_order(LOG_LEVEL_ERROR, checked->order.id,
                  "cannot be recorded, so it is not carried out: %s", strerror(-r));
        return PROBLEM_INTERNAL;
    }
    if (!verb->becomes_job) {
        problem = control_carry_out(warden, checked, request->connection);
        ordered->state = (struct job_state){.state = STATE_EXITED};
    } else {
        problem = job_start(&warden->jobs, checked, request->label, &job);
        if (job) {
            ordered->state = job->state;
            job->roll_slot = roll_enter(&warden->roll, job);
            tell_job(warden, job);
        }
    }
    if (problem)
        ordered->state = (struct job_state){.state = STATE_REFUSED, .detail = problem};
    if (!job) {
        replay_finish(&warden->replay, checked->order.id, ordered->state);
        audit_ended(&warden->audit, checked->order.id, ordered->state);
    }
    return problem;
}

static void remember_refusal(struct warden *warden, const struct checked *checked,
                             enum problem_code problem)
{
    if (!replay_accept(&warden->replay, &checked->order))
        replay_finish(&warden->replay, checked->order.id,
                      (struct job_state){.state = STATE_REFUSED, .detail = problem});
}

void answer_obey(struct warden *warden, const struct door_order *request,
                 const struct checked *checked, enum problem_code problem,
                 struct door_ordered *ordered_out)
{
    const struct order *order = &checked->order;

    memcpy(ordered_out->id, order->id, sizeof(ordered_out->id));
    ordered_out->verb = order->verb;
    ordered_out->problem = problem;
    if (problem) {
        log_order(LOG_LEVEL_NOTICE, order->id, "refused: %s", problem_info(problem)->name);
        audit_order(&warden->audit, checked, problem);
        /* Else somebody else could play it back on the day when the right is given. */
        if (problem == PROBLEM_RIGHT_MISSING || problem == PROBLEM_RUN_AS)
            remember_refusal(warden, checked, problem);
        return;
    }
    /* Also where the first order of this id has expired and is forgotten, while its job is kept. */
    if (checked->seen || jobs_find(&warden->jobs, order->id)) {
        answer_repetition(warden, checked, ordered_out);
        return;
    }
    ordered_out->problem = carry_out(warden, request, checked, ordered_out);
    log_order(LOG_LEVEL_INFO, order->id, "%s by %s: %s", verb_info(order->verb)->name,
              checked->who ? checked->who->name : "nobody",
              ordered_out->problem ? problem_info(ordered_out->problem)->name : "taken");
}

static void answer_order_parts(struct warden *warden, const struct door_order *request,
                               struct slice parts, struct door_ordered *ordered)
{
    struct checked checked = {0};
    enum problem_code problem;

    if (warden->stopping) {
        ordered->problem = PROBLEM_SHUTTING_DOWN;
        return;
    }
    problem = answer_check(warden, parts, NULL, &checked);
    if (!problem && answer_too_fast(warden, checked.who)) {
        ordered->problem = PROBLEM_TOO_FAST;
        return;
    }
    if (!problem && checked.order.verb == VERB_OPEN)
        problem = PROBLEM_MALFORMED;
    answer_obey(warden, request, &checked, problem, ordered);
}

int answer_order(struct warden *warden, const struct door_message *message)
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
    tell(warden, DOOR_ORDERED, &body, NULL, 0);
    return 0;
}
