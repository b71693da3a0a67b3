/* A server's wire against peers that speak HTTP/2 to do harm, frame by frame; and what a client
 * makes of a server that does not speak it. The frames are written by hand, so that no library
 * keeps the peace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/error.h"
#include "wire/test-pair.h"

static struct test_side side;
static struct buffer frames;
static struct writer writer;

static int set_up_role(enum tls_role role)
{
    side = (struct test_side){0};
    frames = BUFFER_INIT;
    writer = writer_init(&frames);
    assert_int_equal(wire_new_plain(&side.wire, role, &test_events, &side, 1000), 0);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_role(TLS_SERVER);
}

static int set_up_client(void **state)
{
    (void)state;
    return set_up_role(TLS_CLIENT);
}

static int tear_down(void **state)
{
    (void)state;
    wire_free(side.wire);
    buffer_deinit(&frames);
    assert_int_equal(side.closes, side.requests);
    return 0;
}

static int tear_down_client(void **state)
{
    (void)state;
    wire_free(side.wire);
    buffer_deinit(&frames);
    return 0;
}

static void frame(uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t size)
{
    writer_u8(&writer, (uint8_t)(size >> 16));
    writer_u16(&writer, (uint16_t)size);
    writer_u8(&writer, type);
    writer_u8(&writer, flags);
    writer_u32(&writer, stream);
    writer_bytes(&writer, payload, size);
    assert_int_equal(writer.error, 0);
}

/* What has been written so far goes to the wire; what it answers is thrown away. */
static int tell_only(void)
{
    int r = wire_receive_plain(side.wire, buffer_bytes(&frames), buffer_length(&frames), 1000);

    buffer_clear(&frames);
    return r;
}

static int tell(void)
{
    int r = tell_only();

    if (!r)
        r = wire_produce(side.wire);
    wire_sent(side.wire, wire_outgoing(side.wire).size);
    return r;
}

/* Is there a frame that begins so in what the wire wants to say? */
static bool answer_contains(const char *bytes, size_t size)
{
    struct slice out = wire_outgoing(side.wire);

    return memmem(out.bytes, out.size, bytes, size) != NULL;
}

