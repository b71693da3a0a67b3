/* What the warden says through the door, a function for each kind of message, and to which request
 * or job it belongs. */
#pragma once

#include "door/door.h"
#include "gate/gate.h"

/* Returns 0, or -EPROTO for what the warden may not say (now). Closes the message's descriptors but
 * for those that were kept. */
int gate_told(struct gate *gate, struct door_message *message);
