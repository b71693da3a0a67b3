/* What nghttp2 tells us: frames, headers, body bytes and the ends of streams, turned into the
 * events of wire.h; and the session's settings, whose limits are those of proto/limits.h. */
#include "wire/wire-private.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

/* What one header costs beside its bytes (RFC 9113, section 6.5.2). */
enum { HEADER_OVERHEAD = 32 };

static struct wire_stream *stream_of(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int http_on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct wire *wire = user;
    struct wire_stream *stream;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    stream = wire_stream_new(wire);
    if (!stream) {
        wire_fail_memory(wire);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    stream->id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

/* Where a header that the application may ask for is kept; NULL for all others. */
static char **stream_field(struct wire_stream *stream, struct slice name)
{
    struct {
        const char *name;
        char **field;
    } const fields[] = {
        {":method", &stream->method},
        {":path", &stream->path},
        {"authorization", &stream->authorization},
        {"content-type", &stream->content_type},
    };

    for (size_t i = 0; i < ELEMENTS_OF(fields); i++) {
        if (strlen(fields[i].name) == name.size &&
            memcmp(fields[i].name, name.bytes, name.size) == 0)
            return fields[i].field;
    }
    return NULL;
}

static int http_keep_header(struct wire_stream *stream, struct slice name, struct slice value)
{
    char **field = stream_field(stream, name);
    uint64_t status;

    if (name.size == 7 && memcmp(name.bytes, ":status", 7) == 0) {
        /* nghttp2 lets only three digits pass, and ends every value with a NUL. */
        if (text_to_u64((const char *)value.bytes, 999, &status))
            stream->status = (uint16_t)status;
        return 0;
    }
    /* The first one of a name counts. */
    if (!field || *field)
        return 0;
    *field = strndup((const char *)value.bytes, value.size);
    if (*field)
        return 0;
    wire_fail_memory(stream->wire);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* Resets a stream of which nothing more is to be heard. */
static int http_refuse(struct wire_stream *stream, uint32_t error)
{
    stream->cancelled = true;
    if (nghttp2_submit_rst_stream(stream->wire->session, NGHTTP2_FLAG_NONE, stream->id, error) == 0)
        return 0;
    wire_fail_memory(stream->wire);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* What the settings below allow a peer to send on one stream. */
static uint32_t http_window(const struct wire *wire)
{
    if (wire->role == TLS_CLIENT)
        return LIMIT_STREAM_WINDOW;
    return wire->stream_limit > LIMIT_STREAMS_UNOPENED ? LIMIT_INPUT_WINDOW : LIMIT_REQUEST_WINDOW;
}

static int http_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                          size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags,
                          void *user)
{
    struct wire_stream *stream = stream_of(session, frame->hd.stream_id);
    size_t cost = name_size + value_size + HEADER_OVERHEAD;

    (void)flags;
    (void)user;
    if (!stream || stream->cancelled)
        return 0;
    if (cost > LIMIT_HEADER_BYTES - stream->header_bytes)
        return http_refuse(stream, NGHTTP2_ENHANCE_YOUR_CALM);
    stream->header_bytes += (uint32_t)cost;
    /* Trailers count, but say nothing here. */
    if (stream->answered || (stream->wire->role == TLS_SERVER && stream->announced))
        return 0;
    return http_keep_header(stream, (struct slice){name, name_size},
                            (struct slice){value, value_size});
}

static void http_headers_complete(struct wire_stream *stream)
{
    struct wire *wire = stream->wire;

    if (wire->role == TLS_SERVER) {
        if (!stream->announced) {
            stream->announced = true;
            wire->events->on_request(stream, wire->user);
        }
    } else if (!stream->answered && stream->status >= 200) {
        /* Below 200 it is only "go on": the answer is yet to come. */
        stream->answered = true;
        wire->events->on_response(stream, wire->user);
    }
}

static int http_on_message(struct wire_stream *stream, const nghttp2_frame *frame)
{
    struct wire *wire = stream->wire;

    if (frame->hd.type == NGHTTP2_HEADERS && !stream->cancelled)
        http_headers_complete(stream);
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    stream->ended = true;
    if (!stream->cancelled && !stream->draining && wire->events->on_end)
        wire->events->on_end(stream, wire->user);
    /* Answered before the request was complete: the server does not want the rest (RFC 9113, 8.1).
     */
    if (wire->role == TLS_CLIENT && !stream->sent_all && !stream->cancelled)
        return http_refuse(stream, NGHTTP2_NO_ERROR);
    return 0;
}

static void http_on_window(struct wire_stream *stream, uint32_t increment)
{
    struct wire *wire = stream->wire;

    /* Counted here and not read off the window: SETTINGS move the window too, even below zero. */
    stream->granted += increment;
    if (!stream->cancelled && wire->events->on_acknowledged)
        wire->events->on_acknowledged(stream, wire->user);
}

static int http_on_goaway(nghttp2_session *session, struct wire *wire)
{
    wire->notice_sent = false;
    if (nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR,
                              NULL, 0) == 0)
        return 0;
    wire_fail_memory(wire);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* The number goes along in the PING; other PINGs of ours have none. */
uint64_t wire_ask_receipt(struct wire *wire)
{
    const uint64_t number = wire->receipts + 1;
    const uint64_t opaque = htobe64(number);

    if (wire->role != TLS_SERVER || wire_is_over(wire) || !wire->session)
        return 0;
    if (nghttp2_submit_ping(wire->session, NGHTTP2_FLAG_NONE, (const uint8_t *)&opaque)) {
        wire_fail_memory(wire);
        return 0;
    }
    return wire->receipts = number;
}

/* A peer that claims receipt of what it was not sent yet has what it was sent. */
static void http_on_receipt(struct wire *wire, uint64_t number)
{
    if (number > wire->receipts_void && number <= wire->receipts && wire->events->on_receipt)
        wire->events->on_receipt(wire, number, wire->user);
}

static int http_on_ping(nghttp2_session *session, struct wire *wire, const nghttp2_ping *ping)
{
    uint64_t number;

    if (!(ping->hd.flags & NGHTTP2_FLAG_ACK)) {
        /* Whether it has come may be said later, along with something else. */
        wire->patient += wire->role == TLS_CLIENT;
        return 0;
    }
    memcpy(&number, ping->opaque_data, sizeof(number));
    if (number != 0)
        http_on_receipt(wire, be64toh(number));
    /* The peer has seen the notice: name the last request that counts. */
    else if (wire->notice_sent)
        return http_on_goaway(session, wire);
    return 0;
}

static int http_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct wire *wire = user;
    struct wire_stream *stream = frame->hd.stream_id ? stream_of(session, frame->hd.stream_id)
                                                     : NULL;

    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: return stream ? http_on_message(stream, frame) : 0;
    case NGHTTP2_WINDOW_UPDATE:
        if (stream)
            http_on_window(stream, (uint32_t)frame->window_update.window_size_increment);
        break;
    case NGHTTP2_SETTINGS:
        wire->heard_settings = true;
        /* nghttp2 has just queued the acknowledgement. */
        wire->patient += !(frame->hd.flags & NGHTTP2_FLAG_ACK);
        break;
    case NGHTTP2_PING: return http_on_ping(session, wire, &frame->ping);
    case NGHTTP2_RST_STREAM: wire->receipts_void = wire->receipts; break;
    case NGHTTP2_GOAWAY:
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR)
            wire->reason = nghttp2_http2_strerror(frame->goaway.error_code);
        break;
    default: break;
    }
    return 0;
}

