/* History for a request for vitals. */
#pragma once

#include "gate/request.h"
#include "gate/vitals-ask.h"

struct past;

/* Answers the request, with rows or with a problem. The result is the request's until its stream is
 * gone; NULL after a problem. */
struct past *past_begin(struct request *request, const struct vitals_asked *asked);
struct past *past_free(struct past *past);
