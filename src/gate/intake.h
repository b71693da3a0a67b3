/* An order enters: its bytes from the console go to the warden as they are. The gate looks into an
 * order only to refuse what is no order at all and to name it for lists; what it finds decides
 * nothing. */
#pragma once

#include <jansson.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "door/door.h"
#include "door/message.h"

struct request;

/* Collects a request's body of at most `max` bytes. False once the request was answered instead. */
bool intake_collect(struct request *request, const uint8_t *bytes, size_t size, size_t max);
/* Looks at the order in a complete body and asks the warden about it, by a message of this type
 * with an answer of that type. On failure the request is answered. */
void intake_forward(struct request *request, enum door_type question, enum door_type answer);
/* What became of an order, as a console is told it. NULL without memory. */
json_t *intake_to_json(const struct request *request, const struct door_ordered *ordered);
/* Puts bytes into a new sealed memfd. Returns its descriptor, the caller's, or -errno. */
int intake_seal(struct slice bytes);
/* The warden's answer to an order; `request` is the one that brought it. */
void intake_ordered(struct request *request, const struct door_ordered *ordered);
