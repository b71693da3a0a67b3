/* See request.h. */
#include "gate/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "gate/gate.h"
#include "gate/handlers.h"
#include "gate/reply.h"
#include "gate/session.h"
#include "proto/crypto.h"

/* How long a connection remembers what the warden said about its token. */
enum { TOKEN_MEMORY_MS = 10 * 1000 };

static const struct request_handler *const handlers[] = {
#define X(name, method, pattern, need, query) [ROUTE_##name] = &handler_##name,
    GATE_ROUTES(X)
#undef X
};

static const struct request_handler handler_none = {0};

int request_new(struct request **request_out, struct session *session, struct wire_stream *stream)
{
    struct request *request = calloc(1, sizeof(*request));

    if (!request)
        return -ENOMEM;
    request->session = session;
    request->stream = stream;
    request->ticket = TICKET_NONE;
    request->mismatch = route_match(wire_stream_method(stream), wire_stream_path(stream),
                                    &request->match);
    request->handler = request->match.route < ROUTE_COUNT ? handlers[request->match.route]
                                                          : &handler_none;
    list_append(&session->requests, &request->link);
    wire_stream_set_user(stream, request);
    *request_out = request;
    return 0;
}

static void request_release_body(struct request *request)
{
    if (request->stage == REQUEST_HELD)
        request->session->gate->held_bytes -= buffer_length(&request->body);
    buffer_deinit(&request->body);
}

struct request *request_free(struct request *request)
{
    if (!request)
        return NULL;
    list_remove(&request->link);
    tickets_orphan(&request->session->gate->tickets, request->ticket);
    if (request->handler->close)
        request->handler->close(request);
    request_release_body(request);
    free(request);
    return NULL;
}

bool request_ask(struct request *request, enum door_type answer)
{
    struct gate *gate = request->session->gate;
    int r;

    if (!session_may_ask(request->session)) {
        reply_problem(request, PROBLEM_TOO_FAST, NULL);
        return false;
    }
    r = tickets_take(&gate->tickets, answer, request, &request->ticket);

    if (r)
        reply_problem(request, r > 0 ? PROBLEM_TOO_FAST : PROBLEM_INTERNAL, NULL);
    return r == 0;
}

void request_send(struct request *request, enum door_type type, const struct buffer *body, int fd)
{
    if (gate_send(request->session->gate, type, buffer_bytes(body), buffer_length(body), fd))
        reply_problem(request, PROBLEM_SHUTTING_DOWN, NULL);
}

/* "Bearer TOKEN": the token, or NULL for another scheme. */
static const char *bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    return authorization + sizeof(scheme) - 1;
}

static void request_ask_token(struct request *request, const uint8_t hash[SHA256_SIZE])
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_token token;

    if (!request_ask(request, DOOR_TOKENED))
        return;
    token.ticket = request->ticket;
    memcpy(token.hash, hash, sizeof(token.hash));
    if (door_token_encode(&token, &body))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        request_send(request, DOOR_TOKEN, &body, -1);
}

/* True when the token's rights are known; else the request was answered or waits. */
static bool request_check_token(struct request *request, const char *authorization)
{
    struct session *session = request->session;
    const char *token = bearer_token(authorization);
    uint8_t hash[SHA256_SIZE];

    request->by_token = true;
    if (request->token_known)
        return true;
    if (request->ticket != TICKET_NONE)
        return false;
    if (!token || crypto_sha256(token, strlen(token), hash)) {
        reply_problem(request, PROBLEM_NOT_OPEN, NULL);
        return false;
    }
    if (clock_monotonic_ms() < session->token_until_ms &&
        secret_equal(hash, session->token_hash, sizeof(hash))) {
        request->rights = session->token_rights;
        request->token_known = true;
        return true;
    }
    memcpy(session->token_hash, hash, sizeof(hash));
    session->token_until_ms = 0;
    request_ask_token(request, hash);
    return false;
}

