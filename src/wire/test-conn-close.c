/* Every way onto the closing path of a connection over real sockets. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "wire/test-ends.h"

static void test_cut_in_the_middle(void **state)
{
    struct test_source source = {.left = 100 << 20};
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    uv_os_fd_t fd;

    (void)state;
    server.side.answer = &source;
    connect_client(5000);
    get("/");
    while (client.side.received < 1 << 20)
        uv_run(&loop, UV_RUN_ONCE);
    /* The server's process dies: its socket sends a reset. */
    uv_fileno((uv_handle_t *)&server.conn->socket, &fd);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    wire_end(server.side.wire, PROBLEM_NONE);
    conn_close_handles(server.conn);
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_LOST);
    assert_int_equal(client.system_error, -ECONNRESET);
    assert_int_equal(client.side.closes, 1);
    assert_int_equal(client.side.close_error, WIRE_H2_CONNECTION);
    run_until(&server.closed, 1);
    assert_int_equal(server.side.closes, 1);
}

/* An end of file without close_notify is a cut, however orderly TCP ends. */
static void test_truncation(void **state)
{
    uv_os_fd_t fd;

    (void)state;
    connect_client(5000);
    get("/");
    run_until(&client.side.closes, 1);
    uv_fileno((uv_handle_t *)&server.conn->socket, &fd);
    shutdown(fd, SHUT_WR);
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_LOST);
}

/* And one that never goes away is thrown out. */
static void test_linger_ends(void **state)
{
    uint64_t begin = clock_monotonic_ms();

    (void)state;
    raw_connect();
    assert_int_equal(write(raw, "garbage", 7), 7);
    run_until(&server.closed, 1);
    assert_in_range(clock_monotonic_ms() - begin, LIMIT_LINGER_MS - 50, HANG_MS);
    assert_int_equal(server.problem, PROBLEM_NOT_TLS);
}

static void test_server_closes(void **state)
{
    (void)state;
    server.side.silent = true;
    connect_client(5000);
    get("/");
    run_until(&server.side.requests, 1);
    assert_int_equal(wire_respond_bytes(server.side.stream, 200, NULL, "\0\a", 2), 0);
    conn_close(server.conn);
    run_until(&client.closed, 1);
    run_until(&server.closed, 1);
    /* The answer given just before the end came through. */
    assert_int_equal(client.side.received, 2);
    assert_int_equal(client.side.close_error, WIRE_H2_NONE);
    assert_int_equal(client.problem, PROBLEM_CLOSED);
    assert_int_equal(server.problem, PROBLEM_NONE);
}

static void test_shut_down(void **state)
{
    struct test_source source = {.left = 5000, .wait = true, .ready = 100};

    (void)state;
    begin_answer(&source);
    conn_shut_down(server.conn, 30000);
    for (int i = 0; i < 20; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(client.closed, 0);
    source.ready = source.left;
    wire_stream_resume(server.side.stream);
    conn_flush(server.conn);
    run_until(&client.closed, 1);
    run_until(&server.closed, 1);
    assert_int_equal(client.side.received, 5000);
    assert_int_equal(client.problem, PROBLEM_CLOSED);
    assert_int_equal(server.problem, PROBLEM_NONE);
}

static void test_shut_down_is_bounded(void **state)
{
    struct test_source source = {.left = 5000, .wait = true, .ready = 100};

    (void)state;
    begin_answer(&source);
    conn_shut_down(server.conn, 50);
    run_until(&server.closed, 1);
    run_until(&client.closed, 1);
    assert_int_equal(server.problem, PROBLEM_NONE);
    assert_int_equal(client.side.close_error, WIRE_H2_CONNECTION);
}

static void close_in_event(struct test_side *side, struct wire_stream *stream)
{
    struct test_end *end = (struct test_end *)side;

    (void)stream;
    end->in_call = true;
    conn_close(end->conn);
    end->in_call = false;
}

static void test_close_in_an_event(void **state)
{
    (void)state;
    server.side.on_request = close_in_event;
    connect_client(5000);
    get("/");
    run_until(&client.closed, 1);
    run_until(&server.closed, 1);
    assert_int_equal(server.problem, PROBLEM_NONE);
    assert_int_equal(client.side.close_error, WIRE_H2_CONNECTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conn_test(test_cut_in_the_middle), conn_test(test_truncation),
        conn_test(test_linger_ends),       conn_test(test_server_closes),
        conn_test(test_shut_down),         conn_test(test_shut_down_is_bounded),
        conn_test(test_close_in_an_event),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, ends_free_contexts);
}
