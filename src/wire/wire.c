/* See wire.h: the life of a connection, and its bytes in and out. */
#include "wire/wire-private.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"

/* The most that TLS puts into one record (RFC 8446, section 5.1). */
enum { RECORD_SIZE = 16 * 1024 };

static struct wire *wire_allocate(enum tls_role role, const struct wire_events *events, void *user,
                                  uint64_t now_ms)
{
    struct wire *wire = calloc(1, sizeof(*wire));

    if (!wire)
        return NULL;
    wire->role = role;
    wire->events = events;
    wire->user = user;
    wire->started_ms = now_ms;
    wire->heard_ms = now_ms;
    wire->stream_limit = LIMIT_STREAMS_UNOPENED;
    list_init(&wire->streams);
    wire_memory_init(wire);
    return wire;
}

int wire_new(struct wire **wire_out, enum tls_role role, struct tls_context *context,
             struct wire_spares *spares, const struct wire_events *events, void *user,
             uint64_t now_ms)
{
    struct wire *wire = wire_allocate(role, events, user, now_ms);
    int r;

    if (!wire)
        return -ENOMEM;
    wire->spares = spares;
    r = tls_new(&wire->tls, context);
    /* A server spends memory on HTTP/2 only for those who finish the handshake; a client may submit
     * requests before. */
    if (!r && role == TLS_CLIENT)
        r = wire_session_new(wire);
    if (r) {
        wire_free(wire);
        return r;
    }
    *wire_out = wire;
    return 0;
}

int wire_new_plain(struct wire **wire_out, enum tls_role role, const struct wire_events *events,
                   void *user, uint64_t now_ms)
{
    struct wire *wire = wire_allocate(role, events, user, now_ms);
    int r;

    if (!wire)
        return -ENOMEM;
    r = wire_session_new(wire);
    if (r) {
        wire_free(wire);
        return r;
    }
    wire->established = true;
    *wire_out = wire;
    return 0;
}

static void wire_close_streams(struct wire *wire)
{
    while (!list_is_empty(&wire->streams))
        wire_stream_close(container_of(wire->streams.next, struct wire_stream, link),
                          WIRE_H2_CONNECTION);
}

void wire_fall_silent(struct wire *wire)
{
    /* Streams that a callback would still start now could never close. */
    wire_fail(wire, PROBLEM_CLOSED, NULL);
    wire_close_streams(wire);
    nghttp2_session_del(wire->session);
    wire->session = NULL;
}

struct wire *wire_free(struct wire *wire)
{
    if (!wire)
        return NULL;
    wire_fall_silent(wire);
    tls_free(wire->tls);
    buffer_deinit(&wire->staged);
    buffer_deinit(&wire->plain);
    free(wire);
    return NULL;
}

void wire_fail(struct wire *wire, enum problem_code problem, const char *reason)
{
    if (wire->problem != PROBLEM_NONE)
        return;
    wire->problem = problem;
    if (reason)
        wire->reason = reason;
}

void wire_fail_memory(struct wire *wire)
{
    wire->failure = -ENOMEM;
    wire_fail(wire, PROBLEM_LOST, "out of memory");
}

bool wire_is_over(const struct wire *wire)
{
    return wire->problem != PROBLEM_NONE;
}

/* The end of every entry: streams do not outlive the connection, and the caller learns of its end.
 */
int wire_settle(struct wire *wire)
{
    if (!wire_is_over(wire))
        return 0;
    wire_close_streams(wire);
    if (wire->tls)
        tls_shutdown(wire->tls);
    return wire->failure ? wire->failure : 1;
}

static void wire_fail_tls(struct wire *wire, enum tls_error error)
{
    static const enum problem_code problems[] = {
        [TLS_E_NOT_TLS] = PROBLEM_NOT_TLS,   [TLS_E_ALERT] = PROBLEM_TLS_FAILED,
        [TLS_E_FAILED] = PROBLEM_TLS_FAILED, [TLS_E_NO_H2] = PROBLEM_NOT_HUNE,
        [TLS_E_CLOSED] = PROBLEM_CLOSED,
    };

    wire_fail(wire, problems[error], tls_reason(wire->tls));
}

/* The peer broke the protocol, or never spoke it. */
static enum problem_code wire_protocol_problem(const struct wire *wire)
{
    return wire->role == TLS_CLIENT && !wire->heard_settings ? PROBLEM_NOT_HUNE : PROBLEM_LOST;
}

/* What an error of nghttp2 means for the connection; callbacks that failed have said so already. */
static void wire_fail_session(struct wire *wire, int error)
{
    if (error == NGHTTP2_ERR_NOMEM)
        wire_fail_memory(wire);
    else
        wire_fail(wire, wire_protocol_problem(wire), nghttp2_strerror(error));
}

/* HTTP/2 bytes, decrypted. */
static void wire_input(struct wire *wire, const uint8_t *bytes, size_t size)
{
    ssize_t n = nghttp2_session_mem_recv(wire->session, bytes, size);

    if (n < 0)
        wire_fail_session(wire, (int)n);
}

