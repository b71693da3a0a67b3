/* An order that opens the connection which brings it: PUT /v1/enter/ID. */
#pragma once

#include "door/message.h"

struct request;

/* The warden's answer; `request` is the one that brought the order. */
void enter_entered(struct request *request, const struct door_entered *entered);