static void greet(void)
{
    static const char magic[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    writer_bytes(&writer, magic, sizeof(magic) - 1);
    frame(NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    assert_int_equal(tell(), 0);
    frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, NULL, 0);
    assert_int_equal(tell(), 0);
}

/* ":method GET, :scheme https, :path /, :authority h" without indexing of its own (RFC 7541). */
static const uint8_t get_block[] = {0x82, 0x87, 0x84, 0x01, 0x01, 'h'};

static void get(uint32_t stream, uint8_t flags)
{
    frame(NGHTTP2_HEADERS, (uint8_t)(NGHTTP2_FLAG_END_HEADERS | flags), stream, get_block,
          sizeof(get_block));
}

static void test_good_request(void **state)
{
    (void)state;
    greet();
    get(1, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 1);
    assert_string_equal(side.path, "/");
    assert_int_equal(side.closes, 1);
}

static void test_not_http2(void **state)
{
    (void)state;
    writer_bytes(&writer, "GET / HTTP/1.1\r\n\r\n", 18);
    assert_int_equal(tell(), 1);
    assert_int_equal(wire_problem(side.wire), PROBLEM_LOST);
    assert_string_not_equal(wire_reason(side.wire), "");
}

static void test_settings_flood(void **state)
{
    int r = 0;
    int i;

    (void)state;
    greet();
    /* The peer does not read our answers: no wire_produce(). */
    for (i = 0; i < 2 * LIMIT_OUTBOUND_ACKS && !r; i++) {
        frame(NGHTTP2_SETTINGS, 0, 0, NULL, 0);
        r = tell_only();
    }
    assert_int_equal(r, 1);
    assert_in_range(i, LIMIT_OUTBOUND_ACKS, LIMIT_OUTBOUND_ACKS + 2);
    assert_int_equal(wire_problem(side.wire), PROBLEM_LOST);
}

static void test_ping_flood(void **state)
{
    int r = 0;
    int i;

    (void)state;
    greet();
    for (i = 0; i < 2 * LIMIT_OUTBOUND_ACKS && !r; i++) {
        frame(NGHTTP2_PING, 0, 0, "12345678", 8);
        r = tell_only();
    }
    assert_int_equal(r, 1);
    assert_in_range(i, LIMIT_OUTBOUND_ACKS, LIMIT_OUTBOUND_ACKS + 2);
}

static void test_pings_of_a_peer_that_reads(void **state)
{
    (void)state;
    greet();
    for (int i = 0; i < 5 * LIMIT_OUTBOUND_ACKS; i++) {
        frame(NGHTTP2_PING, 0, 0, "12345678", 8);
        assert_int_equal(tell(), 0);
    }
}

static void test_too_many_settings(void **state)
{
    uint8_t entries[(LIMIT_SETTINGS + 1) * 6] = {0};

    (void)state;
    for (size_t i = 0; i <= LIMIT_SETTINGS; i++)
        entries[i * 6 + 1] = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE;
    greet();
    frame(NGHTTP2_SETTINGS, 0, 0, entries, LIMIT_SETTINGS * 6);
    assert_int_equal(tell(), 0);
    frame(NGHTTP2_SETTINGS, 0, 0, entries, sizeof(entries));
    assert_int_equal(tell(), 1);
}

static void test_rapid_reset(void **state)
{
    uint32_t stream = 1;
    int r = 0;

    (void)state;
    side.silent = true;
    greet();
    while (!r && stream < 10 * 2 * LIMIT_RESET_BURST) {
        get(stream, NGHTTP2_FLAG_END_STREAM);
        frame(NGHTTP2_RST_STREAM, 0, stream, "\0\0\0\x08", 4);
        r = tell();
        stream += 2;
    }
    assert_int_equal(r, 1);
    assert_in_range(side.requests, LIMIT_RESET_BURST, LIMIT_RESET_BURST + LIMIT_RESET_RATE + 2);
    assert_int_equal(side.closes, side.requests);
}

static void test_too_many_streams(void **state)
{
    (void)state;
    side.silent = true;
    greet();
    for (uint32_t stream = 1; stream < 2 * (LIMIT_STREAMS_UNOPENED + 1); stream += 2)
        get(stream, NGHTTP2_FLAG_END_STREAM);
    tell();
    assert_int_equal(side.requests, LIMIT_STREAMS_UNOPENED);
}

/* A header block that is longer than we take: that request is reset, the connection lives. */
static void test_header_list_too_long(void **state)
{
    /* "x: <200 bytes>", never indexed, as often as it takes. */
    uint8_t field[4 + 2 + 200] = {0x10, 1, 'x', 127, 200 - 127};
    size_t size = 5 + 200;
    struct buffer block _cleanup_buffer_ = BUFFER_INIT;

    (void)state;
    memset(field + 5, 'a', 200);
    greet();
    assert_int_equal(buffer_append(&block, get_block, sizeof(get_block)), 0);
    while (buffer_length(&block) < 15000)
        assert_int_equal(buffer_append(&block, field, size), 0);
    /* Under 16,384 bytes in one frame, but more with what each header counts. */
    frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
          buffer_bytes(&block), buffer_length(&block));
    assert_int_equal(tell_only(), 0);
    assert_int_equal(side.requests, 0);
    assert_int_equal(wire_produce(side.wire), 0);
    struct slice out = wire_outgoing(side.wire);

    /* RST_STREAM with ENHANCE_YOUR_CALM is the last frame. */
    assert_true(out.size >= 13);
    assert_memory_equal(out.bytes + out.size - 13, "\0\0\4\3\0\0\0\0\1\0\0\0\x0b", 13);
    get(3, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 1);
}

static void test_continuation_flood(void **state)
{
    int r = 0;
    int i;

    (void)state;
    greet();
    frame(NGHTTP2_HEADERS, 0, 1, get_block, sizeof(get_block));
    for (i = 0; i < 100 && !r; i++) {
        frame(NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
        r = tell();
    }
    assert_int_equal(r, 1);
    assert_in_range(i, LIMIT_CONTINUATIONS, LIMIT_CONTINUATIONS + 1);
    assert_int_equal(side.requests, 0);
}

/* More body than the window that was given. */
static void test_window_overrun(void **state)
{
    static const uint8_t body[16000];
    uint64_t sent = 0;
    int r = 0;

    (void)state;
    side.hold = true;
    side.silent = true;
    greet();
    get(1, 0);
    while (!r && sent < 2 * LIMIT_REQUEST_WINDOW) {
        frame(NGHTTP2_DATA, 0, 1, body, sizeof(body));
        /* It does not read our reset. */
        r = tell_only();
        sent += sizeof(body);
    }
    assert_true(side.received <= LIMIT_REQUEST_WINDOW);
    tell();
    assert_int_equal(side.closes, 1);
    assert_int_equal(side.close_error, NGHTTP2_FLOW_CONTROL_ERROR);
}

/* A peer that goes on sending after its answer: a while it is let, then it is stopped. */
static void test_body_after_the_answer(void **state)
{
    static const uint8_t body[16000];
    unsigned updates = 0;
    uint64_t sent = 0;

    (void)state;
    greet();
    get(1, 0);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 1);
    while (side.closes == 0 && sent < 2 * LIMIT_ORDER_BODY) {
        frame(NGHTTP2_DATA, 0, 1, body, sizeof(body));
        assert_int_equal(tell_only(), 0);
        assert_int_equal(wire_produce(side.wire), 0);
        updates += answer_contains("\0\0\4\x08\0\0\0\0\1", 9);
        wire_sent(side.wire, wire_outgoing(side.wire).size);
        sent += sizeof(body);
    }
    /* Until then it was given window, or a peer that is honest would wait for ever. */
    assert_true(updates >= 4);
    assert_int_equal(side.received, 0);
    assert_in_range(sent, LIMIT_ORDER_BODY, LIMIT_ORDER_BODY + 2 * sizeof(body));
    assert_int_equal(side.closes, 1);
    assert_int_equal(side.close_error, WIRE_H2_NONE);
    get(3, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.closes, 2);
}

