/* What each route of gate/route.h does: one const entry per route, in the file of its subject. */
#pragma once

#include "gate/request.h"
#include "gate/route.h"

#define X(name, method, pattern, need, query) extern const struct request_handler handler_##name;
GATE_ROUTES(X)
#undef X
