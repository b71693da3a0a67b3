/* GET /metrics: for Prometheus and what reads its format. */
#include "base/buffer.h"
#include "config.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "sense/metrics.h"

static void metrics_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer page = BUFFER_INIT;

    if (metrics_append("", request->session->gate->name, HUNE_VERSION, &page))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        reply_typed(request, "application/openmetrics-text; version=1.0.0; charset=utf-8",
                    buffer_bytes(&page), buffer_length(&page));
}

const struct request_handler handler_METRICS = {.begin = metrics_begin};
