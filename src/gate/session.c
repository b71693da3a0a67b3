/* See session.h. */
#define LOG_TAG "session"
#include "gate/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "gate/burst.h"
#include "gate/gate.h"
#include "gate/receipt.h"
#include "gate/request.h"
#include "proto/right.h"
#include "wire/tls.h"

enum { LINGER_MS = 1000 }; /* for the last answers of a connection that is ended */

static enum problem_code session_on_established(struct wire *wire, void *user)
{
    (void)wire;
    (void)user;
    return PROBLEM_NONE;
}

static void session_on_request(struct wire_stream *stream, void *user)
{
    struct request *request;

    if (request_new(&request, user, stream))
        wire_stream_cancel(stream);
    else
        request_admit(request);
}

static void session_on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size,
                            void *user)
{
    struct request *request = wire_stream_user(stream);

    (void)user;
    if (request)
        request_data(request, bytes, size);
    else
        wire_stream_consume(stream, size);
}

static void session_on_end(struct wire_stream *stream, void *user)
{
    struct request *request = wire_stream_user(stream);

    (void)user;
    if (request)
        request_end(request);
}

static void session_on_acknowledged(struct wire_stream *stream, void *user)
{
    struct request *request = wire_stream_user(stream);

    (void)user;
    if (request)
        request_acknowledged(request);
}

static void session_on_receipt(struct wire *wire, uint64_t number, void *user)
{
    (void)wire;
    receipt_take(user, number);
}

static void session_on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct request *request = wire_stream_user(stream);

    (void)user;
    if (request)
        request->sent_whole = h2_error == WIRE_H2_NONE;
    request_free(request);
}

const struct wire_events session_events = {
    .on_established = session_on_established,
    .on_request = session_on_request,
    .on_data = session_on_data,
    .on_end = session_on_end,
    .on_acknowledged = session_on_acknowledged,
    .on_receipt = session_on_receipt,
    .on_close = session_on_close,
};

static void on_unopened_timer(uv_timer_t *timer)
{
    session_expire(timer->data);
}

/* The table is in order of age and everybody has the same time, so one timer is enough for all, and
 * none runs while everybody is open. */
static void session_set_timer(struct gate *gate)
{
    const struct unopened_entry *oldest = unopened_oldest(&gate->unopened);
    uint64_t now = clock_monotonic_ms();
    uint64_t until;

    burst_look(gate);
    if (!oldest) {
        uv_timer_stop(&gate->unopened_timer);
        return;
    }
    if (uv_is_active((uv_handle_t *)&gate->unopened_timer))
        return;
    until = oldest->since_ms + LIMIT_HANDSHAKE_MS;
    uv_update_time(&gate->loop);
    uv_timer_start(&gate->unopened_timer, on_unopened_timer, until > now ? until - now : 0, 0);
}

void session_expire(struct gate *gate)
{
    uint64_t now = clock_monotonic_ms();
    struct unopened_entry *oldest;

    while ((oldest = unopened_oldest(&gate->unopened)) &&
           oldest->since_ms + LIMIT_HANDSHAKE_MS <= now) {
        struct session *session = container_of(oldest, struct session, unopened);

        unopened_remove(&gate->unopened, oldest);
        log_debug("%s: not opened in time", conn_peer(session->conn));
        session_drop(session);
    }
    session_set_timer(gate);
}

static int session_count_in(struct session *session, const struct sockaddr_storage *address)
{
    struct gate *gate = session->gate;
    struct unopened_entry *victim;
    int r = unopened_add(&gate->unopened, &session->unopened, address, clock_monotonic_ms(),
                         &victim);

    if (r)
        return r;
    if (victim)
        session_drop(container_of(victim, struct session, unopened));
    session_set_timer(gate);
    return 0;
}

int session_new(struct gate *gate, int socket, const struct sockaddr_storage *address)
{
    struct session *session = calloc(1, sizeof(*session));
    int r = session ? conn_new(&session->conn, &gate->factory, session) : -ENOMEM;

    if (r) {
        free(session);
        close(socket);
        return r;
    }
    session->gate = gate;
    session->number = ++gate->last_connection;
    if (session->number == UINT32_MAX) /* means "every connection" to the warden */
        session->number = gate->last_connection = 1;
    list_init(&session->requests);
    list_init(&session->receipts);
    list_append(&gate->sessions, &session->link);
    /* From here on_closed ends the session, whatever happens. */
    r = conn_accept(session->conn, socket);
    if (!r)
        r = session_count_in(session, address);
    if (r)
        session_drop(session);
    return r;
}

