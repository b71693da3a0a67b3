/* See test-pair.h. */
#include "wire/test-pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/test-certificate.h"

static struct tls_context *server_context;
static struct tls_context *client_context;

/* -- a body -- */

static uint8_t pattern[2 * 256 * 1024];

static void pattern_make(void)
{
    if (pattern[1] == 7)
        return;
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 7);
}

static enum body_state source_peek(void *user, size_t max, struct slice *bytes_out)
{
    struct test_source *source = user;
    uint64_t size = source->left;

    pattern_make();
    if (source->fail)
        return BODY_FAIL;
    if (source->wait && size > source->ready)
        size = source->ready;
    if (size > max)
        size = max;
    *bytes_out = (struct slice){pattern + (source->at & 0xff), (size_t)size};
    if (size == source->left)
        return BODY_END;
    return size ? BODY_MORE : BODY_WAIT;
}

static void source_took(void *user, size_t size)
{
    struct test_source *source = user;

    source->at += size;
    source->left -= size;
    source->took += size;
    if (source->wait)
        source->ready -= size;
    if (size > source->largest)
        source->largest = size;
}

struct wire_body test_source_body(struct test_source *source)
{
    return (struct wire_body){.peek = source_peek, .took = source_took, .user = source};
}

/* -- events -- */

static enum problem_code on_established(struct wire *wire, void *user)
{
    struct test_side *side = user;

    assert_ptr_equal(wire_user(wire), user);
    side->established++;
    return side->refuse;
}

static void on_request(struct wire_stream *stream, void *user)
{
    struct test_side *side = user;
    struct wire_body body;

    side->requests++;
    side->stream = stream;
    snprintf(side->method, sizeof(side->method), "%s", wire_stream_method(stream));
    snprintf(side->path, sizeof(side->path), "%s", wire_stream_path(stream));
    snprintf(side->authorization, sizeof(side->authorization), "%s",
             wire_stream_authorization(stream));
    snprintf(side->content_type, sizeof(side->content_type), "%s",
             wire_stream_content_type(stream));
    if (side->on_request) {
        side->on_request(side, stream);
    } else if (side->answer) {
        body = test_source_body(side->answer);
        assert_int_equal(wire_respond(stream, 200, "application/test", &body), 0);
    } else if (!side->silent) {
        /* Without memory there is no answer. */
        wire_respond_bytes(stream, 200, "text/plain", "ok", 2);
    }
}

static void on_response(struct wire_stream *stream, void *user)
{
    struct test_side *side = user;

    side->responses++;
    side->status = wire_stream_status(stream);
    snprintf(side->content_type, sizeof(side->content_type), "%s",
             wire_stream_content_type(stream));
}

static void on_data(struct wire_stream *stream, const uint8_t *bytes, size_t size, void *user)
{
    struct test_side *side = user;
    uint64_t at = (uint64_t)(uintptr_t)wire_stream_user(stream);

    for (size_t i = 0; i < size; i++)
        side->damaged |= bytes[i] != (uint8_t)((at + i) * 7);
    wire_stream_set_user(stream, (void *)(uintptr_t)(at + size));
    side->received += size;
    if (bytes == side->place.bytes)
        side->placed += size;
    else if (bytes > side->place.bytes && bytes < side->place.bytes + side->place.size)
        side->damaged = true;
    if (!side->hold && side->held != stream)
        wire_stream_consume(stream, size);
    if (side->on_data)
        side->on_data(side, stream);
}

static void on_end(struct wire_stream *stream, void *user)
{
    struct test_side *side = user;

    (void)stream;
    side->ends++;
}

static void on_receipt(struct wire *wire, uint64_t number, void *user)
{
    struct test_side *side = user;

    assert_ptr_equal(wire, side->wire);
    side->receipts++;
    side->receipt = number;
}

static void on_acknowledged(struct wire_stream *stream, void *user)
{
    struct test_side *side = user;

    (void)stream;
    side->acknowledged++;
}