/* The rest of a request that is answered already: a peer that stops by itself sees the answer,
 * which some clients would not behind an early reset; one that goes on too long is stopped. */
static int http_drain(struct wire_stream *stream, size_t size)
{
    if (size > LIMIT_ORDER_BODY - stream->drained)
        return http_refuse(stream, NGHTTP2_NO_ERROR);
    stream->drained += (uint32_t)size;
    if (nghttp2_session_consume_stream(stream->wire->session, stream->id, size) == 0)
        return 0;
    wire_fail_memory(stream->wire);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

/* Padding would be counted among the bytes of a body. */
static int http_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *head, void *user)
{
    struct wire *wire = user;
    bool is_body = head->type == NGHTTP2_DATA && !(head->flags & NGHTTP2_FLAG_PADDED);

    (void)session;
    wire->payload_id = head->stream_id;
    wire->payload_left = is_body ? head->length : 0;
    return 0;
}

static int http_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                        size_t size, void *user)
{
    struct wire *wire = user;
    struct wire_stream *stream = stream_of(session, id);
    int r;

    (void)flags;
    wire->payload_left -= size < wire->payload_left ? size : wire->payload_left;
    /* One stalled reader stops its own stream, not the connection. */
    r = nghttp2_session_consume_connection(session, size);
    if (r) {
        wire_fail_memory(wire);
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    if (!stream || stream->cancelled)
        return 0;
    if (stream->draining)
        return http_drain(stream, size);
    /* nghttp2 resets such a stream too, but hands its bytes on until the reset has been sent, and a
     * peer that does not read puts that off for ever. */
    if (size > http_window(wire) - stream->unread)
        return http_refuse(stream, NGHTTP2_FLOW_CONTROL_ERROR);
    stream->unread += (uint32_t)size;
    wire->events->on_data(stream, bytes, size, wire->user);
    return 0;
}

static int http_on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct wire *wire = user;
    struct wire_stream *stream;
    size_t unread;

    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        /* nghttp2 ends the connection over something that the peer did. */
        wire->broke_off = true;
        wire->reason = nghttp2_http2_strerror(frame->goaway.error_code);
        return 0;
    }
    if (wire->role != TLS_SERVER || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
        (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    stream = stream_of(session, frame->hd.stream_id);
    if (!stream || stream->ended)
        return 0;
    stream->draining = true;
    unread = stream->unread;
    stream->unread = 0;
    return unread ? http_drain(stream, unread) : 0;
}

static int http_on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    struct wire_stream *stream = stream_of(session, id);

    (void)user;
    if (stream)
        wire_stream_close(stream, error);
    return 0;
}

