/* See test-peers.h. */
#include "gate/test-peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/test-certificate.h"

enum { PATIENCE_MS = 60 * 1000, MOMENT_MS = 150, GATE_USER = 65534 };

static enum problem_code on_established(struct wire *wire, void *user)
{
    (void)wire;
    (void)user;
    return PROBLEM_NONE;
}

static void on_response(struct wire_stream *stream, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    exchange->status = wire_stream_status(stream);
}

static void on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    assert_int_equal(buffer_append(&exchange->body, bytes, size), 0);
    wire_stream_consume(stream, size);
}

static void on_end(struct wire_stream *stream, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    exchange->ended = true;
}

static void on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct exchange *exchange = wire_stream_user(stream);

    (void)user;
    exchange->closed = true;
    exchange->h2_error = h2_error;
    exchange->stream = NULL;
}

static const struct wire_events console_events = {
    .on_established = on_established,
    .on_response = on_response,
    .on_data = on_data,
    .on_end = on_end,
    .on_close = on_close,
};

static void listen_somewhere(struct peers *peers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    peers->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(peers->listener >= 0);
    assert_int_equal(bind(peers->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(peers->listener, 1024), 0);
    assert_int_equal(getsockname(peers->listener, (struct sockaddr *)&address, &size), 0);
    peers->port = ntohs(address.sin_port);
}

static void send_setup(struct peers *peers)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_setup setup = {
        .certificate = {buffer_bytes(&peers->certificate), buffer_length(&peers->certificate)},
        .key = {buffer_bytes(&peers->key), buffer_length(&peers->key)},
        .name = "web1",
        .gate_uid = GATE_USER,
        .gate_gid = GATE_USER,
    };

    memset(setup.machine, 0x11, sizeof(setup.machine));
    memset(setup.epoch, 0x22, sizeof(setup.epoch));
    assert_int_equal(door_setup_encode(&setup, &body), 0);
    peers_tell(peers, DOOR_SETUP, buffer_bytes(&body), buffer_length(&body), &peers->listener, 1);
}

