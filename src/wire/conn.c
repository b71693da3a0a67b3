/* See conn.h: a connection at work. Its begin is in conn-open.c, its end in conn-close.c. */
#include "wire/conn-private.h"

#include <stdlib.h>

#include "base/clock.h"

/* After so many full send buffers in a row the other connections of the loop have their turn. */
enum { ROUNDS_PER_TURN = 4 };
/* How long settings and acknowledgements wait to go along with something that is said anyway. */
enum { WAIT_MS = 250 };

void conn_factory_init(struct conn_factory *factory, uv_loop_t *loop, enum tls_role role,
                       struct tls_context *context, const struct wire_events *events,
                       conn_closed on_closed)
{
    *factory = (struct conn_factory){
        .loop = loop,
        .role = role,
        .context = context,
        .events = events,
        .on_closed = on_closed,
    };
}

void conn_factory_deinit(struct conn_factory *factory)
{
    free(factory->read_buffer);
    factory->read_buffer = NULL;
    buffer_deinit(&factory->spare);
    wire_spares_drop(&factory->spares);
}

/* A connection that begins to send borrows the factory's large buffer, */
static void conn_borrow_buffer(struct conn *conn)
{
    struct buffer *outgoing = tls_outgoing(wire_tls(conn->wire));

    if (!outgoing->data) {
        *outgoing = conn->factory->spare;
        conn->factory->spare = BUFFER_INIT;
    }
}

/* and returns it, or any other that is larger, when all is sent. */
static void conn_return_buffer(struct conn *conn, struct buffer *empty)
{
    struct conn_factory *factory = conn->factory;

    if (empty->capacity > factory->spare.capacity) {
        buffer_deinit(&factory->spare);
        factory->spare = *empty;
        *empty = BUFFER_INIT;
        buffer_clear(&factory->spare);
    }
    buffer_deinit(empty);
}

static void conn_on_timer(uv_timer_t *timer)
{
    struct conn *conn = timer->data;
    uint64_t now = clock_monotonic_ms();

    conn->armed_ms = UINT64_MAX;
    if (now >= conn->deadline_ms) {
        conn->deadline_ms = UINT64_MAX;
        if (conn->state == CONN_LINGERING)
            conn_close_handles(conn);
        else
            conn_finish(conn, conn->shutting_down ? PROBLEM_NONE : PROBLEM_TIMEOUT, 0);
    } else if (conn->state == CONN_OPEN) {
        wire_tick(conn->wire, now);
        conn_pump(conn);
    } else {
        conn_arm_timer(conn);
    }
}

/* The timer may fire early, and then finds out: a deadline that moves with every byte received
 * costs nothing as long as it moves away. */
void conn_arm_timer(struct conn *conn)
{
    uint64_t due = conn->deadline_ms;
    uint64_t now;

    if (conn->state == CONN_CLOSING || conn->held)
        return;
    if (conn->state == CONN_OPEN && wire_deadline(conn->wire) < due)
        due = wire_deadline(conn->wire);
    if (conn->state == CONN_OPEN && conn->waits_until_ms < due)
        due = conn->waits_until_ms;
    if (due == UINT64_MAX) {
        if (conn->armed_ms != UINT64_MAX)
            uv_timer_stop(&conn->timer);
        conn->armed_ms = UINT64_MAX;
    } else if (due < conn->armed_ms) {
        now = clock_monotonic_ms();
        /* The loop's own idea of now is as old as its turn. */
        uv_update_time(conn->factory->loop);
        uv_timer_start(&conn->timer, conn_on_timer, due > now ? due - now : 0, 0);
        conn->armed_ms = due;
    }
}

/* The socket takes no more. What the peer said before, perhaps why, is still to be read, and
 * reading will find the end too; only if nobody reads it is the end now. */
static void conn_on_write_failed(struct conn *conn, int error)
{
    conn->mute = true;
    if (conn->system_error == 0)
        conn->system_error = error;
    if (!conn->reading && conn->state == CONN_OPEN)
        conn_finish(conn, PROBLEM_LOST, error);
}

