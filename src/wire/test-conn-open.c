/* How connections over real sockets begin, and all the ways in which they do not. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/test-ends.h"

static void test_refused(void **state)
{
    (void)state;
    uv_poll_stop(&listening);
    close(listener);
    listener = -1;
    connect_client(5000);
    get("/");
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(client.system_error, -ECONNREFUSED);
    assert_int_equal(client.side.closes, 1);
    assert_int_equal(client.side.close_error, WIRE_H2_CONNECTION);
}

/* Somebody accepts, and says nothing. */
static void test_silent_listener(void **state)
{
    (void)state;
    uv_poll_stop(&listening);
    connect_client(100);
    get("/");
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_TIMEOUT);
    assert_int_equal(client.side.established, 0);
}

/* The queue of the listener is full: the kernel drops our first packet. */
static void test_connect_timeout(void **state)
{
    int fill[4];

    (void)state;
    uv_poll_stop(&listening);
    assert_int_equal(listen(listener, 0), 0);
    for (size_t i = 0; i < ELEMENTS_OF(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fill[i], (struct sockaddr *)&address, sizeof(address));
    }
    connect_client(100);
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_TIMEOUT);
    for (size_t i = 0; i < ELEMENTS_OF(fill); i++)
        close(fill[i]);
}

static void test_connect_problems(void **state)
{
    (void)state;
    assert_int_equal(conn_connect_problem(-ECONNREFUSED), PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(conn_connect_problem(-ETIMEDOUT), PROBLEM_TIMEOUT);
    assert_int_equal(conn_connect_problem(-ENETUNREACH), PROBLEM_UNREACHABLE);
    assert_int_equal(conn_connect_problem(-EHOSTUNREACH), PROBLEM_UNREACHABLE);
    assert_int_equal(conn_connect_problem(-EACCES), PROBLEM_UNREACHABLE);
    assert_int_equal(conn_connect_problem(-ECONNRESET), PROBLEM_LOST);
}

/* An address that cannot even be tried fails through on_closed as well, and not from inside the
 * call. */
static void test_cannot_start_connecting(void **state)
{
    struct sockaddr_in kept = address;

    (void)state;
    address.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    connect_client(5000);
    address = kept;
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_UNREACHABLE);
    assert_true(client.system_error < 0);
}

static void test_close_while_connecting(void **state)
{
    (void)state;
    uv_poll_stop(&listening);
    connect_client(5000);
    close_client();
    assert_int_equal(client.problem, PROBLEM_NONE);
}

static void test_close_before_anything(void **state)
{
    (void)state;
    assert_int_equal(conn_new(&client.conn, &clients, &client), 0);
    assert_string_equal(conn_peer(client.conn), "");
    close_client();
    assert_int_equal(client.problem, PROBLEM_NONE);
}

static void test_accept_of_no_socket(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(conn_new(&server.conn, &servers, &server), 0);
    assert_true(conn_accept(server.conn, ends[0]) < 0);
    run_until(&server.closed, 1);
    assert_int_equal(server.problem, PROBLEM_LOST);
    close(ends[1]);
}

static void test_id_refused(void **state)
{
    (void)state;
    client.side.refuse = PROBLEM_ID_CHANGED;
    connect_client(5000);
    get("/");
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_ID_CHANGED);
    assert_int_equal(client.side.closes, 1);
    run_until(&server.closed, 1);
    assert_int_equal(server.side.requests, 0);
}

static void test_closed_before_the_handshake(void **state)
{
    (void)state;
    connect_client(5000);
    raw_accept();
    close(raw);
    raw = -1;
    run_until(&client.closed, 1);
    assert_true(client.problem == PROBLEM_CLOSED || client.problem == PROBLEM_LOST);
    assert_int_equal(client.side.established, 0);
}

static void test_meets_ssh(void **state)
{
    (void)state;
    connect_client(5000);
    raw_accept();
    assert_int_equal(write(raw, "SSH-2.0-OpenSSH_9.2\r\n", 21), 21);
    run_until(&client.closed, 1);
    assert_int_equal(client.problem, PROBLEM_NOT_TLS);
}

/* The reason reaches a plain HTTP client, although it sent more than was read. */
static void test_plain_http_sees_why(void **state)
{
    static char request[20000];
    char answer[2000] = "";
    ssize_t size = 0;

    (void)state;
    memcpy(request, "GET / HTTP/1.1\r\n", 16);
    raw_connect();
    assert_int_equal(write(raw, request, sizeof(request)), sizeof(request));
    while (server.side.wire == NULL || !conn_is_closing(server.conn))
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(write(raw, request, sizeof(request)), sizeof(request));
    for (int i = 0; i < 50 && size <= 0; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        size = recv(raw, answer, sizeof(answer) - 1, MSG_DONTWAIT);
    }
    assert_memory_equal(answer, "HTTP/1.1 400", 12);
    close(raw);
    raw = -1;
    run_until(&server.closed, 1);
    assert_int_equal(server.problem, PROBLEM_NOT_TLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        conn_test(test_refused),
        conn_test(test_silent_listener),
        conn_test(test_connect_timeout),
        conn_test(test_connect_problems),
        conn_test(test_cannot_start_connecting),
        conn_test(test_close_while_connecting),
        conn_test(test_close_before_anything),
        conn_test(test_accept_of_no_socket),
        conn_test(test_id_refused),
        conn_test(test_closed_before_the_handshake),
        conn_test(test_meets_ssh),
        conn_test(test_plain_http_sees_why),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, ends_free_contexts);
}
