/* See test-ends.h. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/test-ends.h"

uv_loop_t loop;
struct conn_factory clients;
struct conn_factory servers;
struct test_end client;
struct test_end server;
int listener = -1;
uv_poll_t listening;
static uv_timer_t watchdog;
struct sockaddr_in address;
int raw = -1;

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

int ends_set_up(void **state)
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

int ends_tear_down(void **state)
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

int ends_free_contexts(void **state)
{
    (void)state;
    test_contexts_free();
    return 0;
}

void connect_client(uint32_t timeout_ms)
{
    client.in_call = true;
    assert_int_equal(conn_new(&client.conn, &clients, &client), 0);
    client.side.wire = conn_wire(client.conn);
    conn_connect(client.conn, (struct sockaddr *)&address, timeout_ms);
    client.in_call = false;
}

struct wire_stream *get(const char *path)
{
    struct wire_stream *stream = NULL;

    assert_int_equal(wire_request(client.side.wire, "GET", path, NULL, 0, NULL, NULL, &stream), 0);
    conn_flush(client.conn);
    return stream;
}

void run_until(const unsigned *count, unsigned target)
{
    while (*count < target) {
        assert_true(uv_run(&loop, UV_RUN_ONCE) || *count >= target);
    }
}

void begin_answer(struct test_source *source)
{
    server.side.answer = source;
    connect_client(5000);
    get("/");
    run_until(&client.side.responses, 1);
}

void close_client(void)
{
    client.in_call = true;
    conn_close(client.conn);
    conn_close(client.conn);
    client.in_call = false;
    assert_true(conn_is_closing(client.conn));
    run_until(&client.closed, 1);
}

void raw_connect(void)
{
    raw = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(raw, (struct sockaddr *)&address, sizeof(address)), 0);
}

void raw_accept(void)
{
    uv_poll_stop(&listening);
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        raw = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    } while (raw < 0);
}
