/* One connection, TLS 1.3 carrying HTTP/2, with no I/O in it: bytes in, bytes out, time passed in.
 * The same object serves both roles, whoever dialled. wire/conn.h drives it with libuv.
 *
 * Life of a wire
 *  1. wire_new(), then bytes in with wire_receive() and out with wire_produce()/wire_sent().
 *  2. Events are called only from inside wire_receive(), wire_produce() and wire_tick(). A callback
 * may start, answer and cancel streams; it must not free the wire.
 *  3. A stream lives from wire_request() or on_request until its on_close, which is called exactly
 * once, also when the connection dies; after it the pointer is gone.
 *  4. What was submitted, inside an event or outside, goes out with the next wire_produce().
 *  5. When wire_receive() returned an error or wire_is_finished() is true, send what is left in
 *     wire_outgoing() and free the wire.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "proto/problem.h"
#include "wire/tls.h"

struct wire;
struct wire_stream;

/* The h2_error codes of on_close that one may want to tell apart (RFC 9113, section 7). */
enum wire_h2_error {
    WIRE_H2_NONE = 0,        /* a clean end */
    WIRE_H2_REFUSED = 7,     /* the peer has not touched it: it may be sent again */
    WIRE_H2_CANCEL = 8,      /* one of the two sides cancelled */
    WIRE_H2_CONNECTION = 10, /* the connection ended under it; wire_problem() tells why */
};

enum body_state {
    BODY_MORE, /* bytes are there; ask again */
    BODY_WAIT, /* none now: wire_stream_resume() will be called when there are */
    BODY_END,  /* these bytes (possibly none) are the last */
    BODY_FAIL, /* cannot go on: reset the stream */
};

/* Where an outgoing body comes from. `peek` lends bytes in place, at most `max`, that stay valid
 * until `took` says how many of them have been encrypted; nothing is copied on the way. */
struct wire_body {
    enum body_state (*peek)(void *user, size_t max, struct slice *bytes_out);
    void (*took)(void *user, size_t size);
    void *user;
};

/* Where an incoming body may go: `room` tells where its next bytes belong, and for how many there
 * is room; NULL or 0: nowhere just now. What is put there is then what on_data is called with, the
 * bytes where they are: so who gathers them somewhere need not copy them. */
struct wire_place {
    uint8_t *(*room)(void *user, size_t *size_out);
    void *user;
};

struct wire_header {
    const char *name; /* lower case */
    const char *value;
};

struct wire_events {
    /* The handshake is over and the peer's id can be asked for. Client: return an enum problem_code
     * to end the connection before anything is sent (the id is not the pinned one), or
     * PROBLEM_NONE. */
    enum problem_code (*on_established)(struct wire *wire, void *user);
    /* Server: a request's headers are complete; body bytes may follow. */
    void (*on_request)(struct wire_stream *stream, void *user);
    /* Client: a response's headers are complete. */
    void (*on_response)(struct wire_stream *stream, void *user);
    /* Body bytes. Each must be given back with wire_stream_consume(), now or later: until then the
     * peer's window of this stream stays that much smaller, and only this stream's. */
    void (*on_data)(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user);
    /* The peer's body is complete. */
    void (*on_end)(struct wire_stream *stream, void *user);
    /* The peer gave window back: wire_stream_acknowledged() has grown. May be NULL. */
    void (*on_acknowledged)(struct wire_stream *stream, void *user);
    /* Server: what was sent before wire_ask_receipt() returned this number has been taken. May be
     * NULL. */
    void (*on_receipt)(struct wire *wire, uint64_t number, void *user);
    /* The stream is gone; `h2_error` is 0 after a clean end (RFC 9113, section 7). */
    void (*on_close)(struct wire_stream *stream, uint32_t h2_error, void *user);
};

/* Large blocks of memory that wires gave back, for the next ones: to have the kernel make one takes
 * longer than all that a short connection does with it. Of one thread; {0} at first. */
enum { WIRE_SPARES_MAX = 16 };
struct wire_spares {
    void *blocks[WIRE_SPARES_MAX];
    size_t count;
};
void wire_spares_drop(struct wire_spares *spares);

/* `events`, `context` and `spares` (which may be NULL) are borrowed. `now_ms` is
 * clock_monotonic_ms(), as everywhere below. Returns 0 or -ENOMEM. */
int wire_new(struct wire **wire_out, enum tls_role role, struct tls_context *context,
             struct wire_spares *spares, const struct wire_events *events, void *user,
             uint64_t now_ms);
/* Closes every stream (on_close is called) and gives back what HTTP/2 held, to `spares`, too: no
 * byte comes or goes any more. How it ended can still be asked. */
void wire_fall_silent(struct wire *wire);
/* The same, and frees the wire. */
struct wire *wire_free(struct wire *wire);

/* Takes ciphertext from the peer; all of it is used before the call returns.
 * Returns 0, -ENOMEM, or 1 when the connection is over: wire_problem() tells why. */