/* One that ends by itself is just done. */
static void test_end_after_the_answer(void **state)
{
    (void)state;
    greet();
    get(1, 0);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.closes, 0);
    frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "x", 1);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.closes, 1);
    assert_int_equal(side.close_error, WIRE_H2_NONE);
    assert_int_equal(side.received, 0);
    assert_int_equal(side.ends, 0);
}

static void test_body_without_request(void **state)
{
    (void)state;
    greet();
    frame(NGHTTP2_DATA, 0, 1, "x", 1);
    assert_int_equal(tell(), 1);
    assert_int_equal(side.requests, 0);
}

static void test_malformed_requests(void **state)
{
    static const struct {
        const char *block;
        size_t size;
    } blocks[] = {
        {"\x87\x84\x01\x01h", 5},                     /* no method */
        {"\x82\x84\x01\x01h", 5},                     /* no scheme */
        {"\x82\x87\x01\x01h", 5},                     /* no path */
        {"\x82\x87\x04\x02xx\x01\x01h", 9},           /* a path that is none */
        {"\x82\x87\x84\x84\x01\x01h", 7},             /* two paths */
        {"\x82\x87\x84\x01\x01h\x10\x01X\x01y", 11},  /* an upper-case name */
        {"\x82\x87\x84\x01\x01h\x10\x01x\x01\0", 11}, /* a NUL */
        {"\x82\x87\x84\x01\x01h\x10\x01x\x01\n", 11}, /* a newline */
        {"\x82\x87\x84\x01\x01h\x10\x0a"
         "connection\x01x",
         20},
    };

    (void)state;
    greet();
    for (size_t i = 0; i < ELEMENTS_OF(blocks); i++) {
        frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM,
              (uint32_t)(2 * i + 1), blocks[i].block, blocks[i].size);
        assert_int_equal(tell(), 0);
        assert_int_equal(side.requests, 0);
    }
}

/* Authorization twice: the first counts, as it did for whoever looked first. */
static void test_double_authorization(void **state)
{
    static const char block[] = "\x82\x87\x84\x01\x01h\x0f\x08\x01"
                                "a\x0f\x08\x01"
                                "b";

    (void)state;
    greet();
    frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, block,
          sizeof(block) - 1);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 1);
    assert_string_equal(side.authorization, "a");
}

static void test_trailers_change_nothing(void **state)
{
    static const char trailers[] = "\x0f\x08\x01"
                                   "b";

    (void)state;
    side.silent = true;
    greet();
    get(1, 0);
    frame(NGHTTP2_DATA, 0, 1, "\0\a", 2);
    frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, trailers,
          sizeof(trailers) - 1);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 1);
    assert_int_equal(side.ends, 1);
    assert_string_equal(wire_stream_authorization(side.stream), "");
}

