/* An order enters: its bytes from the console go to the warden as they are. The gate looks into an
 * order only to refuse what is no order at all and to name it for lists; what it finds decides
 * nothing. */
#pragma once

#include "base/buffer.h"
#include "base/cursor.h"
#include "door/message.h"

struct request;

/* Collects a request's body of at most `max` bytes. False once the request was answered instead. */
bool intake_collect(struct request *request, const uint8_t *bytes, size_t size, size_t max);
/* Puts bytes into a new sealed memfd. Returns its descriptor, the caller's, or -errno. */
int intake_seal(struct slice bytes);
/* The warden's answer to an order; `request` is the one that brought it. */
void intake_ordered(struct request *request, const struct door_ordered *ordered);
