/* What conn-open.c (how one begins), conn.c (at work) and conn-close.c (the one closing path)
 * share.
 */
#pragma once

#include <netinet/in.h>

#include "wire/conn.h"
#include "wire/wire-private.h"

enum conn_state {
    CONN_NEW,
    CONN_CONNECTING,
    CONN_OPEN,
    CONN_LINGERING, /* streams are closed; the last bytes go out */
    CONN_CLOSING,   /* the handles are being closed */
};

struct conn {
    struct conn_factory *factory;
    void *user;
    struct wire *wire;
    uv_tcp_t socket;
    uv_timer_t timer;
    uv_idle_t
        turn; /* runs before the loop sleeps: what was submitted or asked for outside of an event */
    uv_connect_t connecting;
    uv_write_t writing;
    uv_shutdown_t half_close;
    struct buffer flight; /* what libuv is sending; must not move */
    enum conn_state state;
    enum problem_code problem;
    int system_error;
    bool in_flight;
    bool reading;
    bool mute; /* writing failed: what the peer said before is still to be read */
    bool half_closed;
    bool held;            /* connected, and nothing is said yet */
    bool opening;         /* deadline_ms is that of connection and handshake */
    bool shutting_down;   /* conn_shut_down() was called */
    bool busy;            /* the wire is at work, and is asked for what it has to send after that */
    bool again;           /* and has more since it was asked last */
    bool end_asked;       /* conn_finish() is due at the next turn, with the two values above */
    unsigned handles;     /* open ones */
    uint64_t deadline_ms; /* of connecting, shutting down or lingering; UINT64_MAX for none */
    uint64_t waits_until_ms; /* then what can wait (wire_can_wait) is sent; UINT64_MAX for none */
    uint64_t armed_ms;       /* when the timer fires; UINT64_MAX while it is off */
    struct sockaddr_storage peer_address;
    char peer[INET6_ADDRSTRLEN + 9];
};

/* conn.c */
void conn_arm_timer(struct conn *conn);
/* Sends what there is to send, as fast as the kernel takes it, and looks whether the wire has
 * ended. */
void conn_pump(struct conn *conn);
/* The same at the next turn of the loop, which is also where an end that was asked for begins. */
void conn_wake(struct conn *conn);
void conn_ask_end(struct conn *conn, enum problem_code problem, int system_error);
/* Writes what waits; produces nothing. True if all of it is with the kernel, or never can be. */
bool conn_write_out(struct conn *conn);
void conn_read_start(struct conn *conn);
void conn_read_stop(struct conn *conn);

/* conn-close.c: closes the streams and begins the end. The first reason counts. Only from the loop.
 */
void conn_finish(struct conn *conn, enum problem_code problem, int system_error);
/* Goes on with the end: after a write, the peer's end, or the time-out. */
void conn_finish_step(struct conn *conn);
void conn_close_handles(struct conn *conn);
enum problem_code conn_connect_problem(int system_error);
