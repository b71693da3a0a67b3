/* See check.h. One small function per question, asked in the order of the table at the end. */
#include "warden/check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "proto/crypto.h"
#include "proto/sshsig.h"

static enum problem_code check_length(const struct check_context *context, struct slice parts,
                                      struct checked *checked)
{
    (void)context;
    return order_parts_decode(&checked->parts, parts.bytes, parts.size) ? PROBLEM_MALFORMED
                                                                        : PROBLEM_NONE;
}

static enum problem_code check_magic(const struct check_context *context, struct slice parts,
                                     struct checked *checked)
{
    (void)context;
    (void)parts;
    if (checked->parts.order.size < sizeof(ORDER_MAGIC) ||
        memcmp(checked->parts.order.bytes, ORDER_MAGIC, sizeof(ORDER_MAGIC)) != 0)
        return PROBLEM_MALFORMED;
    return PROBLEM_NONE;
}

static enum problem_code check_key(const struct check_context *context, struct slice parts,
                                   struct checked *checked)
{
    struct sshkey key;

    (void)parts;
    if (sshsig_key(checked->parts.signature, &key))
        return PROBLEM_SIGNATURE;
    checked->who = keyring_find(context->keyring, &key);
    return checked->who ? PROBLEM_NONE : PROBLEM_KEY_UNKNOWN;
}

static enum problem_code check_signature(const struct check_context *context, struct slice parts,
                                         struct checked *checked)
{
    const struct order_parts *both = &checked->parts;

    (void)parts;
    if (sshsig_verify_next(context->last_key, both->signature, &checked->who->key,
                           both->order.bytes, both->order.size)) {
        checked->who = NULL;
        return PROBLEM_SIGNATURE;
    }
    return PROBLEM_NONE;
}

static enum problem_code check_layout(const struct check_context *context, struct slice parts,
                                      struct checked *checked)
{
    (void)context;
    (void)parts;
    switch (order_decode(&checked->order, checked->parts.order.bytes, checked->parts.order.size)) {
    case 0: return PROBLEM_NONE;
    case ORDER_E_VERB: return PROBLEM_UNSUPPORTED;
    default: return PROBLEM_MALFORMED;
    }
}

static enum problem_code check_machine(const struct check_context *context, struct slice parts,
                                       struct checked *checked)
{
    (void)parts;
    return memcmp(checked->order.machine, context->machine, MACHINE_ID_SIZE) ? PROBLEM_OTHER_MACHINE
                                                                             : PROBLEM_NONE;
}

static enum problem_code check_epoch(const struct check_context *context, struct slice parts,
                                     struct checked *checked)
{
    (void)parts;
    if (order_may_wait(&checked->order))
        return checked->order.verb == VERB_OPEN ? PROBLEM_OTHER_EPOCH : PROBLEM_NONE;
    return memcmp(checked->order.epoch, context->epoch, EPOCH_SIZE) ? PROBLEM_OTHER_EPOCH
                                                                    : PROBLEM_NONE;
}

static enum problem_code check_window(const struct check_context *context, struct slice parts,
                                      struct checked *checked)
{
    const struct order *order = &checked->order;
    bool waits = order_may_wait(order);
    uint64_t now = waits ? replay_wall_ms(context->replay) : context->boot_ms;
    /* "Ahead" by our own clock: by the latest order, each could move that a little further on. */
    uint64_t clock = waits ? clock_wall_ms() : context->boot_ms;

    (void)parts;
    if (order->expires <= now)
        return PROBLEM_EXPIRED;
    if (order->issued > clock + LIMIT_CLOCK_AHEAD_MS)
        return PROBLEM_NOT_YET;
    if (order->expires <= order->issued ||
        (!waits && order->expires - order->issued > LIMIT_ORDER_WINDOW_MS) ||
        (waits && order->expires - order->issued > LIMIT_WAITING_WINDOW_MS))
        return PROBLEM_MALFORMED;
    return PROBLEM_NONE;
}

/* Were an order that opens nothing taken for one that does, or one meant for another connection,
 * whoever saw it pass could come in with it. */
static enum problem_code check_channel(const struct check_context *context, struct slice parts,
                                       struct checked *checked)
{
    const struct order *order = &checked->order;
    bool opens = order->flags & ORDER_OPENS;

    (void)parts;
    if (opens != (context->channel != NULL) || (opens && order->verb == VERB_OPEN))
        return PROBLEM_MALFORMED;
    if (!opens)
        return PROBLEM_NONE;
    if (order_may_wait(order))
        return PROBLEM_OTHER_EPOCH;
    return secret_equal(order->channel.bytes, context->channel, EXPORTER_SIZE) ? PROBLEM_NONE
                                                                               : PROBLEM_SIGNATURE;
}

static enum problem_code check_rights(const struct check_context *context, struct slice parts,
                                      struct checked *checked)
{
    const struct verb_info *verb = verb_info(checked->order.verb);

    (void)context;
    (void)parts;
    if (!verb)
        return PROBLEM_UNSUPPORTED;
    return checked->who->rights & verb->right ? PROBLEM_NONE : PROBLEM_RIGHT_MISSING;
}

/* An agent that is not root runs everything as itself; root's operators need an as= that says whom.
 */
static enum problem_code check_run_as(const struct check_context *context, struct slice parts,
                                      struct checked *checked)
{
    const struct operator_entry *who = checked->who;
    const struct verb_info *verb = verb_info(checked->order.verb);
    const char *user = checked->order.user;
    size_t first = strcspn(who->as, ",");

    (void)parts;
    if (!verb->becomes_job)
        return PROBLEM_NONE;
    if (*user)
        text_copy(checked->user, sizeof(checked->user), user);
    else if (!context->privileged)
        text_copy(checked->user, sizeof(checked->user), context->self);
    else if (first > 0 && who->as[0] != '*' && first < sizeof(checked->user))
        snprintf(checked->user, sizeof(checked->user), "%.*s", (int)first, who->as);
    else
        return PROBLEM_RUN_AS;
    if (!context->privileged)
        return text_equal(checked->user, context->self) ? PROBLEM_NONE : PROBLEM_RUN_AS;
    return operator_may_run_as(who, checked->user) ? PROBLEM_NONE : PROBLEM_RUN_AS;
}

typedef enum problem_code (*check_question)(const struct check_context *context, struct slice parts,
                                            struct checked *checked);

static enum problem_code check_all(const check_question *questions, size_t count,
                                   const struct check_context *context, struct slice parts,
                                   struct checked *checked)
{
    for (size_t i = 0; i < count; i++) {
        enum problem_code problem = questions[i](context, parts, checked);

        if (problem)
            return problem;
    }
    return PROBLEM_NONE;
}

enum problem_code check_order(const struct check_context *context, struct slice parts,
                              struct checked *checked_out)
{
    static const check_question before[] = {check_length,    check_magic,  check_key,
                                            check_signature, check_layout, check_machine,
                                            check_epoch,     check_window, check_channel};
    static const check_question after[] = {check_rights, check_run_as};
    enum problem_code problem;

    *checked_out = (struct checked){0};
    problem = check_all(before, ELEMENTS_OF(before), context, parts, checked_out);
    if (problem)
        return problem;
    checked_out->is_genuine = true;
    checked_out->seen = replay_find(context->replay, checked_out->order.id);
    if (checked_out->seen)
        return PROBLEM_NONE;
    return check_all(after, ELEMENTS_OF(after), context, parts, checked_out);
}
