/* The libuv driver of a wire: one TCP connection, back-pressure both ways, one closing path.
 *
 * Life of a conn
 *  1. conn_new(), then conn_accept() or conn_connect().
 *  2. on_closed is called exactly once, from the loop, never from inside a call to this module;
 * after it returns, the conn frees itself. Until then the pointer is good.
 *  3. Whatever goes wrong, and conn_close() too, leads to the same path: streams closed, what is in
 * the outgoing buffer sent for at most a moment, the handle closed, on_closed.
 *
 * The program must ignore SIGPIPE: libuv writes with plain write(2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "proto/problem.h"
#include "wire/wire.h"

struct conn;

/* `problem` tells why (PROBLEM_NONE after conn_close()); `system_error` is the -errno behind it or
 * 0. */
typedef void (*conn_closed)(struct conn *conn, enum problem_code problem, int system_error,
                            void *user);

/* What the connections of one loop share: the context, the event table, the read buffer. Borrowed
 * by every conn, so it must outlive them. */
struct conn_factory {
    uv_loop_t *loop;
    enum tls_role role;
    struct tls_context *context;
    const struct wire_events *events;
    conn_closed on_closed;
    /* Client: TCP stands, the handshake begins. NULL after conn_factory_init(); set it then. */
    void (*on_connected)(struct conn *conn, void *user);
    const char
        *congestion; /* TCP_CONGESTION of its sockets, for benchmarks; NULL: the kernel's choice */
    uint8_t *read_buffer; /* made on first use */
    struct wire_spares spares;
    struct buffer
        spare; /* one large send buffer for whoever is busy, so that idle ones keep none */
};

void conn_factory_init(struct conn_factory *factory, uv_loop_t *loop, enum tls_role role,
                       struct tls_context *context, const struct wire_events *events,
                       conn_closed on_closed);
void conn_factory_deinit(struct conn_factory *factory);

/* `user` goes to the wire's events and to on_closed. Returns 0 or -errno. */
int conn_new(struct conn **conn_out, struct conn_factory *factory, void *user);
/* Takes a socket that was accepted (non-blocking, close-on-exec); owns it from here, also on error.
 * Returns 0 or -errno; after an error on_closed follows from the loop as ever. */
int conn_accept(struct conn *conn, int socket);
/* Starts connecting; failure to even start is reported through on_closed as well. `timeout_ms`
 * counts for the connection and the handshake together. */
void conn_connect(struct conn *conn, const struct sockaddr *address, uint32_t timeout_ms);

/* Client, from inside on_connected: the handshake does not begin yet, and no time runs. */
void conn_hold(struct conn *conn);
/* It begins, and has `timeout_ms`. */
void conn_go_on(struct conn *conn, uint32_t timeout_ms);

struct wire *conn_wire(struct conn *conn);
/* What the application submitted outside of an event goes out at the end of this loop turn. */
void conn_flush(struct conn *conn);
/* GOAWAY, let streams end for at most `linger_ms`, then close. */
void conn_shut_down(struct conn *conn, uint32_t linger_ms);
/* Closes; on_closed follows from the loop. */
void conn_close(struct conn *conn);
/* True once the connection is on its closing path. */
bool conn_is_closing(const struct conn *conn);
/* The other side as text, for logs: "192.0.2.1:53122" or "[2001:db8::1]:53122"; "" before there is
 * one. */
const char *conn_peer(const struct conn *conn);
const struct sockaddr_storage *conn_peer_address(const struct conn *conn);
