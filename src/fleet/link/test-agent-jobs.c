/* The jobs of the tests' agent: orders, output, input. See test-agent.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-agent-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/state.h"

static struct test_job *find_job(struct test_agent *agent, const uint8_t id[UUID_SIZE])
{
    for (unsigned i = 0; i < agent->job_count; i++)
        if (memcmp(agent->jobs[i].id, id, UUID_SIZE) == 0)
            return &agent->jobs[i];
    return NULL;
}

static struct test_job *path_job(struct test_agent *agent, const char *path)
{
    char text[UUID_TEXT_SIZE] = "";
    uint8_t id[UUID_SIZE];

    memcpy(text, path + strlen("/v1/jobs/"), UUID_TEXT_SIZE - 1);
    return uuid_parse(text, id) ? find_job(agent, id) : NULL;
}

static uint64_t query_from(const char *path)
{
    const char *from = strstr(path, "?from=");

    return from ? strtoull(from + strlen("?from="), NULL, 10) : 0;
}

struct test_job *test_agent_job(struct test_agent *agent)
{
    return agent->job_count ? &agent->jobs[agent->job_count - 1] : NULL;
}

static void wake_readers(struct test_job *job)
{
    struct call *call;

    list_for_each (&job->readers, struct call, at, call) {
        list_remove(&call->at);
        wire_stream_resume(call->stream);
        conn_flush(call->session->conn);
    }
}

void test_job_frame(struct test_job *job, unsigned kind, const void *bytes, size_t size)
{
    struct frame_header header = {.kind = kind, .length = (uint32_t)size, .ms = 7};
    uint8_t head[FRAME_HEADER_SIZE];

    frame_header_encode(&header, head);
    buffer_append(&job->output, head, sizeof(head));
    buffer_append(&job->output, bytes, size);
    wake_readers(job);
}

void test_job_exit(struct test_job *job, uint32_t state, uint32_t detail)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    struct writer writer = writer_init(&payload);

    writer_u32(&writer, state);
    writer_u32(&writer, detail);
    test_job_frame(job, FRAME_EXIT, buffer_bytes(&payload), buffer_length(&payload));
    job->output_ended = true;
    wake_readers(job);
}

/* ---- orders ---- */

static struct test_job *new_job(struct test_agent *agent, const struct order *order)
{
    struct test_job *job = &agent->jobs[agent->job_count++];

    buffer_clear(&job->payload);
    buffer_clear(&job->output);
    buffer_clear(&job->input);
    job->output_ended = job->input_ended = false;
    list_init(&job->readers);
    memcpy(job->id, order->id, UUID_SIZE);
    memcpy(job->user, order->user, sizeof(job->user));
    job->verb = order->verb;
    buffer_append(&job->payload, order->payload.bytes, order->payload.size);
    return job;
}

static void answer_job(struct call *call, struct test_job *job, unsigned status)
{
    char object[256], open[512], text[1024], id[UUID_TEXT_SIZE];
    bool is_job = verb_info(job->verb) && verb_info(job->verb)->becomes_job;

    uuid_format(job->id, id);
    snprintf(object, sizeof(object),
             "{\"id\":\"%s\",\"verb\":\"run\",\"state\":\"%s\",\"detail\":0}", id,
             is_job ? "running" : "exited");
    describe_open(call, open, sizeof(open));
    if (call->enters)
        snprintf(text, sizeof(text), "{\"open\":%s,\"job\":%s}", open, object);
    else
        snprintf(text, sizeof(text), "%s", object);
    call_respond(call, status, "application/json", text);
}

void answer_put(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    struct test_job *job;
    struct order order;
    enum problem_code code;

    agent->puts++;
    if (agent->drop_put) {
        agent->drop_put = false;
        session_cut(call->session);
        return;
    }
    code = call_check_order(call, &order);
    if (code == PROBLEM_NONE && agent->refuse_put != PROBLEM_NONE) {
        code = agent->refuse_put;
        if (agent->refuse_put_times > 0 && --agent->refuse_put_times == 0)
            agent->refuse_put = PROBLEM_NONE;
        if (code == PROBLEM_OTHER_EPOCH)
            agent->epoch[0]++;
    }
    if (code != PROBLEM_NONE) {
        agent->bad_orders++;
        call_refuse(call, code);
        return;
    }
    agent->last_order = order;
    job = find_job(agent, order.id);
    if (job) {
        if (!agent->hush_known)
            answer_job(call, job, 200);
        return;
    }
    agent->accepted++;
    job = new_job(agent, &order);
    if (agent->lose_put) {
        agent->lose_put = false;
        session_cut(call->session);
        return;
    }
    answer_job(call, job, 201);
}

