/* How a console gets in: opening its connection, and proving an invitation. */
#pragma once

#include <stdbool.h>
#include <jansson.h>

#include "door/message.h"

struct request;

/* The console's connection is being opened by this request: it alone decides what becomes of it. */
bool open_try(struct request *request);
/* ... and has decided that it stays shut. */
void open_give_up(struct request *request);
/* What a console is told that may come in. NULL without memory. */
json_t *open_to_json(const struct request *request, const struct door_opened *opened);
void open_opened(struct request *request, const struct door_opened *opened);
void pair_paired(struct request *request, const struct door_opened *paired);