/* The handshake has just ended well. */
static void wire_establish(struct wire *wire)
{
    enum problem_code problem = PROBLEM_NONE;

    wire->established = true;
    if (!wire->session) {
        if (wire_session_new(wire)) {
            wire_fail_memory(wire);
            return;
        }
        wire->patient = nghttp2_session_get_outbound_queue_size(wire->session);
    }
    if (wire->events->on_established)
        problem = wire->events->on_established(wire, wire->user);
    if (problem != PROBLEM_NONE)
        wire_fail(wire, problem, NULL);
}

/* Where the stream that the next bytes belong to wants them; NULL: nowhere in particular. */
static uint8_t *wire_place(const struct wire *wire, size_t *size_out)
{
    const struct wire_stream *stream = NULL;
    uint8_t *room = NULL;

    if (wire->payload_left > 0)
        stream = nghttp2_session_get_stream_user_data(wire->session, wire->payload_id);
    if (stream && stream->place.room && !stream->cancelled)
        room = stream->place.room(stream->place.user, size_out);
    if (!room || *size_out == 0)
        return NULL;
    if (*size_out > wire->payload_left)
        *size_out = wire->payload_left;
    return room;
}

/* Body bytes, where they belong. */
static void wire_input_placed(struct wire *wire, const uint8_t *bytes, size_t size)
{
    size_t left = wire->payload_left - size;

    wire_input(wire, bytes, size);
    /* Also if nobody wanted them. */
    wire->payload_left = left;
}

/* Decrypts one record, or less; where they belong, as many as there are: handing bytes on costs the
 * same for a few as for many. Returns true if there may be another. */
static bool wire_read_records(struct wire *wire)
{
    /* Zeroing it for each record, as the build does with all else, would cost 3 % of the
     * throughput. */
    uint8_t plain[RECORD_SIZE] __attribute__((uninitialized));
    size_t room, size = 0;
    uint8_t *place = wire_place(wire, &room);
    uint8_t *to = place ? place : plain;
    enum tls_error error;
    int n;

    if (!place)
        room = sizeof(plain);
    do {
        n = tls_read(wire->tls, to + size, room - size, &error);
        size += n > 0 ? (size_t)n : 0;
    } while (place && n > 0 && size < room);
    if (n < 0) {
        wire_fail_memory(wire);
        return false;
    }
    if (!wire->established && tls_is_established(wire->tls))
        wire_establish(wire);
    if (wire_is_over(wire))
        return false;
    if (place && size > 0)
        wire_input_placed(wire, place, size);
    else if (size > 0)
        wire_input(wire, plain, size);
    if (error && !wire_is_over(wire))
        wire_fail_tls(wire, error);
    return n > 0 && !wire_is_over(wire);
}

int wire_receive(struct wire *wire, const void *bytes, size_t size, uint64_t now_ms)
{
    if (wire_is_over(wire))
        return wire_settle(wire);
    wire->heard_ms = now_ms;
    wire->ping_ms = 0;
    tls_feed(wire->tls, bytes, size);
    while (wire_read_records(wire))
        ;
    tls_feed(wire->tls, NULL, 0);
    return wire_settle(wire);
}

int wire_receive_plain(struct wire *wire, const void *bytes, size_t size, uint64_t now_ms)
{
    if (!wire_is_over(wire)) {
        wire->heard_ms = now_ms;
        wire->ping_ms = 0;
        wire_input(wire, bytes, size);
    }
    return wire_settle(wire);
}

static const struct buffer *wire_outbox(const struct wire *wire)
{
    return wire->tls ? tls_outgoing(wire->tls) : &wire->plain;
}

size_t wire_backlog(const struct wire *wire)
{
    return buffer_length(wire_outbox(wire)) + buffer_length(&wire->staged);
}

bool wire_can_wait(const struct wire *wire)
{
    const struct wire_stream *stream;
    size_t queued;

    if (!wire->established || wire_is_over(wire) || wire->shutting_down ||
        (wire->role == TLS_SERVER && list_is_empty(&wire->streams)))
        return false;
    queued = nghttp2_session_get_outbound_queue_size(wire->session);
    if (queued != wire->patient || queued + wire_backlog(wire) == 0)
        return false;
    /* Of a client that would be the end of the handshake. */
    if (wire->role == TLS_CLIENT && wire_backlog(wire) > 0)
        return false;
    /* Bodies on their way are not in the queue. */
    list_for_each (&wire->streams, struct wire_stream, link, stream)
        if (wire->role == TLS_CLIENT ? !stream->sent_all : stream->answered || !stream->ended)
            return false;
    return true;
}

bool wire_is_choked(const struct wire *wire)
{
    return wire->session &&
           nghttp2_session_get_outbound_queue_size(wire->session) > LIMIT_OUTBOUND_FRAMES;
}

