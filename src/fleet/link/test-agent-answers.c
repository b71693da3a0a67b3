/* What the tests' agent says of itself: who comes in, and the vital signs. See test-agent.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-agent-private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "proto/invite.h"
#include "proto/right.h"
#include "proto/sshsig.h"

void call_respond(struct call *call, unsigned status, const char *type, const char *text)
{
    assert_int_equal(wire_respond_bytes(call->stream, status, type, text, strlen(text)), 0);
}

void describe_open(const struct call *call, char *text_out, size_t size)
{
    const struct test_agent *agent = call->session->agent;

    snprintf(
        text_out, size,
        "{\"rights\":[%s],\"as\":[\"root\",\"www-data\"],\"operator\":\"alice@laptop\","
        "\"fingerprint\":\"SHA256:x\",\"name\":\"web1\",\"version\":\"0.1.0\",\"wall_ms\":%" PRId64
        "}",
        agent->rights == RIGHTS_ALL ? "\"observe\",\"run\",\"control\"" : "\"observe\"",
        (int64_t)clock_wall_ms() + agent->wall_ahead_ms);
}

void call_refuse(struct call *call, enum problem_code code)
{
    const struct problem_info *info = problem_info(code);
    char text[1024], open[512] = "";

    if (call->enters)
        describe_open(call, open, sizeof(open));
    snprintf(text, sizeof(text),
             "{\"type\":\"urn:hune:problem:%s\",\"title\":\"%s\",\"status\":%u,"
             "\"detail\":\"said so\"%s%s}",
             info->name, info->text, info->status, call->enters ? ",\"open\":" : "", open);
    call_respond(call, info->status, "application/problem+json", text);
}

enum problem_code call_check_order(struct call *call, struct order *order_out)
{
    struct test_agent *agent = call->session->agent;
    struct order_parts parts;
    uint64_t now = (uint64_t)((int64_t)clock_boot_ms() + agent->boot_ahead_ms);

    if (order_parts_decode(&parts, buffer_bytes(&call->body), buffer_length(&call->body)) ||
        order_decode(order_out, parts.order.bytes, parts.order.size))
        return PROBLEM_MALFORMED;
    if (sshsig_verify(parts.signature, &agent->operator_key, parts.order.bytes, parts.order.size))
        return PROBLEM_SIGNATURE;
    if (memcmp(order_out->machine, agent->id, MACHINE_ID_SIZE) != 0)
        return PROBLEM_OTHER_MACHINE;
    if (memcmp(order_out->epoch, agent->epoch, EPOCH_SIZE) != 0)
        return PROBLEM_OTHER_EPOCH;
    if (order_out->issued > now + LIMIT_CLOCK_AHEAD_MS)
        return PROBLEM_NOT_YET;
    if (order_out->expires < now || order_out->expires - order_out->issued > LIMIT_ORDER_WINDOW_MS)
        return PROBLEM_EXPIRED;
    return PROBLEM_NONE;
}

/* ---- who comes in ---- */

void answer_hello(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    char text[512], id[FINGERPRINT_TEXT_SIZE], epoch[2 * EPOCH_SIZE + 1];

    agent->hellos++;
    if (agent->silent_hello)
        return;
    if (agent->not_hello) {
        call_respond(call, 200, "text/html", "<html>welcome</html>");
        return;
    }
    fingerprint_format(agent->id, id);
    hex_encode(agent->epoch, EPOCH_SIZE, epoch);
    snprintf(text, sizeof(text),
             "{\"protocol\":%" PRIu64
             ",\"agent\":\"hune/0.1.0\",\"machine\":\"%s\",\"epoch\":\"%s\","
             "\"boot_ms\":%" PRId64 "}",
             agent->protocol, id, epoch, (int64_t)clock_boot_ms() + agent->boot_ahead_ms);
    call_respond(call, 200, "application/json", text);
}

void answer_open(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    uint8_t exporter[EXPORTER_SIZE];
    const uint8_t *told;
    struct order order;
    char text[512];

    agent->opens++;
    if (agent->silent_open)
        return;
    if (agent->refuse_open != PROBLEM_NONE) {
        call_refuse(call, agent->refuse_open);
        return;
    }
    tls_exporter(wire_tls(conn_wire(call->session->conn)), exporter);
    if (call_check_order(call, &order) != PROBLEM_NONE || order.verb != VERB_OPEN ||
        order_open_decode(order.payload, &told) || memcmp(told, exporter, EXPORTER_SIZE) != 0) {
        agent->bad_orders++;
        call_refuse(call, PROBLEM_SIGNATURE);
        return;
    }
    call->session->is_open = true;
    describe_open(call, text, sizeof(text));
    call_respond(call, 200, "application/json", text);
}

void answer_pair(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    uint8_t exporter[EXPORTER_SIZE], code[INVITE_CODE_SIZE] = {1, 2, 3};
    struct pair_request request;
    bool is_right = false;

    agent->pairs++;
    tls_exporter(wire_tls(conn_wire(call->session->conn)), exporter);
    if (pair_request_decode(&request, buffer_bytes(&call->body), buffer_length(&call->body)) != 0 ||
        pair_check(&request, code, exporter, agent->id, &is_right) != 0 || !is_right ||
        !sshkey_equal(&request.key, &agent->operator_key)) {
        call_refuse(call, PROBLEM_INVITE_WRONG);
        return;
    }
    call_respond(call, 200, "application/json",
                 "{\"rights\":[\"observe\",\"run\"],\"as\":[\"root\"],\"name\":\"web1\"}");
}

/* ---- vital signs ---- */

static enum body_state vitals_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct call *call = user;
    size_t length = buffer_length(&call->answer);

    *bytes_out = (struct slice){buffer_bytes(&call->answer), length < max ? length : max};
    if (bytes_out->size < length)
        return BODY_MORE;
    if (call->session->agent->vitals_end)
        return BODY_END;
    return length > 0 ? BODY_MORE : BODY_WAIT;
}

static void vitals_took(void *user, size_t size)
{
    struct call *call = user;

    buffer_consume(&call->answer, size);
}

void answer_vitals(struct call *call)
{
    struct test_agent *agent = call->session->agent;
    struct wire_body body = {.peek = vitals_peek, .took = vitals_took, .user = call};

    agent->vitals_asked++;
    text_copy(agent->vitals_path, sizeof(agent->vitals_path), wire_stream_path(call->stream));
    if (agent->refuse_vitals) {
        call_refuse(call, agent->refuse_vitals);
        if (agent->refuse_vitals_times > 0 && --agent->refuse_vitals_times == 0)
            agent->refuse_vitals = PROBLEM_NONE;
        return;
    }
    buffer_append_text(&call->answer, agent->vitals);
    wire_respond(call->stream, 200, "application/x-ndjson", &body);
}
