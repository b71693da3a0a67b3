/* One HTTP exchange on one wire. After any of the owner's callbacks the exchange may be gone:
 * nothing here touches it then. */
#include "fleet/link/exchange.h"

#include "fleet/home/i18n.h"
#include "fleet/link/document.h"
#include "proto/limits.h"

static enum body_state flow_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct exchange *exchange = user;
    enum body_state state = exchange->flow.peek(exchange->flow.user, max, bytes_out);

    if (state == BODY_END)
        exchange->flows = false;
    return state;
}

static void flow_took(void *user, size_t size)
{
    struct exchange *exchange = user;

    exchange->flow.took(exchange->flow.user, size);
}

int exchange_start(struct exchange *exchange, struct wire *wire, const char *method,
                   const char *path, const struct exchange_body *body,
                   const struct exchange_events *events, const char *where)
{
    int error;

    exchange_drop(exchange);
    *exchange = (struct exchange){.events = events, .where = where};
    if (body && body->flow) {
        struct wire_body flow = {.peek = flow_peek, .took = flow_took, .user = exchange};

        exchange->flow = *body->flow;
        exchange->flows = true;
        error = wire_request(wire, method, path, NULL, 0, &flow, exchange, &exchange->stream);
    } else if (body && body->bytes.bytes) {
        error = wire_request_bytes(wire, method, path, body->bytes.bytes, body->bytes.size,
                                   exchange, &exchange->stream);
    } else {
        error = wire_request(wire, method, path, NULL, 0, NULL, exchange, &exchange->stream);
    }
    if (error)
        exchange->stream = NULL;
    return error;
}

/* Lets go of the stream; it is cancelled unless both sides said everything. */
static void exchange_detach(struct exchange *exchange, bool cancel)
{
    struct wire_stream *stream = exchange->stream;

    if (!stream)
        return;
    exchange->stream = NULL;
    wire_stream_set_user(stream, NULL);
    wire_stream_set_place(stream, NULL);
    if (cancel)
        wire_stream_cancel(stream);
}

void exchange_drop(struct exchange *exchange)
{
    exchange_detach(exchange, true);
    buffer_deinit(&exchange->body);
}

void exchange_consume(struct exchange *exchange, size_t size)
{
    if (exchange->stream && size > 0)
        wire_stream_consume(exchange->stream, size);
}

void exchange_wire_response(struct wire_stream *stream, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    if (!exchange)
        return;
    exchange->status = wire_stream_status(stream);
    exchange->is_refusal = exchange->status / 100 != 2;
    if (!exchange->is_refusal && exchange->events->on_response)
        exchange->events->on_response(exchange);
}

void exchange_wire_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    if (!exchange) {
        wire_stream_consume(stream, size);
        return;
    }
    if (!exchange->is_refusal && exchange->events->on_data) {
        exchange->events->on_data(exchange, bytes, size);
        return;
    }

    size_t most = exchange->is_refusal ? LIMIT_PROBLEM : LIMIT_DOCUMENT;

    if (buffer_length(&exchange->body) + size > most ||
        buffer_append(&exchange->body, bytes, size) < 0) {
        exchange->overflows = true;
        wire_stream_cancel(stream);
        return;
    }
    wire_stream_consume(stream, size);
}

static void exchange_end(struct exchange *exchange, const struct trouble *trouble)
{
    exchange->events->on_done(exchange, trouble);
}

void exchange_wire_end(struct wire_stream *stream, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    if (!exchange || exchange->overflows)
        return;

    struct trouble trouble;

    /* An answer that came before our body was all sent: the rest is not wanted. */
    exchange_detach(exchange, exchange->flows);
    if (!exchange->is_refusal) {
        exchange_end(exchange, NULL);
        return;
    }
    document_problem(buffer_bytes(&exchange->body), buffer_length(&exchange->body),
                     exchange->status, exchange->where, &trouble);
    exchange_end(exchange, &trouble);
}

void exchange_wire_acknowledged(struct wire_stream *stream, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    if (exchange && exchange->events->on_acknowledged)
        exchange->events->on_acknowledged(exchange);
}

void exchange_wire_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);
    struct trouble trouble;

    (void)user;
    if (!exchange)
        return;
    if (exchange->overflows)
        trouble_set(&trouble, PROBLEM_TOO_LARGE, exchange->where,
                    _("the answer is larger than this console takes"));
    else
        trouble_set(&trouble, PROBLEM_LOST, exchange->where, h2_error ? _("HTTP/2 error %u") : NULL,
                    h2_error);
    exchange->stream = NULL;
    exchange_end(exchange, &trouble);
}
