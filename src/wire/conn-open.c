/* How a connection begins: accepted, or connected and perhaps held until it may speak. See conn.h.
 */
#include "wire/conn-private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Keep-alive probes, so that the kernel notices a machine that vanished while nothing was sent. */
enum { PROBE_AFTER_S = 60, PROBE_EVERY_S = 15, PROBES = 4 };

int conn_new(struct conn **conn_out, struct conn_factory *factory, void *user)
{
    struct conn *conn = calloc(1, sizeof(*conn));
    int r;

    if (!conn)
        return -ENOMEM;
    r = wire_new(&conn->wire, factory->role, factory->context, &factory->spares, factory->events,
                 user, clock_monotonic_ms());
    if (r) {
        free(conn);
        return r;
    }
    conn->factory = factory;
    conn->user = user;
    conn->deadline_ms = UINT64_MAX;
    conn->waits_until_ms = UINT64_MAX;
    conn->armed_ms = UINT64_MAX;
    /* None of these can fail without a flag or a socket. */
    uv_tcp_init(factory->loop, &conn->socket);
    uv_timer_init(factory->loop, &conn->timer);
    uv_idle_init(factory->loop, &conn->turn);
    conn->socket.data = conn;
    conn->timer.data = conn;
    conn->turn.data = conn;
    *conn_out = conn;
    return 0;
}

/* An option that the kernel does not know is no reason to refuse a connection. */
static void conn_set_options(const struct conn *conn)
{
    const struct {
        int level;
        int name;
        int value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S},
        {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, LIMIT_SILENT_PEER_MS},
    };
    const char *congestion = conn->factory->congestion;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&conn->socket, &fd))
        return;
    for (size_t i = 0; i < ELEMENTS_OF(options); i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
    if (congestion)
        setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, (socklen_t)strlen(congestion));
}

static void conn_set_peer(struct conn *conn, const struct sockaddr *address)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    char host[INET6_ADDRSTRLEN] = "";

    if (address->sa_family == AF_INET) {
        memcpy(&conn->peer_address, in, sizeof(*in));
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(conn->peer, sizeof(conn->peer), "%s:%u", host, ntohs(in->sin_port));
    } else if (address->sa_family == AF_INET6) {
        memcpy(&conn->peer_address, in6, sizeof(*in6));
        inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
        snprintf(conn->peer, sizeof(conn->peer), "[%s]:%u", host, ntohs(in6->sin6_port));
    }
}

int conn_accept(struct conn *conn, int socket)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    int r = uv_tcp_open(&conn->socket, socket);

    if (r) {
        close(socket);
        conn_ask_end(conn, PROBLEM_LOST, r);
        return r;
    }
    if (getpeername(socket, (struct sockaddr *)&address, &size)) {
        r = -errno;
        conn_ask_end(conn, PROBLEM_LOST, r);
        return r;
    }
    conn_set_peer(conn, (struct sockaddr *)&address);
    conn_set_options(conn);
    conn->state = CONN_OPEN;
    conn_read_start(conn);
    conn_arm_timer(conn);
    return 0;
}

static void conn_on_connected(uv_connect_t *request, int status)
{
    struct conn *conn = request->data;

    if (conn->state != CONN_CONNECTING)
        return;
    if (status < 0) {
        conn_finish(conn, conn_connect_problem(status), status);
        return;
    }
    wire_restart_clock(conn->wire, clock_monotonic_ms());
    conn->state = CONN_OPEN;
    if (conn->factory->on_connected)
        conn->factory->on_connected(conn, conn->user);
    if (conn->held)
        return;
    conn_read_start(conn);
    conn_pump(conn);
}

void conn_hold(struct conn *conn)
{
    conn->held = true;
    conn->armed_ms = UINT64_MAX;
    uv_timer_stop(&conn->timer);
}

void conn_go_on(struct conn *conn, uint32_t timeout_ms)
{
    uint64_t now = clock_monotonic_ms();

    if (!conn->held)
        return;
    conn->held = false;
    if (conn->state != CONN_OPEN)
        return;
    wire_restart_clock(conn->wire, now);
    conn->deadline_ms = now + timeout_ms;
    conn_read_start(conn);
    conn_wake(conn);
}

void conn_connect(struct conn *conn, const struct sockaddr *address, uint32_t timeout_ms)
{
    int r;

    conn->connecting.data = conn;
    conn_set_peer(conn, address);
    r = uv_tcp_connect(&conn->connecting, &conn->socket, address, conn_on_connected);
    if (r) {
        conn_ask_end(conn, conn_connect_problem(r), r);
        return;
    }
    conn_set_options(conn);
    conn->state = CONN_CONNECTING;
    conn->opening = true;
    conn->deadline_ms = clock_monotonic_ms() + timeout_ms;
    conn_arm_timer(conn);
}
