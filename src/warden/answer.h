/* The answers to the gate's messages, one per message of the table in permit.c. Each returns 0, or
 * 1 for a body that is no such message: a breach, for which the gate is ended. */
#pragma once

#include "door/door.h"
#include "door/message.h"
#include "warden/check.h"

struct warden;

/* admit.c: who is there, and what may they do */
int answer_open(struct warden *warden, const struct door_message *message);
int answer_pair(struct warden *warden, const struct door_message *message);
int answer_token(struct warden *warden, const struct door_message *message);
/* obey.c: orders */
int answer_order(struct warden *warden, const struct door_message *message);
/* enter.c: orders that open their connection */
int answer_enter(struct warden *warden, const struct door_message *message);

/* What check_order() says, with the operators file as it is now. `channel`: see check.h. */
enum problem_code answer_check(struct warden *warden, struct slice parts, const uint8_t *channel,
                               struct checked *checked_out);
/* What the operator may do, for the gate. */
void answer_admitted(const struct warden *warden, const struct operator_entry *who,
                     struct door_opened *opened_out);
/* Carries a checked order out, or records why not: `problem` is what the check said. */
void answer_obey(struct warden *warden, const struct door_order *request,
                 const struct checked *checked, enum problem_code problem,
                 struct door_ordered *ordered_out);
/* Whether this operator's orders come faster than LIMIT_ORDERS_PER_SECOND; counts one. Asked once
 * the signature holds: strangers are held back by the gate, which ends a connection after a few
 * failures. */
bool answer_too_fast(struct warden *warden, const struct operator_entry *who);