static void conn_on_written(uv_write_t *request, int status)
{
    struct conn *conn = request->data;

    conn->in_flight = false;
    conn_return_buffer(conn, &conn->flight);
    if (conn->state == CONN_CLOSING)
        return;
    if (status < 0)
        conn_on_write_failed(conn, status);
    if (conn->state == CONN_OPEN) {
        conn_read_start(conn);
        conn_pump(conn);
    } else {
        conn_finish_step(conn);
    }
}

/* Gives what the kernel did not take to libuv: its place in memory must not change until it is
 * sent, so the buffer itself changes hands. */
static void conn_fly(struct conn *conn, struct buffer *outgoing)
{
    uv_buf_t bytes;
    int r;

    conn->flight = *outgoing;
    *outgoing = BUFFER_INIT;
    bytes = uv_buf_init((char *)buffer_bytes(&conn->flight),
                        (unsigned)buffer_length(&conn->flight));
    conn->writing.data = conn;
    conn->in_flight = true;
    r = uv_write(&conn->writing, (uv_stream_t *)&conn->socket, &bytes, 1, conn_on_written);
    if (r) {
        conn->in_flight = false;
        conn_return_buffer(conn, &conn->flight);
        conn_on_write_failed(conn, r);
    }
}

bool conn_write_out(struct conn *conn)
{
    struct buffer *outgoing = tls_outgoing(wire_tls(conn->wire));
    uv_buf_t bytes;
    int n;

    if (conn->in_flight)
        return false;
    if (buffer_length(outgoing) && !conn->mute) {
        bytes = uv_buf_init((char *)buffer_bytes(outgoing), (unsigned)buffer_length(outgoing));
        n = uv_try_write((uv_stream_t *)&conn->socket, &bytes, 1);
        if (n > 0)
            buffer_consume(outgoing, (size_t)n);
        else if (n != UV_EAGAIN)
            conn_on_write_failed(conn, n);
    }
    if (buffer_length(outgoing) && !conn->mute)
        conn_fly(conn, outgoing);
    if (conn->in_flight)
        return false;
    conn_return_buffer(conn, outgoing);
    return true;
}

static void conn_on_turn(uv_idle_t *turn)
{
    struct conn *conn = turn->data;

    uv_idle_stop(turn);
    if (conn->end_asked)
        conn_finish(conn, conn->problem, conn->system_error);
    else
        conn_pump(conn);
}

void conn_wake(struct conn *conn)
{
    if (conn->state < CONN_LINGERING)
        uv_idle_start(&conn->turn, conn_on_turn);
}

/* Whether what there is to send waits; then it leaves the factory's buffer to the others. */
static bool conn_waits(struct conn *conn)
{
    struct buffer *outgoing = tls_outgoing(wire_tls(conn->wire));
    struct buffer kept = BUFFER_INIT;
    uint64_t now;

    if (!wire_can_wait(conn->wire))
        return false;
    now = clock_monotonic_ms();
    if (conn->waits_until_ms == UINT64_MAX)
        conn->waits_until_ms = now + WAIT_MS;
    if (now >= conn->waits_until_ms ||
        buffer_append(&kept, buffer_bytes(outgoing), buffer_length(outgoing)))
        return false;
    conn_return_buffer(conn, outgoing);
    *outgoing = kept;
    return true;
}

static void conn_produce(struct conn *conn)
{
    conn->busy = true;
    for (int round = 0; conn->state == CONN_OPEN && !conn->in_flight && !conn->mute; round++) {
        if (round == 0 && conn_waits(conn))
            break;
        if (round == ROUNDS_PER_TURN) {
            conn_wake(conn);
            break;
        }
        conn->again = false;
        conn_borrow_buffer(conn);
        conn->waits_until_ms = UINT64_MAX;
        wire_produce(conn->wire);
        if (wire_backlog(conn->wire) > 0) {
            conn_write_out(conn);
        } else if (!conn->again) {
            conn_return_buffer(conn, tls_outgoing(wire_tls(conn->wire)));
            break;
        }
    }
    conn->busy = false;
}

/* Sends what there is to send, as fast as the kernel takes it, and looks whether the wire has
 * ended. */
