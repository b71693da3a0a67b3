/* One request and its answer: what the application submits, and the way of its bytes into DATA
 * frames. */
#include "wire/wire-private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Pieces up to this share a record with their frame header; larger ones are encrypted in place. */
enum { SMALL_PIECE = 4096, FRAME_HEADER_SIZE = 9 };
/* Headers that one request may have beside ours. */
enum { HEADERS_MAX = 16 };

struct wire_stream *wire_stream_new(struct wire *wire)
{
    struct wire_stream *stream = calloc(1, sizeof(*stream));

    if (!stream)
        return NULL;
    stream->wire = wire;
    list_append(&wire->streams, &stream->link);
    wire->stream_count++;
    return stream;
}

void wire_stream_close(struct wire_stream *stream, uint32_t h2_error)
{
    struct wire *wire = stream->wire;

    list_remove(&stream->link);
    wire->stream_count--;
    if (stream->announced && wire->events->on_close)
        wire->events->on_close(stream, h2_error, wire->user);
    if (stream->id && wire->session)
        nghttp2_session_set_stream_user_data(wire->session, stream->id, NULL);
    buffer_deinit(&stream->copy);
    free(stream->method);
    free(stream->path);
    free(stream->authorization);
    free(stream->content_type);
    free(stream);
}

static enum body_state copy_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct wire_stream *stream = user;
    size_t left = buffer_length(&stream->copy);

    *bytes_out = (struct slice){buffer_bytes(&stream->copy), left < max ? left : max};
    return left <= max ? BODY_END : BODY_MORE;
}

static void copy_took(void *user, size_t size)
{
    struct wire_stream *stream = user;

    buffer_consume(&stream->copy, size);
}

/* Asks the body for the next frame. No byte is copied: wire_send_data() gets them from the loan. */
static ssize_t wire_read_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t size,
                              uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct wire_stream *stream = source->ptr;
    struct slice lent = {NULL, 0};
    enum body_state state;

    (void)session;
    (void)id;
    (void)to;
    (void)user;
    if (wire_is_over(stream->wire))
        return NGHTTP2_ERR_DEFERRED;
    state = stream->cancelled ? BODY_FAIL : stream->body.peek(stream->body.user, size, &lent);
    if (lent.size > size) {
        lent.size = size;
        if (state == BODY_END)
            state = BODY_MORE;
    }
    if (state == BODY_FAIL || (state == BODY_MORE && lent.size == 0))
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (state == BODY_WAIT && lent.size == 0)
        return NGHTTP2_ERR_DEFERRED;
    if (state == BODY_END) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        stream->sent_all = true;
    }
    if (lent.size)
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    stream->lent = lent;
    return (ssize_t)lent.size;
}

int wire_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header,
                   size_t length, nghttp2_data_source *source, void *user)
{
    struct wire *wire = user;
    struct wire_stream *stream = source->ptr;
    int r;

    (void)session;
    (void)frame;
    r = wire_stage(wire, header, FRAME_HEADER_SIZE);
    if (!r)
        r = length <= SMALL_PIECE ? wire_stage(wire, stream->lent.bytes, length)
                                  : wire_encrypt(wire, stream->lent.bytes, length);
    if (r)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    stream->sent += length;
    stream->lent = (struct slice){NULL, 0};
    if (stream->body.took)
        stream->body.took(stream->body.user, length);
    return wire_backlog(wire) < LIMIT_SEND_AHEAD ? 0 : NGHTTP2_ERR_PAUSE;
}

static nghttp2_nv header(const char *name, const char *value)
{
    /* nghttp2 copies both; its type only lacks the const. */
    return (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
        .flags = NGHTTP2_NV_FLAG_NONE,
    };
}

static nghttp2_data_provider provider(struct wire_stream *stream)
{
    return (nghttp2_data_provider){.source.ptr = stream, .read_callback = wire_read_body};
}

static int wire_submit(struct wire_stream *stream, const nghttp2_nv *headers, size_t count,
                       bool has_body)
{
    nghttp2_data_provider data = provider(stream);
    int32_t id = nghttp2_submit_request(stream->wire->session, NULL, headers, count,
                                        has_body ? &data : NULL, stream);

    if (id < 0)
        return id == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPIPE;
    stream->id = id;
    stream->sent_all = !has_body;
    stream->announced = true;
    return 0;
}

/* Drops a stream that the application never got to know. */
static void wire_stream_abandon(struct wire_stream *stream)
{
    stream->announced = false;
    wire_stream_close(stream, WIRE_H2_CANCEL);
}

static bool wire_takes_requests(const struct wire *wire)
{
    return wire->role == TLS_CLIENT && !wire_is_over(wire) && !wire->shutting_down &&
           nghttp2_session_check_request_allowed(wire->session);
}

int wire_request(struct wire *wire, const char *method, const char *path,
                 const struct wire_header *headers, size_t count, const struct wire_body *body,
                 void *user, struct wire_stream **stream_out)
{
    nghttp2_nv fields[4 + HEADERS_MAX];
    struct wire_stream *stream;
    int r;

    if (!wire_takes_requests(wire))
        return -EPIPE;
    if (count > HEADERS_MAX)
        return -EINVAL;
    stream = wire_stream_new(wire);
    if (!stream)
        return -ENOMEM;
    stream->user = user;
    fields[0] = header(":method", method);
    fields[1] = header(":scheme", "https");
    /* The machine is named by its id, in TLS; a name here would say nothing. */
    fields[2] = header(":authority", "hune");
    fields[3] = header(":path", path);
    for (size_t i = 0; i < count; i++)
        fields[4 + i] = header(headers[i].name, headers[i].value);
    if (body)
        stream->body = *body;
    r = wire_submit(stream, fields, 4 + count, body != NULL);
    if (r) {
        wire_stream_abandon(stream);
        return r;
    }
    *stream_out = stream;
    return 0;
}