int wire_receive(struct wire *wire, const void *bytes, size_t size, uint64_t now_ms);
/* Fills the outgoing buffer up to LIMIT_SEND_AHEAD. Returns 0, -ENOMEM, or 1 as above. */
int wire_produce(struct wire *wire);
/* The ciphertext that waits for the socket. After sending a part of it, wire_sent(). */
struct slice wire_outgoing(const struct wire *wire);
void wire_sent(struct wire *wire, size_t size);
/* When wire_tick() wants to be called next (monotonic ms); UINT64_MAX for never: an idle server
 * connection needs no timer. */
uint64_t wire_deadline(const struct wire *wire);
/* Ends a handshake that took too long, sends heartbeats, notices a peer that no longer answers
 * them. Returns 0, -ENOMEM, or 1 as above. */
int wire_tick(struct wire *wire, uint64_t now_ms);
/* The peer fell silent for `interval_ms`: send a PING; no answer in `patience_ms`: the connection
 * is lost. Off (0, 0) at first. */
void wire_set_heartbeat(struct wire *wire, uint32_t interval_ms, uint32_t patience_ms);

/* No new streams; the open ones may end; then the connection does (GOAWAY, RFC 9113 section 6.8).
 */
void wire_shut_down(struct wire *wire);
/* True once everything is said: what is in wire_outgoing() is the last. */
bool wire_is_finished(const struct wire *wire);
/* Ends the connection now: every stream is closed (on_close is called from inside this call),
 * GOAWAY and close_notify go to the outgoing buffer, wire_problem() is `problem`. Not from inside
 * an event; for the driver. */
void wire_end(struct wire *wire, enum problem_code problem);
/* The handshake's time begins now and not at wire_new(): the driver has connected only now. */
void wire_restart_clock(struct wire *wire, uint64_t now_ms);
/* Why the connection is over: NOT_TLS, NOT_HUNE (TLS without h2), TLS_FAILED, TIMEOUT, CLOSED,
 * LOST, what on_established said, or PROBLEM_NONE while it lives. */
enum problem_code wire_problem(const struct wire *wire);
/* A phrase with the library's own reason for the log and for `hune doctor`; "" if there is none. */
const char *wire_reason(const struct wire *wire);

struct tls *wire_tls(struct wire *wire);
void *wire_user(const struct wire *wire);
/* How many streams are open. */
size_t wire_stream_count(const struct wire *wire);
/* Bytes of memory that HTTP/2 and the buffers of this connection hold now (without OpenSSL's). */
size_t wire_memory(const struct wire *wire);
/* Server: how many streams the peer may have open at once (LIMIT_STREAMS_UNOPENED at first). With
 * more than those it is no stranger, and its bodies get LIMIT_INPUT_WINDOW, too. */
int wire_set_stream_limit(struct wire *wire, uint32_t streams);

/* Server: asks the peer to say when it has taken all that was sent so far, such as a body whose
 * stream is gone: nothing else acknowledges its end. Returns the receipt's number, or 0 when none
 * can be had. A peer that resets a stream meanwhile may have thrown its bytes away: then there is
 * no receipt for what was asked before. */
uint64_t wire_ask_receipt(struct wire *wire);

/* Client: starts a request. `body` NULL: none. `headers` may be NULL when `count` is 0; everything
 * is copied. May be called before the handshake is over. Returns 0, -ENOMEM, -EINVAL for more than
 * 16 headers, or -EPIPE when the connection takes no more streams. */
int wire_request(struct wire *wire, const char *method, const char *path,
                 const struct wire_header *headers, size_t count, const struct wire_body *body,
                 void *user, struct wire_stream **stream_out);
/* Client: the same with a body of bytes that are copied. */
int wire_request_bytes(struct wire *wire, const char *method, const char *path, const void *bytes,
                       size_t size, void *user, struct wire_stream **stream_out);

/* Server: answers. `content_type` may be NULL. Returns 0, -ENOMEM or -EPIPE. */
int wire_respond(struct wire_stream *stream, unsigned status, const char *content_type,
                 const struct wire_body *body);
int wire_respond_bytes(struct wire_stream *stream, unsigned status, const char *content_type,
                       const void *bytes, size_t size);

/* The body said BODY_WAIT; now it has more. */
void wire_stream_resume(struct wire_stream *stream);
/* From now on body bytes go there; `place` is copied, NULL for as before. */
void wire_stream_set_place(struct wire_stream *stream, const struct wire_place *place);
/* `size` body bytes have left this process: the peer may send as many again. */
void wire_stream_consume(struct wire_stream *stream, size_t size);
/* RST_STREAM CANCEL; on_close follows. */
void wire_stream_cancel(struct wire_stream *stream);
/* Body bytes of ours for which the peer gave window back: it holds them, whatever happens to us
 * now. */
uint64_t wire_stream_acknowledged(const struct wire_stream *stream);

/* "" where the peer sent none. The texts live as long as the stream. */
const char *wire_stream_method(const struct wire_stream *stream);
const char *wire_stream_path(const struct wire_stream *stream); /* with its query */
const char *wire_stream_authorization(const struct wire_stream *stream);
unsigned wire_stream_status(const struct wire_stream *stream);
const char *wire_stream_content_type(const struct wire_stream *stream);
struct wire *wire_stream_wire(const struct wire_stream *stream);
void wire_stream_set_user(struct wire_stream *stream, void *user);
void *wire_stream_user(const struct wire_stream *stream);
