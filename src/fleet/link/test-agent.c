/* The life of the tests' agent, and which request is answered where. See test-agent.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fleet/link/test-agent-private.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "proto/greeting.h"
#include "proto/right.h"
#include "wire/test-certificate.h"

void session_cut(struct session *session)
{
    struct test_agent *agent = session->agent;

    if (conn_is_closing(session->conn))
        return;
    conn_close(session->conn);
    if (agent->reset_epoch_on_cut)
        agent->epoch[0]++;
    if (agent->reset_epoch_on_cut || agent->forget_on_cut)
        agent->job_count = 0;
}

/* ---- the wire's events ---- */

static bool decides(const struct call *call)
{
    const char *path = wire_stream_path(call->stream);

    return text_equal(path, "/v1/open") || text_starts(path, "/v1/enter/");
}

static void on_request(struct wire_stream *stream, void *user)
{
    struct call *call = calloc(1, sizeof(*call));

    assert_non_null(call);
    list_init(&call->at);
    call->session = user;
    call->stream = stream;
    wire_stream_set_user(stream, call);
    if (strstr(wire_stream_path(stream), "/input?"))
        input_begin(call);
    if (decides(call))
        call->session->is_opening = true;
    if (text_equal(wire_stream_method(stream), "PUT"))
        list_append(&call->session->puts, &call->at);
}

static void on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct call *call = wire_stream_user(stream);

    (void)user;
    wire_stream_consume(stream, size);
    if (call->is_input && call->job)
        input_take(call, bytes, size);
    else
        buffer_append(&call->body, bytes, size);
}

/* As the gate does: later requests wait for `open`, and those for a job for its order. */
static bool must_wait(const struct call *call)
{
    const struct session *session = call->session;
    const char *path = wire_stream_path(call->stream);
    struct call *put;

    if (session->agent->holds_nothing)
        return false;
    if (session->is_opening && !decides(call))
        return true;
    if (strstr(path, "/output?"))
        list_for_each (&call->session->puts, struct call, at, put)
            if (text_starts(path, wire_stream_path(put->stream)))
                return true;
    return false;
}

static void dispatch(struct call *call)
{
    struct session *session = call->session;
    const char *path = wire_stream_path(call->stream), *method = wire_stream_method(call->stream);

    list_remove(&call->at);
    if (must_wait(call)) {
        session->agent->held++;
        list_append(&session->held, &call->at);
    } else if (text_equal(path, "/v1/hello")) {
        answer_hello(call);
    } else if (text_equal(path, "/v1/open")) {
        answer_open(call);
        session->is_opening = session->agent->silent_open;
    } else if (session->agent->greets && decides(call)) {
        answer_enter(call);
        session->is_opening = session->agent->silent_open;
    } else if (text_equal(path, "/v1/pair")) {
        answer_pair(call);
    } else if (!session->is_open) {
        call_refuse(call, PROBLEM_NOT_OPEN);
    } else if (text_equal(method, "PUT")) {
        answer_put(call);
    } else if (call->is_input && call->job) {
        input_end(call);
    } else if (strstr(path, "/output?") ||
               (strstr(path, "/parcel?") && !session->agent->no_parcels)) {
        answer_output(call);
    } else if (text_starts(path, "/v1/vitals?")) {
        answer_vitals(call);
    } else if (text_equal(path, "/v1/facts")) {
        call_respond(call, 200, "application/json", session->agent->document);
    } else {
        call_refuse(call, PROBLEM_NOT_FOUND);
    }
}

static void on_end(struct wire_stream *stream, void *user)
{
    struct session *session = user;
    struct list held;

    if (conn_is_closing(session->conn))
        return;
    dispatch(wire_stream_user(stream));
    /* What waited may go on now, or waits again. */
    list_init(&held);
    while (!list_is_empty(&session->held)) {
        struct list *at = session->held.next;

        list_remove(at);
        list_append(&held, at);
    }
    while (!list_is_empty(&held) && !conn_is_closing(session->conn))
        dispatch(container_of(held.next, struct call, at));
    while (!list_is_empty(&held))
        list_remove(held.next);
}

static void on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct call *call = wire_stream_user(stream);

    (void)h2_error;
    (void)user;
    list_remove(&call->at);
    buffer_deinit(&call->body);
    buffer_deinit(&call->answer);
    free(call);
}

static const struct wire_events events = {
    .on_request = on_request,
    .on_data = on_data,
    .on_end = on_end,
    .on_close = on_close,
};

static void on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct session *session = user;

    (void)conn;
    (void)problem;
    (void)system_error;
    list_remove(&session->at);
    free(session);
}