void conn_pump(struct conn *conn)
{
    if (conn->held)
        return;
    conn_produce(conn);
    if (conn->state != CONN_OPEN)
        return;
    if (conn->opening && tls_is_established(wire_tls(conn->wire))) {
        conn->opening = false;
        if (!conn->shutting_down)
            conn->deadline_ms = UINT64_MAX;
    }
    if (wire_is_finished(conn->wire)) {
        conn_finish(conn, conn->shutting_down ? PROBLEM_NONE : wire_problem(conn->wire), 0);
        return;
    }
    /* A client never stops reading for this: two sides that both wait for the other would wait for
     * ever. */
    if (conn->in_flight && conn->factory->role == TLS_SERVER && wire_is_choked(conn->wire))
        conn_read_stop(conn);
    conn_arm_timer(conn);
}

static void conn_on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct conn *conn = handle->data;
    struct conn_factory *factory = conn->factory;

    (void)suggested;
    if (!factory->read_buffer)
        factory->read_buffer = malloc(LIMIT_READ);
    /* No memory: libuv then reports ENOBUFS to conn_on_read(). */
    *buffer = uv_buf_init((char *)factory->read_buffer, factory->read_buffer ? LIMIT_READ : 0);
}

/* Nothing more will come: error 0 for the peer's end of file. */
static void conn_on_read_end(struct conn *conn, int error)
{
    enum problem_code problem = PROBLEM_LOST;

    conn_read_stop(conn);
    if (conn->state == CONN_LINGERING) {
        if (error)
            conn_close_handles(conn);
        else
            conn_finish_step(conn);
        return;
    }
    if (conn->shutting_down)
        problem = PROBLEM_NONE;
    else if (error == 0 && !conn->mute && !tls_is_established(wire_tls(conn->wire)))
        problem = PROBLEM_CLOSED;
    else if (error == -ETIMEDOUT && !tls_is_established(wire_tls(conn->wire)))
        problem = PROBLEM_TIMEOUT;
    conn_finish(conn, problem, error ? error : conn->system_error);
}

static void conn_on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct conn *conn = stream->data;

    if (size < 0) {
        conn_on_read_end(conn, size == UV_EOF ? 0 : (int)size);
    } else if (size > 0 && conn->state == CONN_OPEN) {
        conn_borrow_buffer(conn);
        conn->busy = true;
        wire_receive(conn->wire, buffer->base, (size_t)size, clock_monotonic_ms());
        conn->busy = false;
        conn_pump(conn);
    }
}

void conn_read_start(struct conn *conn)
{
    if (!conn->reading)
        conn->reading = uv_read_start((uv_stream_t *)&conn->socket, conn_on_allocate,
                                      conn_on_read) == 0;
}

void conn_read_stop(struct conn *conn)
{
    uv_read_stop((uv_stream_t *)&conn->socket);
    conn->reading = false;
}

/* Ends the connection at the next turn of the loop. */
void conn_ask_end(struct conn *conn, enum problem_code problem, int system_error)
{
    if (conn->state >= CONN_LINGERING || conn->end_asked)
        return;
    conn->end_asked = true;
    conn->problem = problem;
    conn->system_error = system_error;
    conn_wake(conn);
}

struct wire *conn_wire(struct conn *conn)
{
    return conn->wire;
}

void conn_flush(struct conn *conn)
{
    /* One more turn of the loop for nothing is a system call. */
    if (conn->busy)
        conn->again = true;
    else
        conn_wake(conn);
}

void conn_shut_down(struct conn *conn, uint32_t linger_ms)
{
    if (conn->state != CONN_OPEN) {
        conn_close(conn);
        return;
    }
    conn->shutting_down = true;
    wire_shut_down(conn->wire);
    conn->deadline_ms = clock_monotonic_ms() + linger_ms;
    conn_arm_timer(conn);
    conn_wake(conn);
}

void conn_close(struct conn *conn)
{
    conn_ask_end(conn, PROBLEM_NONE, 0);
}

bool conn_is_closing(const struct conn *conn)
{
    return conn->state >= CONN_LINGERING || conn->end_asked;
}

const char *conn_peer(const struct conn *conn)
{
    return conn->peer;
}

const struct sockaddr_storage *conn_peer_address(const struct conn *conn)
{
    return &conn->peer_address;
}