/* SETTINGS that make windows negative and wide again must not count as "the peer has it". */
static void test_settings_do_not_acknowledge(void **state)
{
    static const uint8_t none[] = {0, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0, 0, 0, 0};
    static const uint8_t wide[] = {0, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0, 16, 0, 0};
    struct test_source source = {.left = 1 << 20};

    (void)state;
    side.answer = &source;
    greet();
    get(1, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    assert_int_equal(source.took, 65535);
    frame(NGHTTP2_SETTINGS, 0, 0, none, sizeof(none));
    assert_int_equal(tell(), 0);
    assert_int_equal(wire_stream_acknowledged(side.stream), 0);
    frame(NGHTTP2_SETTINGS, 0, 0, wide, sizeof(wide));
    assert_int_equal(tell(), 0);
    assert_int_equal(wire_stream_acknowledged(side.stream), 0);
    frame(NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\x10\0", 4);
    assert_int_equal(tell(), 0);
    assert_int_equal(wire_stream_acknowledged(side.stream), 4096);
    /* A peer that gives more than it got has all of it, and no more. */
    frame(NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\x10\0\0", 4);
    assert_int_equal(tell(), 0);
    assert_int_equal(wire_stream_acknowledged(side.stream), source.took);
}

static void test_choked(void **state)
{
    (void)state;
    side.silent = true;
    greet();
    assert_false(wire_is_choked(side.wire));
    assert_int_equal(wire_set_stream_limit(side.wire, 100000), 0);
    for (int i = 0; i <= LIMIT_OUTBOUND_FRAMES; i++)
        assert_int_equal(nghttp2_submit_ping(side.wire->session, 0, NULL), 0);
    assert_true(wire_is_choked(side.wire));
    assert_int_equal(wire_produce(side.wire), 0);
    assert_false(wire_is_choked(side.wire));
}

static void test_goaway_with_a_reason(void **state)
{
    (void)state;
    greet();
    frame(NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\x0b", 8);
    assert_int_equal(tell(), 1);
    assert_int_equal(wire_problem(side.wire), PROBLEM_CLOSED);
    assert_string_equal(wire_reason(side.wire), "ENHANCE_YOUR_CALM");
}

/* GOAWAY in two steps: a request that crosses with the first is still answered. */
static void test_shutdown_in_two_steps(void **state)
{
    (void)state;
    greet();
    get(1, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    wire_shut_down(side.wire);
    assert_int_equal(wire_produce(side.wire), 0);
    /* No last request is named yet, */
    assert_true(answer_contains("\0\0\x08\7\0\0\0\0\0\x7f\xff\xff\xff", 13));
    assert_true(answer_contains("\0\0\x08\6\0\0\0\0\0", 9));
    wire_sent(side.wire, wire_outgoing(side.wire).size);
    get(3, NGHTTP2_FLAG_END_STREAM);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.requests, 2);
    /* but with the answer to the PING. */
    frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "\0\0\0\0\0\0\0", 8);
    assert_int_equal(tell_only(), 0);
    assert_int_equal(wire_produce(side.wire), 1);
    assert_true(answer_contains("\0\0\x08\7\0\0\0\0\0\0\0\0\3", 13));
    assert_int_equal(wire_problem(side.wire), PROBLEM_CLOSED);
}

static void test_client_meets_no_http2(void **state)
{
    (void)state;
    writer_bytes(&writer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38);
    tell();
    assert_int_equal(wire_problem(side.wire), PROBLEM_NOT_HUNE);
}

static void test_client_waits_for_the_final_status(void **state)
{
    struct wire_stream *stream;

    (void)state;
    assert_int_equal(wire_request(side.wire, "GET", "/", NULL, 0, NULL, NULL, &stream), 0);
    assert_int_equal(wire_produce(side.wire), 0);
    wire_sent(side.wire, wire_outgoing(side.wire).size);
    frame(NGHTTP2_SETTINGS, 0, 0, NULL, 0);
    frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
          "\x08\x03"
          "103",
          5);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.responses, 0);
    frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, "\x89", 1);
    assert_int_equal(tell(), 0);
    assert_int_equal(side.responses, 1);
    assert_int_equal(side.status, 204);
    assert_int_equal(side.closes, 1);
}

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CLIENT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_client, tear_down_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVER_TEST(test_good_request),
        SERVER_TEST(test_not_http2),
        SERVER_TEST(test_settings_flood),
        SERVER_TEST(test_ping_flood),
        SERVER_TEST(test_pings_of_a_peer_that_reads),
        SERVER_TEST(test_too_many_settings),
        SERVER_TEST(test_rapid_reset),
        SERVER_TEST(test_too_many_streams),
        SERVER_TEST(test_header_list_too_long),
        SERVER_TEST(test_continuation_flood),
        SERVER_TEST(test_window_overrun),
        SERVER_TEST(test_body_after_the_answer),
        SERVER_TEST(test_end_after_the_answer),
        SERVER_TEST(test_body_without_request),
        SERVER_TEST(test_malformed_requests),
        SERVER_TEST(test_double_authorization),
        SERVER_TEST(test_trailers_change_nothing),
        SERVER_TEST(test_settings_do_not_acknowledge),
        SERVER_TEST(test_choked),
        SERVER_TEST(test_goaway_with_a_reason),
        SERVER_TEST(test_shutdown_in_two_steps),
        CLIENT_TEST(test_client_meets_no_http2),
        CLIENT_TEST(test_client_waits_for_the_final_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