static void on_close(struct wire_stream *stream, uint32_t h2_error, void *user)
{
    struct test_side *side = user;

    side->closes++;
    side->close_error = h2_error;
    side->refused += h2_error == WIRE_H2_REFUSED;
    if (side->stream == stream)
        side->stream = NULL;
}

const struct wire_events test_events = {
    .on_established = on_established,
    .on_request = on_request,
    .on_response = on_response,
    .on_data = on_data,
    .on_end = on_end,
    .on_acknowledged = on_acknowledged,
    .on_receipt = on_receipt,
    .on_close = on_close,
};

/* -- the pair -- */

struct tls_context *test_server_context(void)
{
    struct buffer certificate _cleanup_buffer_ = BUFFER_INIT;
    struct buffer key _cleanup_buffer_ = BUFFER_INIT;

    if (!server_context) {
        assert_int_equal(test_certificate_make(&certificate, &key), 0);
        assert_int_equal(
            tls_context_new_server(&server_context, buffer_slice(&certificate), buffer_slice(&key)),
            0);
    }
    return server_context;
}

struct tls_context *test_client_context(void)
{
    if (!client_context)
        assert_int_equal(tls_context_new_client(&client_context), 0);
    return client_context;
}

void test_contexts_free(void)
{
    server_context = tls_context_free(server_context);
    client_context = tls_context_free(client_context);
}

static void pair_reset(struct test_pair *pair)
{
    *pair = (struct test_pair){
        .now = 1000,
        .cut_to_client = UINT64_MAX,
        .cut_to_server = UINT64_MAX,
    };
}

void test_pair_init(struct test_pair *pair)
{
    pair_reset(pair);
    assert_int_equal(wire_new(&pair->client.wire, TLS_CLIENT, test_client_context(), NULL,
                              &test_events, &pair->client, pair->now),
                     0);
    assert_int_equal(wire_new(&pair->server.wire, TLS_SERVER, test_server_context(), NULL,
                              &test_events, &pair->server, pair->now),
                     0);
}

void test_pair_init_plain(struct test_pair *pair)
{
    pair_reset(pair);
    assert_int_equal(
        wire_new_plain(&pair->client.wire, TLS_CLIENT, &test_events, &pair->client, pair->now), 0);
    assert_int_equal(
        wire_new_plain(&pair->server.wire, TLS_SERVER, &test_events, &pair->server, pair->now), 0);
}

void test_pair_deinit(struct test_pair *pair)
{
    pair->client.wire = wire_free(pair->client.wire);
    pair->server.wire = wire_free(pair->server.wire);
}

static bool pair_carry(struct test_pair *pair, struct wire *from, struct wire *to,
                       uint64_t *carried, uint64_t cut)
{
    struct slice bytes;
    bool moved = false;

    wire_produce(from);
    for (;;) {
        bytes = wire_outgoing(from);
        if (pair->at_once && bytes.size > pair->at_once)
            bytes.size = pair->at_once;
        if (bytes.size > cut - *carried)
            bytes.size = (size_t)(cut - *carried);
        if (bytes.size == 0)
            return moved;
        if (wire_tls(to))
            wire_receive(to, bytes.bytes, bytes.size, pair->now);
        else
            wire_receive_plain(to, bytes.bytes, bytes.size, pair->now);
        wire_sent(from, bytes.size);
        *carried += bytes.size;
        moved = true;
    }
}

bool test_pair_step(struct test_pair *pair)
{
    bool moved = pair_carry(pair, pair->client.wire, pair->server.wire, &pair->to_server,
                            pair->cut_to_server);

    moved |= pair_carry(pair, pair->server.wire, pair->client.wire, &pair->to_client,
                        pair->cut_to_client);
    return moved;
}

void test_pair_run(struct test_pair *pair)
{
    while (test_pair_step(pair))
        ;
}