/* ---- output ---- */

void answer_enter(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    uint8_t exporter[EXPORTER_SIZE];
    struct order order;

    agent->enters++;
    if (agent->silent_open)
        return;
    tls_exporter(wire_tls(conn_wire(call->session->conn)), exporter);
    if (agent->refuse_open != PROBLEM_NONE) {
        call_refuse(call, agent->refuse_open);
    } else if (call_check_order(call, &order) != PROBLEM_NONE ||
               order.channel.size != EXPORTER_SIZE ||
               memcmp(order.channel.bytes, exporter, EXPORTER_SIZE) != 0) {
        agent->bad_orders++;
        call_refuse(call, PROBLEM_SIGNATURE);
    } else if (agent->refuse_put == PROBLEM_OTHER_EPOCH) {
        answer_put(call); /* nobody is let in with that */
    } else {
        call->session->is_open = true;
        call->enters = true;
        answer_put(call);
    }
}

static enum body_state output_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct call *call = user;
    struct test_agent *agent = call->session->agent;
    uint64_t size = buffer_length(&call->job->output);
    uint64_t end = size;

    /* Closing takes until the next turn of the loop. */
    if (conn_is_closing(call->session->conn))
        return BODY_WAIT;
    if (agent->cuts_left > 0 && agent->cut_output_at > call->from && agent->cut_output_at < end)
        end = agent->cut_output_at;
    if (end - call->from > max)
        end = call->from + max;
    bytes_out->bytes = buffer_bytes(&call->job->output) + call->from;
    bytes_out->size = (size_t)(end - call->from);
    if (end == size && call->job->output_ended)
        return BODY_END;
    if (bytes_out->size > 0)
        return BODY_MORE;
    list_remove(&call->at);
    list_append(&call->job->readers, &call->at);
    return BODY_WAIT;
}

static void output_took(void *user, size_t size)
{
    struct call *call = user;
    struct test_agent *agent = call->session->agent;

    call->from += size;
    if (agent->cuts_left > 0 && call->from == agent->cut_output_at) {
        agent->cuts_left--;
        session_cut(call->session);
    }
}

void answer_output(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    const char *path = wire_stream_path(call->stream);
    struct wire_body body = {.peek = output_peek, .took = output_took, .user = call};

    agent->outputs++;
    call->job = path_job(agent, path);
    call->from = agent->output_from = query_from(path);
    if (!call->job || agent->refuse_output || call->from > buffer_length(&call->job->output)) {
        call_refuse(call, agent->refuse_output || !call->job ? PROBLEM_NO_SUCH_JOB : PROBLEM_GONE);
        return;
    }
    wire_respond(call->stream, 200, "application/vnd.hune.frames", &body);
}

/* ---- input ---- */

void input_begin(struct call *call)
{
    const char *path = wire_stream_path(call->stream);

    call->job = path_job(call->session->agent, path);
    call->base = query_from(path);
    call->is_input = true;
}

void input_take(struct call *call, const uint8_t *bytes, size_t size)
{
    struct test_agent *agent = call->session->agent;
    struct test_job *job = call->job;
    uint64_t have = buffer_length(&job->input), skip = have > call->base ? have - call->base : 0;

    assert_true(call->base <= have);
    call->base += size;
    if (skip >= size)
        return;
    buffer_append(&job->input, bytes + skip, size - skip);
    if (agent->echo)
        test_job_frame(job, FRAME_OUT, bytes + skip, size - skip);
    if (agent->cut_input_at && buffer_length(&job->input) >= agent->cut_input_at) {
        agent->cut_input_at = 0;
        session_cut(call->session);
    }
}

void input_end(struct call *call)
{
    struct test_job *job = call->job;
    char text[64];

    job->input_ended = true;
    if (call->session->agent->echo)
        test_job_exit(job, STATE_EXITED, call->session->agent->exit_code);
    snprintf(text, sizeof(text), "{\"taken\":%zu}", buffer_length(&job->input));
    call_respond(call, 200, "application/json", text);
}
