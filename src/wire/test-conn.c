/* Connections over real sockets on loopback, at work: large bodies in constant memory, peers that
 * do not read, idling. */
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/clock.h"
#include "wire/test-ends.h"

/* -- tests -- */
static void test_request(void **state)
{
    (void)state;
    connect_client(5000);
    get("/a");
    get("/b");
    run_until(&client.side.closes, 2);
    assert_int_equal(client.side.status, 200);
    assert_int_equal(client.side.close_error, WIRE_H2_NONE);
    assert_string_equal(server.side.path, "/b");
    assert_memory_equal(conn_peer(client.conn), "127.0.0.1:", 10);
    assert_int_equal(conn_peer_address(client.conn)->ss_family, AF_INET);
    assert_false(conn_is_closing(client.conn));
    /* Outside of any event: conn_flush() sends it. */
    get("/c");
    run_until(&client.side.closes, 3);
    close_client();
    assert_int_equal(client.problem, PROBLEM_NONE);
    assert_int_equal(client.system_error, 0);
    run_until(&server.closed, 1);
    assert_int_equal(server.problem, PROBLEM_CLOSED);
    assert_int_equal(client.side.established, 1);
}

/* A server's settings go along with the answer, and their acknowledgement with what comes next. */
static void test_settings_go_along(void **state)
{
    (void)state;
    server.side.silent = true;
    connect_client(5000);
    get("/");
    run_until(&server.side.requests, 1);
    assert_true(server.conn->waits_until_ms != UINT64_MAX);
    assert_int_equal(tls_outgoing(wire_tls(server.side.wire))->capacity, 0);
    assert_false(client.side.wire->heard_settings);
    assert_int_equal(wire_respond_bytes(server.side.stream, 200, "text/plain", "ok", 2), 0);
    conn_flush(server.conn);
    run_until(&client.side.closes, 1);
    assert_true(server.conn->waits_until_ms == UINT64_MAX);
    assert_true(client.side.wire->heard_settings);
    assert_true(client.conn->waits_until_ms != UINT64_MAX);
    get("/");
    run_until(&server.side.requests, 2);
    assert_true(client.conn->waits_until_ms == UINT64_MAX);
}

/* Nor do they wait for ever, where no answer comes. */
static void test_settings_come(void **state)
{
    (void)state;
    server.side.silent = true;
    connect_client(5000);
    get("/");
    run_until(&server.side.requests, 1);
    assert_false(client.side.wire->heard_settings);
    while (!client.side.wire->heard_settings || client.conn->waits_until_ms != UINT64_MAX)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(nghttp2_session_get_outbound_queue_size(client.side.wire->session), 0);
}

static void test_many_submissions_one_write(void **state)
{
    (void)state;
    connect_client(5000);
    run_until(&server.side.established, 1);
    for (int i = 0; i < LIMIT_STREAMS_UNOPENED; i++)
        get("/");
    assert_int_equal(wire_backlog(client.side.wire), 0);
    run_until(&client.side.closes, LIMIT_STREAMS_UNOPENED);
}

static size_t heap_in_use(void)
{
    return mallinfo2().uordblks;
}

static void test_large_body(void **state)
{
    struct test_source source = {.left = 100 << 20};
    size_t before;

    (void)state;
    server.side.answer = &source;
    connect_client(5000);
    run_until(&server.side.established, 1);
    before = heap_in_use();
    get("/");
    while (client.side.closes == 0) {
        assert_true(uv_run(&loop, UV_RUN_ONCE));
        assert_true(heap_in_use() < before + (3 << 20));
    }
    assert_int_equal(client.side.received, 100 << 20);
    assert_false(client.side.damaged);
    assert_int_equal(client.side.close_error, WIRE_H2_NONE);
    /* And afterwards nothing of it is left with the connection. */
    while (server.side.closes == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_null(tls_outgoing(wire_tls(server.side.wire))->data);
    assert_null(server.conn->flight.data);
}

/* Both directions at once, more than all buffers hold: neither side may wait for the other. */
static void test_both_ways_at_once(void **state)
{
    struct test_source down = {.left = 20 << 20};
    struct test_source up = {.left = 20 << 20};
    struct wire_body body = test_source_body(&up);
    struct wire_stream *stream;

    (void)state;
    server.side.answer = &down;
    connect_client(5000);
    assert_int_equal(wire_request(client.side.wire, "POST", "/", NULL, 0, &body, NULL, &stream), 0);
    while (server.side.received < 1 << 20 || client.side.received < 20 << 20)
        assert_true(uv_run(&loop, UV_RUN_ONCE));
    assert_false(client.side.damaged);
    assert_false(server.side.damaged);
}

/* A peer that reads nothing: the server holds a bounded amount for it. */
static void test_peer_that_does_not_read(void **state)
{
    struct test_source source = {.left = 100 << 20};

    (void)state;
    begin_answer(&source);
    conn_read_stop(client.conn);
    for (int i = 0; i < 200; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(server.conn->flight.capacity + wire_backlog(server.side.wire) < 2 << 20);
    assert_true(source.took < 20 << 20);
    conn_read_start(client.conn);
    run_until(&client.side.closes, 1);
    assert_int_equal(client.side.received, 100 << 20);
}

/* Nothing on an idle server connection wakes the process. */
static void test_idle_server_has_no_timer(void **state)
{
    (void)state;
    connect_client(5000);
    get("/");
    run_until(&client.side.closes, 1);
    /* Its last acknowledgement waits a moment. */
    while (uv_is_active((uv_handle_t *)&client.conn->timer))
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(nghttp2_session_get_outbound_queue_size(client.side.wire->session), 0);
    assert_false(uv_is_active((uv_handle_t *)&server.conn->timer));
    assert_false(uv_is_active((uv_handle_t *)&server.conn->turn));
    assert_int_equal(server.conn->armed_ms, UINT64_MAX);
}

static void test_heartbeat_finds_a_stopped_peer(void **state)
{
    (void)state;
    connect_client(5000);
    get("/");
    run_until(&client.side.closes, 1);
    wire_set_heartbeat(client.side.wire, 20, 60);
    conn_flush(client.conn);
    /* Answered for a while, */
    for (uint64_t end = clock_monotonic_ms() + 150; clock_monotonic_ms() < end;)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(client.closed, 0);
    /* then the server stops. */
    conn_read_stop(server.conn);
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conn_test(test_request),
        conn_test(test_settings_go_along),
        conn_test(test_settings_come),
        conn_test(test_many_submissions_one_write),
        conn_test(test_large_body),
        conn_test(test_both_ways_at_once),
        conn_test(test_peer_that_does_not_read),
        conn_test(test_idle_server_has_no_timer),
        conn_test(test_heartbeat_finds_a_stopped_peer),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, ends_free_contexts);
}