/* ---- life ---- */

static void on_acceptable(uv_poll_t *poll, int status, int what)
{
    struct test_agent *agent = poll->data;
    struct session *session;
    int socket = accept4(agent->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)status;
    (void)what;
    if (socket < 0)
        return;
    agent->connections++;
    if (agent->drops > 0) {
        agent->drops--;
        close(socket);
        return;
    }
    session = calloc(1, sizeof(*session));
    assert_non_null(session);
    session->agent = agent;
    list_init(&session->held);
    list_init(&session->puts);
    list_append(&agent->sessions, &session->at);
    assert_int_equal(conn_new(&session->conn, &agent->factory, session), 0);
    conn_accept(session->conn, socket);
}

static int listen_anywhere(uint16_t *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

uint16_t test_closed_port(void)
{
    uint16_t port;

    close(listen_anywhere(&port));
    return port;
}

/* The id that a console will see: asked from the certificate, over a handshake in memory. */
static void learn_id(struct test_agent *agent)
{
    struct tls_context *context;
    struct tls *client, *server;
    uint8_t scratch[1024];
    enum tls_error error;

    assert_int_equal(tls_context_new_client(&context), 0);
    assert_int_equal(tls_new(&client, context), 0);
    assert_int_equal(tls_new(&server, agent->context), 0);
    for (int i = 0; i < 4 && !tls_is_established(client); i++) {
        struct tls *from = i % 2 ? server : client, *to = i % 2 ? client : server;
        struct buffer *bytes = tls_outgoing(from);

        tls_read(from, scratch, sizeof(scratch), &error);
        tls_feed(to, buffer_bytes(bytes), buffer_length(bytes));
        tls_read(to, scratch, sizeof(scratch), &error);
        buffer_clear(bytes);
    }
    assert_int_equal(tls_peer_id(client, agent->id), 0);
    tls_free(client);
    tls_free(server);
    tls_context_free(context);
}

static size_t greet(void *user, uint8_t bytes_out[TLS_GREETING_MAX])
{
    const struct test_agent *agent = user;
    struct greeting greeting = {
        .boot_ms = (uint64_t)((int64_t)clock_boot_ms() + agent->boot_ahead_ms)};

    if (!agent->greets)
        return 0;
    memcpy(greeting.epoch, agent->epoch, EPOCH_SIZE);
    greeting_encode(&greeting, bytes_out);
    return GREETING_SIZE;
}

void test_agent_start(struct test_agent *agent, uv_loop_t *loop, const struct signer *signer)
{
    _cleanup_buffer_ struct buffer certificate = BUFFER_INIT, key = BUFFER_INIT;

    *agent = (struct test_agent){
        .loop = loop,
        .protocol = 1,
        .rights = RIGHTS_ALL,
        .boot_ahead_ms = 1000 * 1000,
        .operator_key = *signer_key(signer),
        .document = "{\"name\":{\"host\":\"web1\"}}",
    };
    list_init(&agent->sessions);
    random_bytes(agent->epoch, sizeof(agent->epoch));
    assert_int_equal(test_certificate_make(&certificate, &key), 0);
    assert_int_equal(
        tls_context_new_server(&agent->context, buffer_slice(&certificate), buffer_slice(&key)), 0);
    tls_context_greet(agent->context, greet, agent);
    learn_id(agent);
    conn_factory_init(&agent->factory, loop, TLS_SERVER, agent->context, &events, on_closed);
    agent->socket = listen_anywhere(&agent->port);
    assert_int_equal(listen(agent->socket, 64), 0);
    assert_int_equal(uv_poll_init(loop, &agent->listener, agent->socket), 0);
    agent->listener.data = agent;
    uv_poll_start(&agent->listener, UV_READABLE, on_acceptable);
}

void test_agent_cut(struct test_agent *agent)
{
    struct session *session;

    list_for_each (&agent->sessions, struct session, at, session)
        session_cut(session);
}

void test_agent_stop(struct test_agent *agent)
{
    uv_close((uv_handle_t *)&agent->listener, NULL);
    test_agent_cut(agent);
}

void test_agent_deinit(struct test_agent *agent)
{
    assert_true(list_is_empty(&agent->sessions));
    close(agent->socket);
    conn_factory_deinit(&agent->factory);
    tls_context_free(agent->context);
    for (size_t i = 0; i < ELEMENTS_OF(agent->jobs); i++) {
        buffer_deinit(&agent->jobs[i].payload);
        buffer_deinit(&agent->jobs[i].output);
        buffer_deinit(&agent->jobs[i].input);
    }
}