void request_tokened(struct request *request, uint16_t rights)
{
    struct session *session = request->session;

    request->ticket = TICKET_NONE;
    request->token_known = true;
    /* Whatever the warden's file says: a token observes. */
    request->rights = rights & RIGHT_OBSERVE;
    session->token_rights = request->rights;
    session->token_until_ms = clock_monotonic_ms() + TOKEN_MEMORY_MS;
    if (request->rights)
        session_admitted(session);
    if (request->stage == REQUEST_HELD)
        request_admit(request);
}

/* PROBLEM_NONE with *wait_out telling whether the request must be held on. */
static enum problem_code request_judge(struct request *request, bool *wait_out)
{
    struct session *session = request->session;
    const char *authorization = wire_stream_authorization(request->stream);

    *wait_out = false;
    if (session_is_leaving(session))
        return PROBLEM_SHUTTING_DOWN;
    if (request->match.need == NEED_NOTHING)
        return PROBLEM_NONE;
    if (*authorization) {
        *wait_out = !request_check_token(request, authorization);
        if (*wait_out)
            return PROBLEM_NONE;
    } else if (session->state == SESSION_OPENING) {
        *wait_out = true;
        return PROBLEM_NONE;
    } else {
        request->rights = session->rights;
    }
    if (request->by_token ? !request->rights : session->state != SESSION_OPEN)
        return PROBLEM_NOT_OPEN;
    if (request->mismatch)
        return request->mismatch;
    if (request->match.need == NEED_KEY ? request->by_token : !(request->rights & RIGHT_OBSERVE))
        return PROBLEM_RIGHT_MISSING;
    *wait_out = request->match.has_id && request->match.route != ROUTE_ORDER &&
                session_awaits_order(session, request->match.id);
    return PROBLEM_NONE;
}

/* The handler takes over, and first gets what came while the request was held. */
static void request_begin(struct request *request)
{
    _cleanup_buffer_ struct buffer held = request->body;

    request->session->gate->held_bytes -= buffer_length(&held);
    request->body = BUFFER_INIT;
    request->stage = REQUEST_WORKING;
    if (request->handler->begin)
        request->handler->begin(request);
    if (buffer_length(&held) > 0)
        request_data(request, buffer_bytes(&held), buffer_length(&held));
    if (request->ended)
        request_end(request);
}

void request_admit(struct request *request)
{
    enum problem_code problem;
    bool wait;

    if (request->stage != REQUEST_HELD)
        return;
    problem = request_judge(request, &wait);
    if (problem)
        reply_problem(request, problem, NULL);
    else if (!wait)
        request_begin(request);
}

static void request_hold(struct request *request, const uint8_t *bytes, size_t size)
{
    struct gate *gate = request->session->gate;

    /* Not consumed: the stream's window bounds what one request can hold. */
    if (size > LIMIT_HELD_BYTES - gate->held_bytes) {
        reply_problem(request, PROBLEM_TOO_FAST, NULL);
        wire_stream_consume(request->stream, size);
    } else if (buffer_append(&request->body, bytes, size)) {
        reply_problem(request, PROBLEM_INTERNAL, NULL);
        wire_stream_consume(request->stream, size);
    } else {
        gate->held_bytes += size;
    }
}

void request_data(struct request *request, const uint8_t *bytes, size_t size)
{
    if (request->stage == REQUEST_HELD)
        request_hold(request, bytes, size);
    else if (request->stage == REQUEST_WORKING && request->handler->data)
        request->handler->data(request, bytes, size);
    else
        wire_stream_consume(request->stream, size);
}

void request_end(struct request *request)
{
    request->ended = true;
    if (request->stage == REQUEST_WORKING && request->handler->end)
        request->handler->end(request);
}

void request_acknowledged(struct request *request)
{
    if (request->handler->acknowledged)
        request->handler->acknowledged(request);
}

void request_leave(struct request *request)
{
    if (request->stage == REQUEST_HELD)
        reply_problem(request, PROBLEM_SHUTTING_DOWN, NULL);
    else if (request->handler->leave)
        request->handler->leave(request);
}
