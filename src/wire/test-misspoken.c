/* A server's wire against peers whose frames say what HTTP/2 does not allow, or little of what it
 * does; and what a client makes of a server that does not speak it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "wire/test-frames.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        server_test(test_good_request),
        server_test(test_body_after_the_answer),
        server_test(test_end_after_the_answer),
        server_test(test_body_without_request),
        server_test(test_malformed_requests),
        server_test(test_double_authorization),
        server_test(test_trailers_change_nothing),
        server_test(test_settings_do_not_acknowledge),
        server_test(test_goaway_with_a_reason),
        server_test(test_shutdown_in_two_steps),
        client_test(test_client_meets_no_http2),
        client_test(test_client_waits_for_the_final_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
