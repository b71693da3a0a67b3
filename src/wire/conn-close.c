/* The one closing path of a connection, whatever began it: streams closed, the last bytes sent for
 * at most LIMIT_LINGER_MS, handles closed, on_closed, memory freed. */
#include "wire/conn-private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"

enum problem_code conn_connect_problem(int system_error)
{
    switch (system_error) {
    case -ECONNREFUSED: return PROBLEM_CONNECTION_REFUSED;
    case -ETIMEDOUT: return PROBLEM_TIMEOUT;
    case -ECONNRESET:
    case -EPIPE: return PROBLEM_LOST;
    /* ENETUNREACH, EHOSTUNREACH, EACCES of a local firewall, EADDRNOTAVAIL, a family without a
     * route. */
    default: return PROBLEM_UNREACHABLE;
    }
}

static void conn_on_handle_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;

    if (--conn->handles > 0)
        return;
    wire_fall_silent(conn->wire); /* the factory may be gone after the next line */
    conn->factory->on_closed(conn, conn->problem, conn->system_error, conn->user);
    wire_free(conn->wire);
    buffer_deinit(&conn->flight);
    free(conn);
}

void conn_close_handles(struct conn *conn)
{
    if (conn->state == CONN_CLOSING)
        return;
    conn->state = CONN_CLOSING;
    conn->handles = 3;
    uv_close((uv_handle_t *)&conn->socket, conn_on_handle_closed);
    uv_close((uv_handle_t *)&conn->timer, conn_on_handle_closed);
    uv_close((uv_handle_t *)&conn->turn, conn_on_handle_closed);
}

static void conn_on_half_closed(uv_shutdown_t *request, int status)
{
    struct conn *conn = request->data;

    if (status < 0)
        conn_close_handles(conn);
}

/* A socket that is closed over unread bytes sends a reset, which can overtake our last words: a
 * server says that it will write no more and waits for the peer to go. A client has nothing left to
 * lose. */
static void conn_half_close(struct conn *conn)
{
    if (conn->half_closed)
        return;
    conn->half_closed = true;
    conn->half_close.data = conn;
    if (uv_shutdown(&conn->half_close, (uv_stream_t *)&conn->socket, conn_on_half_closed)) {
        conn_close_handles(conn);
        return;
    }
    /* Read, to throw away what the peer still says and to see it go. */
    conn_read_start(conn);
}

void conn_finish_step(struct conn *conn)
{
    if (conn->state != CONN_LINGERING || !conn_write_out(conn))
        return;
    if (conn->factory->role == TLS_SERVER && conn->reading && !conn->mute)
        conn_half_close(conn);
    else
        conn_close_handles(conn);
}

void conn_finish(struct conn *conn, enum problem_code problem, int system_error)
{
    bool connected = conn->state == CONN_OPEN;

    if (conn->state >= CONN_LINGERING)
        return;
    conn->problem = problem;
    conn->system_error = system_error;
    conn->state = CONN_LINGERING;
    conn->held = false;
    wire_end(conn->wire, problem);
    if (!connected) {
        conn_close_handles(conn);
        return;
    }
    conn->deadline_ms = clock_monotonic_ms() + LIMIT_LINGER_MS;
    conn_arm_timer(conn);
    conn_finish_step(conn);
}