void session_on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct session *session = user;
    struct gate *gate = session->gate;
    const char *reason = problem ? problem_info(problem)->name : "ended";

    if (session->state == SESSION_OPEN)
        log_info("connection %u from %s closed: %s%s%s", session->number, conn_peer(conn), reason,
                 system_error ? ", " : "", system_error ? strerror(-system_error) : "");
    else
        log_debug("%s closed: %s %s", conn_peer(conn), reason, wire_reason(conn_wire(conn)));
    unopened_remove(&gate->unopened, &session->unopened);
    list_remove(&session->link);
    receipts_drop(session);
    free(session);
    session_set_timer(gate);
    gate_trim_later(gate);
    gate_session_gone(gate);
}

void session_drop(struct session *session)
{
    if (session->closing)
        return;
    session->closing = true;
    session->leaving = true;
    unopened_remove(&session->gate->unopened, &session->unopened);
    conn_close(session->conn);
}

void session_leave(struct session *session)
{
    struct request *request;

    if (session->leaving)
        return;
    session->leaving = true;
    list_for_each (&session->requests, struct request, link, request)
        request_leave(request);
    conn_shut_down(session->conn, LINGER_MS);
}

bool session_is_leaving(const struct session *session)
{
    return session->leaving || session->gate->leaving;
}

static void session_admit_all(struct session *session)
{
    struct request *request;

    if (conn_is_closing(session->conn)) /* this is one stream after the other being closed */
        return;
    list_for_each (&session->requests, struct request, link, request)
        request_admit(request);
}

bool session_opening(struct session *session)
{
    if (session->state != SESSION_UNOPENED)
        return false;
    session->state = SESSION_OPENING;
    return true;
}

bool session_may_ask(struct session *session)
{
    if (session->state == SESSION_OPEN || session->admitted)
        return true;
    if (++session->asked <= LIMIT_ADMISSION_TRIES)
        return true;
    session_leave(session);
    return false;
}

void session_admitted(struct session *session)
{
    session->admitted = true;
    unopened_remove(&session->gate->unopened, &session->unopened);
    session_set_timer(session->gate);
}

void session_opened(struct session *session, const struct door_opened *opened)
{
    session->state = SESSION_OPEN;
    session->rights = opened->rights;
    memcpy(session->fingerprint, opened->fingerprint, sizeof(session->fingerprint));
    session_admitted(session);
    if (wire_set_stream_limit(conn_wire(session->conn), LIMIT_STREAMS))
        log_warning("connection %u: no memory for more streams", session->number);
    log_info("connection %u from %s opened by %s%s", session->number, conn_peer(session->conn),
             opened->operator_name,
             tls_is_resumed(wire_tls(conn_wire(session->conn))) ? ", known" : "");
    session_admit_all(session);
}

void session_not_opened(struct session *session)
{
    if (session->state != SESSION_OPENING)
        return;
    session->state = SESSION_UNOPENED;
    session_admit_all(session);
}

bool session_awaits_order(const struct session *session, const uint8_t id[UUID_SIZE])
{
    const struct request *request;

    list_for_each (&session->requests, const struct request, link, request)
        if ((request->match.route == ROUTE_ORDER || request->match.route == ROUTE_ENTER) &&
            request->stage != REQUEST_ANSWERED && memcmp(request->match.id, id, UUID_SIZE) == 0)
            return true;
    return false;
}

void session_order_settled(struct session *session, const uint8_t id[UUID_SIZE])
{
    struct request *request;

    if (conn_is_closing(session->conn))
        return;
    list_for_each (&session->requests, struct request, link, request)
        if (request->stage == REQUEST_HELD && request->match.has_id &&
            memcmp(request->match.id, id, UUID_SIZE) == 0)
            request_admit(request);
}

void session_said(struct session *session)
{
    if (!session->closing)
        conn_flush(session->conn);
}

bool session_may_touch(const struct session *session, const uint8_t fingerprint[FINGERPRINT_SIZE])
{
    return (session->rights & RIGHT_CONTROL) ||
           secret_equal(session->fingerprint, fingerprint, FINGERPRINT_SIZE);
}