static int wire_write(struct wire *wire, const void *bytes, size_t size)
{
    int r;

    if (size == 0)
        return 0;
    r = wire->tls ? tls_write(wire->tls, bytes, size) : buffer_append(&wire->plain, bytes, size);
    if (r == -ENOMEM)
        wire_fail_memory(wire);
    else if (r)
        wire_fail(wire, PROBLEM_TLS_FAILED, tls_reason(wire->tls));
    return r;
}

int wire_encrypt(struct wire *wire, const void *bytes, size_t size)
{
    int r = wire_write(wire, buffer_bytes(&wire->staged), buffer_length(&wire->staged));

    buffer_clear(&wire->staged);
    return r ? r : wire_write(wire, bytes, size);
}

int wire_stage(struct wire *wire, const void *bytes, size_t size)
{
    if (buffer_length(&wire->staged) + size > RECORD_SIZE)
        return wire_encrypt(wire, bytes, size);
    if (buffer_append(&wire->staged, bytes, size)) {
        wire_fail_memory(wire);
        return -ENOMEM;
    }
    return 0;
}

/* Frames from nghttp2 until it has none, or enough waits for the socket. False: the wire has
 * failed. */
static bool wire_collect(struct wire *wire)
{
    while (wire_backlog(wire) < LIMIT_SEND_AHEAD) {
        const uint8_t *bytes;
        ssize_t n = nghttp2_session_mem_send(wire->session, &bytes);

        if (n < 0) {
            wire_fail_session(wire, (int)n);
            return false;
        }
        /* A DATA frame went through wire_send_data(), which paused nghttp2 for the look above. */
        if (n == 0)
            break;
        if (wire_stage(wire, bytes, (size_t)n))
            return false;
    }
    return wire_encrypt(wire, NULL, 0) == 0;
}

int wire_produce(struct wire *wire)
{
    if (wire_is_over(wire))
        return wire_settle(wire);
    if (!wire->established) {
        /* A client's first flight; a server has nothing to say before it was spoken to. */
        wire_read_records(wire);
        return wire_settle(wire);
    }
    wire->patient = 0;
    if (wire_collect(wire) && !nghttp2_session_want_read(wire->session) &&
        !nghttp2_session_want_write(wire->session))
        wire_fail(wire, wire->broke_off ? wire_protocol_problem(wire) : PROBLEM_CLOSED, NULL);
    buffer_trim(&wire->staged);
    return wire_settle(wire);
}

struct slice wire_outgoing(const struct wire *wire)
{
    const struct buffer *outbox = wire_outbox(wire);

    return buffer_slice(outbox);
}

void wire_sent(struct wire *wire, size_t size)
{
    buffer_consume(wire->tls ? tls_outgoing(wire->tls) : &wire->plain, size);
}

/* A server's GOAWAY comes in two steps, so that a request on its way is not lost: "no more,
 * please", a PING, and with the PING's answer the number of the last request that counts. */
void wire_shut_down(struct wire *wire)
{
    int32_t last;
    int r = 0;

    if (wire_is_over(wire) || wire->shutting_down)
        return;
    wire->shutting_down = true;
    if (!wire->session || !wire->established) {
        wire_fail(wire, PROBLEM_CLOSED, NULL);
        return;
    }
    if (wire->role == TLS_SERVER) {
        wire->notice_sent = true;
        r = nghttp2_submit_shutdown_notice(wire->session);
        if (!r)
            r = nghttp2_submit_ping(wire->session, NGHTTP2_FLAG_NONE, NULL);
    } else {
        last = nghttp2_session_get_last_proc_stream_id(wire->session);
        r = nghttp2_submit_goaway(wire->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL,
                                  0);
    }
    if (r)
        wire_fail_memory(wire);
}

void wire_end(struct wire *wire, enum problem_code problem)
{
    bool alive = !wire_is_over(wire) && wire->established && wire_collect(wire);

    wire_fail(wire, problem == PROBLEM_NONE ? PROBLEM_CLOSED : problem, NULL);
    /* Best effort: the connection is over whether or not its last words can be said. No stream
     * sends any more, see wire_read_body(). */
    if (alive && !nghttp2_session_terminate_session(wire->session, NGHTTP2_NO_ERROR))
        wire_collect(wire);
    wire_settle(wire);
}

bool wire_is_finished(const struct wire *wire)
{
    return wire_is_over(wire);
}

enum problem_code wire_problem(const struct wire *wire)
{
    return wire->problem;
}

const char *wire_reason(const struct wire *wire)
{
    return wire->reason ? wire->reason : "";
}

struct tls *wire_tls(struct wire *wire)
{
    return wire->tls;
}

void *wire_user(const struct wire *wire)
{
    return wire->user;
}

size_t wire_stream_count(const struct wire *wire)
{
    return wire->stream_count;
}

size_t wire_memory(const struct wire *wire)
{
    return sizeof(*wire) + wire->memory + wire->staged.capacity + wire_outbox(wire)->capacity +
           wire->stream_count * sizeof(struct wire_stream);
}

int wire_set_stream_limit(struct wire *wire, uint32_t streams)
{
    wire->stream_limit = streams;
    return wire->session ? wire_submit_settings(wire) : 0;
}