/* nghttp2 makes its one buffer larger for ever with the first frame that could be longer than this,
 * and most answers are short. */
enum { FIRST_FRAME_MAX = 16 * 1024 };

/* Frames as long as the peer allows, but no longer than ours: fewer of them per MiB. */
static ssize_t http_frame_length(nghttp2_session *session, uint8_t type, int32_t id,
                                 int32_t connection_window, int32_t stream_window,
                                 uint32_t peer_frame_size, void *user)
{
    const struct wire_stream *stream = stream_of(session, id);
    ssize_t length = stream && stream->sent == 0 ? FIRST_FRAME_MAX : LIMIT_DATA_FRAME;

    (void)type;
    (void)user;
    if (length > connection_window)
        length = connection_window;
    if (length > stream_window)
        length = stream_window;
    if (length > (ssize_t)peer_frame_size)
        length = (ssize_t)peer_frame_size;
    return length;
}

static void http_set_callbacks(nghttp2_session_callbacks *callbacks)
{
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, http_on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, http_on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, http_on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, http_on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, http_on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, http_on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, http_on_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, wire_send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, http_frame_length);
}

static void http_set_options(nghttp2_option *option)
{
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    /* Until the server says how many, a client sends no more than any server here takes. */
    nghttp2_option_set_peer_max_concurrent_streams(option, LIMIT_STREAMS_UNOPENED);
    nghttp2_option_set_max_settings(option, LIMIT_SETTINGS);
    nghttp2_option_set_max_outbound_ack(option, LIMIT_OUTBOUND_ACKS);
    nghttp2_option_set_stream_reset_rate_limit(option, LIMIT_RESET_BURST, LIMIT_RESET_RATE);
    nghttp2_option_set_max_continuations(option, LIMIT_CONTINUATIONS);
}

/* What RFC 9113 lets everybody send, and so strangers. */
enum { FRAME_LEAST_MAX = 16 * 1024 };

int wire_submit_settings(struct wire *wire)
{
    const bool is_stranger = wire->stream_limit <= LIMIT_STREAMS_UNOPENED;
    const nghttp2_settings_entry server[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, wire->stream_limit},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http_window(wire)},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, is_stranger ? FRAME_LEAST_MAX : LIMIT_DATA_FRAME},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HEADER_BYTES},
    };
    const nghttp2_settings_entry client[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, LIMIT_STREAM_WINDOW},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, LIMIT_DATA_FRAME},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LIMIT_HEADER_BYTES},
    };
    int r;

    if (wire->role == TLS_SERVER)
        r = nghttp2_submit_settings(wire->session, NGHTTP2_FLAG_NONE, server, ELEMENTS_OF(server));
    else
        r = nghttp2_submit_settings(wire->session, NGHTTP2_FLAG_NONE, client, ELEMENTS_OF(client));
    return r ? -ENOMEM : 0;
}

int wire_session_new(struct wire *wire)
{
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int r = -ENOMEM;

    if (nghttp2_session_callbacks_new(&callbacks) || nghttp2_option_new(&option))
        goto out;
    http_set_callbacks(callbacks);
    http_set_options(option);
    if (wire->role == TLS_SERVER) {
        if (nghttp2_session_server_new3(&wire->session, callbacks, wire, option,
                                        &wire->memory_hooks))
            goto out;
    } else {
        if (nghttp2_session_client_new3(&wire->session, callbacks, wire, option,
                                        &wire->memory_hooks))
            goto out;
    }
    r = wire_submit_settings(wire);
    if (!r && nghttp2_session_set_local_window_size(wire->session, NGHTTP2_FLAG_NONE, 0,
                                                    LIMIT_CONNECTION_WINDOW))
        r = -ENOMEM;
out:
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return r;
}
