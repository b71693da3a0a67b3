/* The answers to the gate's messages, one per message of the table in permit.c. Each returns 0, or
 * 1 for a body that is no such message: a breach, for which the gate is ended. */
#pragma once

#include "door/door.h"
#include "warden/check.h"

struct warden;

/* admit.c: who is there, and what may they do */
int answer_open(struct warden *warden, const struct door_message *message);
int answer_pair(struct warden *warden, const struct door_message *message);
int answer_token(struct warden *warden, const struct door_message *message);
/* obey.c: orders */
int answer_order(struct warden *warden, const struct door_message *message);

/* What check_order() says, with the operators file as it is now. */
enum problem_code answer_check(struct warden *warden, struct slice parts,
                               struct checked *checked_out);
/* Whether this operator's orders come faster than LIMIT_ORDERS_PER_SECOND; counts one. Asked once
 * the signature holds: strangers are held back by the gate, which ends a connection after a few
 * failures. */
bool answer_too_fast(struct warden *warden, const struct operator_entry *who);
