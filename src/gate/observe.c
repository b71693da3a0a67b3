/* What may be looked at: hello, health, facts, the list of jobs. Every answer is made on the spot;
 * nothing here changes anything. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "proto/sshkey.h"
#include "sense/facts.h"

enum { PROTOCOL_VERSION = 1 };

static void hello_begin(struct request *request)
{
    const struct gate *gate = request->session->gate;
    char machine[FINGERPRINT_TEXT_SIZE];
    char epoch[2 * EPOCH_SIZE + 1];

    fingerprint_format(gate->machine, machine);
    hex_encode(gate->epoch, sizeof(gate->epoch), epoch);
    reply_json(request, 200,
               json_pack("{s:i, s:s, s:s, s:s, s:I}", "protocol", PROTOCOL_VERSION, "agent",
                         "hune/" HUNE_VERSION, "machine", machine, "epoch", epoch, "boot_ms",
                         (json_int_t)clock_boot_ms()));
}

static void health_begin(struct request *request)
{
    static const char ok[] = "{\"status\":\"ok\"}";

    reply_bytes(request, 200, ok, sizeof(ok) - 1);
}

static void reply_facts(struct request *request, int r, const struct buffer *json)
{
    if (r)
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        reply_bytes(request, 200, buffer_bytes(json), buffer_length(json));
}

static void facts_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer json = BUFFER_INIT;

    reply_facts(request, facts_append_json_all(&json), &json);
}

static void fact_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer json = BUFFER_INIT;

    reply_facts(request, facts_append_json(request->match.fact, &json), &json);
}

static void job_begin(struct request *request)
{
    const struct job *job = jobs_find(&request->session->gate->jobs, request->match.id);

    if (job)
        reply_json(request, 200, job_to_json(job));
    else
        reply_problem(request, PROBLEM_NO_SUCH_JOB, NULL);
}

/* One object at a time: thousands of jobs as one JSON tree would be many times their text. */
static int jobs_append(const struct jobs *jobs, struct buffer *out)
{
    const struct job *job;
    int r = buffer_append_text(out, "{\"jobs\":[");

    list_for_each (&jobs->all, const struct job, link, job) {
        json_t *json = job_to_json(job);
        _cleanup_free_ char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

        json_decref(json);
        if (!text || r || (job->link.previous != &jobs->all && buffer_append_text(out, ",")))
            return -ENOMEM;
        r = buffer_append_text(out, text);
    }
    return r ? r : buffer_append_text(out, "]}");
}

static void jobs_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer json = BUFFER_INIT;

    if (jobs_append(&request->session->gate->jobs, &json))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        reply_bytes(request, 200, buffer_bytes(&json), buffer_length(&json));
}

const struct request_handler handler_HELLO = {.begin = hello_begin};
const struct request_handler handler_HEALTH = {.begin = health_begin};
const struct request_handler handler_FACTS = {.begin = facts_begin};
const struct request_handler handler_FACT = {.begin = fact_begin};
const struct request_handler handler_JOBS = {.begin = jobs_begin};
const struct request_handler handler_JOB = {.begin = job_begin};