void peers_start(struct peers *peers, const char *program)
{
    int ends[2];

    *peers = (struct peers){.program = program, .socket = -1};
    assert_int_equal(test_certificate_make(&peers->certificate, &peers->key), 0);
    assert_int_equal(tls_context_new_client(&peers->tls), 0);
    listen_somewhere(peers);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    peers->gate = fork();
    assert_true(peers->gate >= 0);
    if (peers->gate == 0) {
        if (dup2(ends[1], DOOR_GATE_FD) == DOOR_GATE_FD)
            execl(program, "huned-gate", getenv("HUNE_TEST_DEBUG") ? "7" : NULL, NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(door_new(&peers->door, DOOR_WARDEN, ends[0]), 0);
    send_setup(peers);
    peers_told(peers, DOOR_READY);
}

int peers_wait(struct peers *peers)
{
    int status = 0;

    peers_disconnect(peers);
    assert_int_equal(waitpid(peers->gate, &status, 0), peers->gate);
    for (size_t i = 0; i < peers->message.fd_count; i++)
        close(peers->message.fds[i]);
    peers->door = door_free(peers->door);
    close(peers->listener);
    tls_context_free(peers->tls);
    buffer_deinit(&peers->certificate);
    buffer_deinit(&peers->key);
    return status;
}

int peers_stop(struct peers *peers)
{
    peers_disconnect(peers);
    peers->door = door_free(peers->door);
    return peers_wait(peers);
}

void peers_connect(struct peers *peers)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peers->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    peers_disconnect(peers);
    peers->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(peers->socket, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(wire_new(&peers->wire, TLS_CLIENT, peers->tls, NULL, &console_events, peers,
                              clock_monotonic_ms()),
                     0);
    peers->lost = false;
}

void peers_disconnect(struct peers *peers)
{
    peers->wire = wire_free(peers->wire);
    if (peers->socket >= 0)
        close(peers->socket);
    peers->socket = -1;
    for (size_t i = 0; i < peers->exchange_count; i++)
        buffer_deinit(&peers->exchanges[i].body);
    peers->exchange_count = 0;
}

static enum body_state body_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct exchange *exchange = user;
    size_t left = exchange->released - exchange->sent;

    *bytes_out = (struct slice){exchange->bytes + exchange->sent, left < max ? left : max};
    if (exchange->sent + bytes_out->size == exchange->size)
        return BODY_END;
    return left > 0 ? BODY_MORE : BODY_WAIT;
}

static void body_took(void *user, size_t size)
{
    struct exchange *exchange = user;

    exchange->sent += size;
}

static struct exchange *exchange_start(struct peers *peers, const char *method, const char *path,
                                       const char *authorization, const void *bytes, size_t size,
                                       size_t released)
{
    struct wire_header header = {"authorization", authorization};
    struct wire_body body = {.peek = body_peek, .took = body_took};
    struct exchange *exchange = &peers->exchanges[peers->exchange_count++];

    assert_true(peers->exchange_count <= PEERS_STREAMS);
    *exchange = (struct exchange){.bytes = bytes, .size = size, .released = released};
    body.user = exchange;
    assert_int_equal(wire_request(peers->wire, method, path, &header, authorization != NULL,
                                  bytes ? &body : NULL, exchange, &exchange->stream),
                     0);
    return exchange;
}

struct exchange *peers_request(struct peers *peers, const char *method, const char *path,
                               const char *authorization, const void *bytes, size_t size)
{
    return exchange_start(peers, method, path, authorization, bytes, size, size);
}

struct exchange *peers_request_part(struct peers *peers, const char *method, const char *path,
                                    const void *bytes, size_t size, size_t released)
{
    return exchange_start(peers, method, path, NULL, bytes, size, released);
}

void exchange_release(struct exchange *exchange, size_t released)
{
    exchange->released = released;
    wire_stream_resume(exchange->stream);
}

static void console_send(struct peers *peers)
{
    for (;;) {
        struct slice out;
        ssize_t sent;

        (void)wire_produce(peers->wire);
        out = wire_outgoing(peers->wire);
        if (out.size == 0)
            return;
        sent = send(peers->socket, out.bytes, out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) {
            peers->lost = errno != EAGAIN;
            return;
        }
        wire_sent(peers->wire, (size_t)sent);
    }
}

static void console_receive(struct peers *peers)
{
    uint8_t bytes[16384];
    ssize_t size = recv(peers->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (size == 0 || (size < 0 && errno != EAGAIN))
        peers->lost = true;
    if (size > 0 && wire_receive(peers->wire, bytes, (size_t)size, clock_monotonic_ms()) == 1)
        peers->lost = true;
}

static void door_take(struct peers *peers)
{
    int r;

    for (size_t i = 0; i < peers->message.fd_count; i++)
        close(peers->message.fds[i]);
    peers->message.fd_count = 0;
    r = door_receive(peers->door, &peers->message);
    if (r <= 0)
        peers->message.fd_count = 0;
    /* IDLE comes whenever the last connection has gone: no test waits for it in its turn. */
    peers->idle += r > 0 && peers->message.type == DOOR_IDLE;
    peers->told = r > 0 && peers->message.type != DOOR_IDLE;
    assert_true(r >= 0 || r == -EPIPE);
}

/* One turn: the console sends and receives; a message through the door is taken only if there is
 * none that the test has not looked at. */
static void peers_turn(struct peers *peers, int wait_ms)
{
    struct pollfd ready[2] = {{.fd = -1}, {.fd = -1}};

    if (peers->wire && !peers->lost) {
        console_send(peers);
        ready[0] = (struct pollfd){.fd = peers->socket, .events = POLLIN};
        if (wire_outgoing(peers->wire).size > 0)
            ready[0].events |= POLLOUT;
    }
    if (!peers->told && peers->door)
        ready[1] = (struct pollfd){.fd = door_fd(peers->door), .events = POLLIN};
    assert_true(poll(ready, 2, wait_ms) >= 0 || errno == EINTR);
    if (ready[0].revents)
        console_receive(peers);
    if (ready[1].revents)
        door_take(peers);
}

void peers_finish(struct peers *peers, struct exchange *exchange, unsigned status)
{
    uint64_t until = clock_monotonic_ms() + PATIENCE_MS;

    while (!exchange->closed && !peers->lost && clock_monotonic_ms() < until)
        peers_turn(peers, 1000);
    assert_int_equal(exchange->status, status);
    assert_true(exchange->ended);
}

void peers_receive(struct peers *peers, struct exchange *exchange, size_t size)
{
    uint64_t until = clock_monotonic_ms() + PATIENCE_MS;

    while (buffer_length(&exchange->body) < size && !exchange->closed &&
           clock_monotonic_ms() < until)
        peers_turn(peers, 1000);
    assert_true(buffer_length(&exchange->body) >= size);
}

void peers_pass(struct peers *peers, unsigned ms)
{
    uint64_t until = clock_monotonic_ms() + ms;

    while (clock_monotonic_ms() < until)
        peers_turn(peers, 5);
}

void peers_quiet(struct peers *peers)
{
    assert_false(peers->told);
    peers_pass(peers, MOMENT_MS);
    assert_false(peers->told);
}

struct slice peers_told(struct peers *peers, enum door_type type)
{
    uint64_t until = clock_monotonic_ms() + PATIENCE_MS;

    while (!peers->told && clock_monotonic_ms() < until)
        peers_turn(peers, 1000);
    assert_true(peers->told);
    peers->told = false;
    assert_string_equal(door_type_name((uint16_t)peers->message.type),
                        door_type_name((uint16_t)type));
    return peers->message.body;
}

void peers_tell(struct peers *peers, enum door_type type, const void *body, size_t size,
                const int *fds, size_t fd_count)
{
    assert_int_equal(door_send(peers->door, type, body, size, fds, fd_count), 0);
    assert_false(door_wants_write(peers->door));
}

void peers_settle(struct peers *peers)
{
    /* The answer comes in the turn in which the door was ready too, at the latest. */
    peers_finish(peers, peers_request(peers, "GET", "/v1/hello", NULL, NULL, 0), 200);
}

bool exchange_says(struct exchange *exchange, const char *text)
{
    const char *body = buffer_text(&exchange->body);

    return body && strstr(body, text) != NULL;
}
