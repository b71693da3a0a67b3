/* GET /v1/audit: the record of orders, from two files that the warden lent open for reading. */
#pragma once

#include <stdint.h>

#include "door/message.h"

struct request;

/* The warden's answer; takes both descriptors over, -1 where there is no such file. `request` may
 * be NULL. */
void audit_file(struct request *request, const struct door_audit *audit, int newer, int older);