/* A body of `size` bytes that the stream owns. Returns 0 or -ENOMEM. */
static int wire_stream_copy(struct wire_stream *stream, const void *bytes, size_t size)
{
    stream->body = (struct wire_body){.peek = copy_peek, .took = copy_took, .user = stream};
    return buffer_append(&stream->copy, bytes, size);
}

int wire_request_bytes(struct wire *wire, const char *method, const char *path, const void *bytes,
                       size_t size, void *user, struct wire_stream **stream_out)
{
    const struct wire_body placeholder = {.peek = copy_peek};
    struct wire_stream *stream;
    int r;

    r = wire_request(wire, method, path, NULL, 0, &placeholder, user, &stream);
    if (r)
        return r;
    /* The body is asked for in wire_produce() at the earliest. */
    r = wire_stream_copy(stream, bytes, size);
    if (r) {
        /* Too late to take the request back in silence: it is cancelled, and nobody hears of it. */
        stream->announced = false;
        wire_stream_cancel(stream);
        return r;
    }
    *stream_out = stream;
    return 0;
}

static int wire_submit_response(struct wire_stream *stream, unsigned status,
                                const char *content_type, const char *length, bool has_body)
{
    nghttp2_data_provider data = provider(stream);
    char status_text[16];
    nghttp2_nv fields[3];
    size_t count = 0;
    int r;

    snprintf(status_text, sizeof(status_text), "%u", status);
    fields[count++] = header(":status", status_text);
    if (content_type)
        fields[count++] = header("content-type", content_type);
    if (length)
        fields[count++] = header("content-length", length);
    r = nghttp2_submit_response(stream->wire->session, stream->id, fields, count,
                                has_body ? &data : NULL);
    if (r)
        return r == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPIPE;
    stream->answered = true;
    return 0;
}

static bool wire_takes_answer(const struct wire_stream *stream)
{
    return stream->wire->role == TLS_SERVER && !wire_is_over(stream->wire) && !stream->answered &&
           !stream->cancelled;
}

int wire_respond(struct wire_stream *stream, unsigned status, const char *content_type,
                 const struct wire_body *body)
{
    if (!wire_takes_answer(stream))
        return -EPIPE;
    if (body)
        stream->body = *body;
    return wire_submit_response(stream, status, content_type, NULL, body != NULL);
}

int wire_respond_bytes(struct wire_stream *stream, unsigned status, const char *content_type,
                       const void *bytes, size_t size)
{
    char length[24];
    int r;

    if (!wire_takes_answer(stream))
        return -EPIPE;
    r = wire_stream_copy(stream, bytes, size);
    if (r)
        return r;
    snprintf(length, sizeof(length), "%zu", size);
    return wire_submit_response(stream, status, content_type, length, size > 0);
}

void wire_stream_resume(struct wire_stream *stream)
{
    if (wire_is_over(stream->wire) || stream->cancelled)
        return;
    /* Anything but NOMEM only says that the stream was not waiting. */
    if (nghttp2_session_resume_data(stream->wire->session, stream->id) == NGHTTP2_ERR_NOMEM)
        wire_fail_memory(stream->wire);
}

void wire_stream_set_place(struct wire_stream *stream, const struct wire_place *place)
{
    stream->place = place ? *place : (struct wire_place){0};
}

void wire_stream_consume(struct wire_stream *stream, size_t size)
{
    /* Never more than was received, or the peer's window would grow. */
    if (size > stream->unread)
        size = stream->unread;
    stream->unread -= (uint32_t)size;
    if (wire_is_over(stream->wire) || size == 0)
        return;
    if (nghttp2_session_consume_stream(stream->wire->session, stream->id, size) ==
        NGHTTP2_ERR_NOMEM)
        wire_fail_memory(stream->wire);
}

void wire_stream_cancel(struct wire_stream *stream)
{
    if (wire_is_over(stream->wire) || stream->cancelled)
        return;
    stream->cancelled = true;
    if (nghttp2_submit_rst_stream(stream->wire->session, NGHTTP2_FLAG_NONE, stream->id,
                                  NGHTTP2_CANCEL))
        wire_fail_memory(stream->wire);
}

uint64_t wire_stream_acknowledged(const struct wire_stream *stream)
{
    return stream->granted < stream->sent ? stream->granted : stream->sent;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

const char *wire_stream_method(const struct wire_stream *stream)
{
    return or_empty(stream->method);
}

const char *wire_stream_path(const struct wire_stream *stream)
{
    return or_empty(stream->path);
}

const char *wire_stream_authorization(const struct wire_stream *stream)
{
    return or_empty(stream->authorization);
}

unsigned wire_stream_status(const struct wire_stream *stream)
{
    return stream->status;
}

const char *wire_stream_content_type(const struct wire_stream *stream)
{
    return or_empty(stream->content_type);
}

struct wire *wire_stream_wire(const struct wire_stream *stream)
{
    return stream->wire;
}

void wire_stream_set_user(struct wire_stream *stream, void *user)
{
    stream->user = user;
}

void *wire_stream_user(const struct wire_stream *stream)
{
    return stream->user;
}
