/* The verbs that become no job: they change the agent, a connection or another job. */
#include <string.h>

#include "base/buffer.h"
#include "door/message.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "control"
#include "base/log.h"

typedef enum problem_code (*control_verb)(struct warden *warden, const struct checked *checked,
                                          uint32_t connection);

/* The job that the order names, if this operator may touch it: the own ones, or any with `control`.
 */
static enum problem_code find_job(struct warden *warden, const struct checked *checked,
                                  const uint8_t *id, struct job **job_out)
{
    struct job *job = jobs_find(&warden->jobs, id);

    if (!job)
        return PROBLEM_NO_SUCH_JOB;
    if (memcmp(job->fingerprint, checked->who->fingerprint, FINGERPRINT_SIZE) != 0 &&
        !(checked->who->rights & RIGHT_CONTROL))
        return PROBLEM_RIGHT_MISSING;
    *job_out = job;
    return PROBLEM_NONE;
}

static enum problem_code control_signal(struct warden *warden, const struct checked *checked,
                                        uint32_t connection)
{
    enum problem_code problem;
    struct job *job;
    const uint8_t *id;
    uint8_t signal;

    (void)connection;
    if (order_signal_decode(checked->order.payload, &id, &signal) || signal > 64)
        return PROBLEM_MALFORMED;
    problem = find_job(warden, checked, id, &job);
    if (!problem)
        job_signal(job, signal);
    return problem;
}

static enum problem_code control_forget(struct warden *warden, const struct checked *checked,
                                        uint32_t connection)
{
    enum problem_code problem;
    struct job *job;
    const uint8_t *id;

    (void)connection;
    if (order_forget_decode(checked->order.payload, &id))
        return PROBLEM_MALFORMED;
    problem = find_job(warden, checked, id, &job);
    if (problem)
        return problem;
    if (!state_is_ended(job->state.state))
        return PROBLEM_BAD_REQUEST;
    job_forget(job);
    return PROBLEM_NONE;
}

static enum problem_code control_disconnect(struct warden *warden, const struct checked *checked,
                                            uint32_t connection)
{
    struct buffer body = BUFFER_INIT;
    struct door_hang_up hang_up = {.connection = connection};
    enum disconnect_scope scope;

    if (order_disconnect_decode(checked->order.payload, &scope))
        return PROBLEM_MALFORMED;
    if (scope == DISCONNECT_MINE)
        hang_up.connection = UINT32_MAX;
    memcpy(hang_up.fingerprint, checked->who->fingerprint, sizeof(hang_up.fingerprint));
    if (!door_hang_up_encode(&hang_up, &body))
        tell(warden, DOOR_HANG_UP, &body, NULL, 0);
    buffer_deinit(&body);
    return PROBLEM_NONE;
}

static enum problem_code control_reset(struct warden *warden, const struct checked *checked,
                                       uint32_t connection)
{
    (void)connection;
    log_notice("reset by %s", checked->who->name);
    warden_reset(warden);
    return PROBLEM_NONE;
}

static enum problem_code control_kill(struct warden *warden, const struct checked *checked,
                                      uint32_t connection)
{
    (void)connection;
    log_notice("stopped by %s", checked->who->name);
    warden_kill(warden);
    return PROBLEM_NONE;
}

enum problem_code control_carry_out(struct warden *warden, const struct checked *checked,
                                    uint32_t connection)
{
    static const control_verb verbs[] = {
        [VERB_SIGNAL] = control_signal,
        [VERB_FORGET] = control_forget,
        [VERB_DISCONNECT] = control_disconnect,
        [VERB_RESET] = control_reset,
        [VERB_KILL] = control_kill,
    };
    uint16_t verb = checked->order.verb;

    if (verb >= ELEMENTS_OF(verbs) || !verbs[verb])
        return PROBLEM_UNSUPPORTED;
    return verbs[verb](warden, checked, connection);
}
