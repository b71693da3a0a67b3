/* HTTP/2 from a hostile peer, as it comes out of TLS. The first byte of an input says which side it
 * is played against (bit 0), how it is cut (bits 1-2), and what the other side does (bits 3-5); the
 * rest goes over the wire. Whatever comes: each stream that began ends once, and what waits stays
 * bounded. */
#include <string.h>

#include "fuzz.h"
#include "wire/wire-private.h"

enum { AGAINST_CLIENT = 1, BIG_ANSWER = 8, HOLD = 16, CANCEL = 32 };

struct play {
    uint8_t mode;
    unsigned open;
    uint64_t unread;
};

static const uint8_t content[1 << 16];

static enum body_state play_peek(void *user, size_t max, struct slice *bytes_out)
{
    (void)user;
    *bytes_out = (struct slice){content, max < sizeof(content) ? max : sizeof(content)};
    return BODY_MORE;
}

static void play_took(void *user, size_t size)
{
    (void)user;
    (void)size;
}

static void play_request(struct wire_stream *stream, void *user)
{
    const struct wire_body body = {.peek = play_peek, .took = play_took};
    struct play *play = user;

    play->open++;
    must(strlen(wire_stream_method(stream)) + strlen(wire_stream_path(stream)) +
             strlen(wire_stream_authorization(stream)) + strlen(wire_stream_content_type(stream)) <=
         LIMIT_HEADER_BYTES);
    if (play->mode & CANCEL)
        wire_stream_cancel(stream);
    else if (play->mode & BIG_ANSWER)
        wire_respond(stream, 200, "a/b", &body);
    else
        wire_respond_bytes(stream, 200, "a/b", "answer", 6);
}

static void play_response(struct wire_stream *stream, void *user)
{
    const struct play *play = user;

    must(wire_stream_status(stream) >= 200);
    if (play->mode & CANCEL)
        wire_stream_cancel(stream);
}

static void play_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct play *play = user;

    (void)bytes;
    play->unread += size;
    must(play->unread <= (uint64_t)LIMIT_STREAM_WINDOW * (LIMIT_STREAMS_UNOPENED + 1));
    if (play->mode & HOLD)
        return;
    wire_stream_consume(stream, size);
    play->unread -= size;
}

static void play_end(struct wire_stream *stream, void *user)
{
    (void)user;
    must(wire_stream_wire(stream));
}

static void play_acknowledged(struct wire_stream *stream, void *user)
{
    (void)user;
    must(wire_stream_acknowledged(stream) < UINT64_C(1) << 40);
}

static void play_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct play *play = user;

    (void)h2_error;
    /* What it did not give back, it can no longer hold. */
    play->unread -= stream->unread;
    must(play->open > 0);
    play->open--;
}

static const struct wire_events play_events = {
    .on_request = play_request,
    .on_response = play_response,
    .on_data = play_data,
    .on_end = play_end,
    .on_acknowledged = play_acknowledged,
    .on_close = play_close,
};

static void play_begin(struct wire *wire, struct play *play)
{
    struct wire_stream *stream;

    if (!(play->mode & AGAINST_CLIENT))
        return;
    must(wire_request(wire, "GET", "/", NULL, 0, NULL, NULL, &stream) == 0);
    must(wire_request_bytes(wire, "PUT", "/x", "body", 4, NULL, &stream) == 0);
    play->open = 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 9, 1000};
    struct play play = {.mode = size ? bytes[0] : 0};
    size_t piece = pieces[play.mode >> 1 & 3];
    struct wire *wire;
    int r = 0;

    must(wire_new_plain(&wire, play.mode & AGAINST_CLIENT ? TLS_CLIENT : TLS_SERVER, &play_events,
                        &play, 1000) == 0);
    play_begin(wire, &play);
    for (size_t at = 1; at < size && !r; at += piece) {
        if (piece > size - at)
            piece = size - at;
        r = wire_receive_plain(wire, bytes + at, piece, 1000);
        if (!r)
            r = wire_produce(wire);
        must(wire_outgoing(wire).size < LIMIT_SEND_AHEAD + LIMIT_DATA_FRAME + 64 * 1024);
        wire_sent(wire, wire_outgoing(wire).size);
    }
    must(r == 0 || r == 1);
    must((r == 1) == wire_is_finished(wire));
    wire_free(wire);
    must(play.open == 0);
    return 0;
}
