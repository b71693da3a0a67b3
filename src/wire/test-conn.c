/* The libuv driver over real sockets on loopback: connecting and failing to, large bodies in
 * constant memory, cuts, and every way onto the closing path. */
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "wire/conn-private.h"
#include "wire/test-pair.h"

/* Bounds a test that hangs; no test waits for it. */
enum { HANG_MS = 60000 };

/* `side` comes first: the wire's events of test-pair.c get it as their user. */
struct test_end {
    struct test_side side;
    struct conn *conn; /* NULL before, and again after on_closed */
    enum problem_code problem;
    int system_error;
    unsigned closed;
    bool in_call; /* on_closed must not come from inside a call */
};

static uv_loop_t loop;
static struct conn_factory clients;
static struct conn_factory servers;
static struct test_end client;
static struct test_end server;
static int listener = -1;
static uv_poll_t listening;
static uv_timer_t watchdog;
static struct sockaddr_in address;
static int raw = -1; /* a peer of plain socket calls */

static void on_closed(struct conn *conn, enum problem_code problem, int system_error, void *user)
{
    struct test_end *end = user;

    assert_ptr_equal(conn, end->conn);
    assert_true(conn_is_closing(conn));
    assert_false(end->in_call);
    /* Its streams have gone before it. */
    assert_int_equal(wire_stream_count(conn_wire(conn)), 0);
    end->problem = problem;
    end->system_error = system_error;
    end->closed++;
    end->conn = NULL;
}

static void on_hang(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("the test hangs");
}

static int listen_fd(void)
{
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    address = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return fd;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)poll;
    (void)events;
    assert_int_equal(status, 0);
    if (fd < 0)
        return;
    assert_null(server.conn);
    assert_int_equal(conn_new(&server.conn, &servers, &server), 0);
    server.side.wire = conn_wire(server.conn);
    assert_int_equal(conn_accept(server.conn, fd), 0);
    assert_memory_equal(conn_peer(server.conn), "127.0.0.1:", 10);
}

static int set_up(void **state)
{
    (void)state;
    client = (struct test_end){0};
    server = (struct test_end){0};
    assert_int_equal(uv_loop_init(&loop), 0);
    conn_factory_init(&clients, &loop, TLS_CLIENT, test_client_context(), &test_events, on_closed);
    conn_factory_init(&servers, &loop, TLS_SERVER, test_server_context(), &test_events, on_closed);
    clients.congestion = servers.congestion = "cubic";
    listener = listen_fd();
    uv_poll_init(&loop, &listening, listener);
    uv_poll_start(&listening, UV_READABLE, on_listener);
    uv_timer_init(&loop, &watchdog);
    uv_timer_start(&watchdog, on_hang, HANG_MS, 0);
    uv_unref((uv_handle_t *)&watchdog);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (raw >= 0)
        close(raw);
    raw = -1;
    if (client.conn)
        conn_close(client.conn);
    if (server.conn)
        conn_close(server.conn);
    uv_close((uv_handle_t *)&listening, NULL);
    uv_close((uv_handle_t *)&watchdog, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    close(listener);
    conn_factory_deinit(&clients);
    conn_factory_deinit(&servers);
    return 0;
}

static void connect_client(uint32_t timeout_ms)
{
    client.in_call = true;
    assert_int_equal(conn_new(&client.conn, &clients, &client), 0);
    client.side.wire = conn_wire(client.conn);
    conn_connect(client.conn, (struct sockaddr *)&address, timeout_ms);
    client.in_call = false;
}

static struct wire_stream *get(const char *path)
{
    struct wire_stream *stream = NULL;

    assert_int_equal(wire_request(client.side.wire, "GET", path, NULL, 0, NULL, NULL, &stream), 0);
    conn_flush(client.conn);
    return stream;
}

/* Turns the loop until `*count` has reached `target`. */
static void run_until(const unsigned *count, unsigned target)
{
    while (*count < target) {
        assert_true(uv_run(&loop, UV_RUN_ONCE) || *count >= target);
    }
}

static void close_client(void)
{
    client.in_call = true;
    conn_close(client.conn);
    conn_close(client.conn);
    client.in_call = false;
    assert_true(conn_is_closing(client.conn));
    run_until(&client.closed, 1);
}

/* A socket of our own towards the listener, or accepted from it. */
static void raw_connect(void)
{
    raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(raw, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void raw_accept(void)
{
    uv_poll_stop(&listening);
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        raw = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    } while (raw < 0);
}

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
    server.side.answer = &source;
    connect_client(5000);
    get("/");
    run_until(&client.side.responses, 1);
    conn_read_stop(client.conn);
    for (int i = 0; i < 200; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(server.conn->flight.capacity + wire_backlog(server.side.wire) < 2 << 20);
    assert_true(source.took < 20 << 20);
    conn_read_start(client.conn);
    run_until(&client.side.closes, 1);
    assert_int_equal(client.side.received, 100 << 20);
}

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
    server.side.answer = &source;
    connect_client(5000);
    get("/");
    run_until(&client.side.responses, 1);
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
    server.side.answer = &source;
    connect_client(5000);
    get("/");
    run_until(&client.side.responses, 1);
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

/* Nothing on an idle server connection wakes the process. */
static void test_idle_server_has_no_timer(void **state)
{
    (void)state;
    connect_client(5000);
    get("/");
    run_until(&client.side.closes, 1);
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_false(uv_is_active((uv_handle_t *)&server.conn->timer));
    assert_false(uv_is_active((uv_handle_t *)&server.conn->turn));
    assert_int_equal(server.conn->armed_ms, UINT64_MAX);
    assert_false(uv_is_active((uv_handle_t *)&client.conn->timer));
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

static int free_contexts(void **state)
{
    (void)state;
    test_contexts_free();
    return 0;
}

#define CONN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONN_TEST(test_request),
        CONN_TEST(test_many_submissions_one_write),
        CONN_TEST(test_refused),
        CONN_TEST(test_silent_listener),
        CONN_TEST(test_connect_timeout),
        CONN_TEST(test_connect_problems),
        CONN_TEST(test_cannot_start_connecting),
        CONN_TEST(test_close_while_connecting),
        CONN_TEST(test_close_before_anything),
        CONN_TEST(test_accept_of_no_socket),
        CONN_TEST(test_id_refused),
        CONN_TEST(test_large_body),
        CONN_TEST(test_both_ways_at_once),
        CONN_TEST(test_peer_that_does_not_read),
        CONN_TEST(test_cut_in_the_middle),
        CONN_TEST(test_truncation),
        CONN_TEST(test_closed_before_the_handshake),
        CONN_TEST(test_meets_ssh),
        CONN_TEST(test_plain_http_sees_why),
        CONN_TEST(test_linger_ends),
        CONN_TEST(test_server_closes),
        CONN_TEST(test_shut_down),
        CONN_TEST(test_shut_down_is_bounded),
        CONN_TEST(test_close_in_an_event),
        CONN_TEST(test_idle_server_has_no_timer),
        CONN_TEST(test_heartbeat_finds_a_stopped_peer),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, free_contexts);
}
