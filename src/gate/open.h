/* How a console gets in: opening its connection, and proving an invitation. */
#pragma once

#include "door/message.h"

struct request;

void open_opened(struct request *request, const struct door_opened *opened);
void pair_paired(struct request *request, const struct door_opened *paired);
