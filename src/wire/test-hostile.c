/* A server's wire against peers that speak HTTP/2 to do harm: floods, and more of everything than
 * there is room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "wire/test-frames.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        server_test(test_not_http2),
        server_test(test_settings_flood),
        server_test(test_ping_flood),
        server_test(test_pings_of_a_peer_that_reads),
        server_test(test_too_many_settings),
        server_test(test_rapid_reset),
        server_test(test_too_many_streams),
        server_test(test_header_list_too_long),
        server_test(test_continuation_flood),
        server_test(test_window_overrun),
        server_test(test_choked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
