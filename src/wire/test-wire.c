/* Two wires against each other: requests, answers, bodies, windows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/test-joined.h"

static void test_request_and_answer(void **state)
{
    const struct wire_header headers[] = {
        {"authorization", "Bearer abc"}, {"content-type", "a/b"}, {"x-other", "ignored"}};
    struct wire_stream *stream;

    (void)state;
    /* Before the handshake: it waits for it. */
    assert_int_equal(
        wire_request(pair.client.wire, "GET", "/v1/hello?a=b", headers, 3, NULL, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.client.established, 1);
    assert_int_equal(pair.server.established, 1);
    assert_int_equal(pair.server.requests, 1);
    assert_string_equal(pair.server.method, "GET");
    assert_string_equal(pair.server.path, "/v1/hello?a=b");
    assert_string_equal(pair.server.authorization, "Bearer abc");
    assert_string_equal(pair.server.content_type, "a/b");
    assert_int_equal(pair.server.ends, 1);
    assert_int_equal(pair.client.responses, 1);
    assert_int_equal(pair.client.status, 200);
    assert_string_equal(pair.client.content_type, "text/plain");
    assert_int_equal(pair.client.received, 2);
    assert_int_equal(pair.client.ends, 1);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(pair.server.close_error, WIRE_H2_NONE);
    assert_int_equal(wire_stream_count(pair.client.wire), 0);
    assert_int_equal(wire_stream_count(pair.server.wire), 0);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_NONE);
}

static void test_byte_by_byte(void **state)
{
    struct test_source source = {.left = 20000};

    (void)state;
    pair.at_once = 1;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 20000);
    assert_false(pair.client.damaged);
    assert_int_equal(pair.client.closes, 1);
}

static void test_without_optional_texts(void **state)
{
    (void)state;
    get("/");
    test_pair_run(&pair);
    assert_string_equal(pair.server.authorization, "");
    assert_string_equal(pair.server.content_type, "");
}

static void test_header_count(void **state)
{
    struct wire_header headers[17];
    struct wire_stream *stream;

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(headers); i++)
        headers[i] = (struct wire_header){"x-many", "1"};
    assert_int_equal(wire_request(pair.client.wire, "GET", "/", headers, 17, NULL, NULL, &stream),
                     -EINVAL);
    assert_int_equal(wire_request(pair.client.wire, "GET", "/", headers, 16, NULL, NULL, &stream),
                     0);
    test_pair_run(&pair);
    assert_int_equal(pair.client.status, 200);
}

static void test_large_answer(void **state)
{
    struct test_source source = {.left = 20 << 20};

    (void)state;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 20 << 20);
    assert_false(pair.client.damaged);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
    /* Frames as long as both sides allow. */
    assert_int_equal(source.largest, LIMIT_DATA_FRAME);
}

static void test_large_request(void **state)
{
    struct test_source source = {.left = 5 << 20};
    struct wire_body body = test_source_body(&source);
    struct wire_stream *stream;

    (void)state;
    pair.server.silent = true;
    assert_int_equal(wire_request(pair.client.wire, "POST", "/", NULL, 0, &body, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.received, 5 << 20);
    assert_false(pair.server.damaged);
    assert_int_equal(pair.server.ends, 1);
    assert_int_equal(wire_respond(pair.server.stream, 204, NULL, NULL), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.client.status, 204);
    assert_int_equal(pair.client.received, 0);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
}

static void test_request_bytes(void **state)
{
    static const uint8_t bytes[] = {0, 7, 14, 21};
    struct wire_stream *stream;

    (void)state;
    assert_int_equal(
        wire_request_bytes(pair.client.wire, "PUT", "/v1/jobs/1", bytes, 4, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.received, 4);
    assert_false(pair.server.damaged);
    assert_int_equal(pair.server.ends, 1);
    assert_int_equal(pair.client.status, 200);
    /* An empty one ends at once. */
    assert_int_equal(wire_request_bytes(pair.client.wire, "PUT", "/", NULL, 0, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.ends, 2);
    assert_int_equal(pair.client.closes, 2);
}

static void test_wait_and_resume(void **state)
{
    struct test_source source = {.left = 100000, .wait = true};
    uint64_t expected = 0;

    (void)state;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.responses, 1);
    assert_int_equal(pair.client.received, 0);
    /* Resuming what does not wait, or has nothing yet, is harmless. */
    wire_stream_resume(pair.server.stream);
    wire_stream_resume(pair.server.stream);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 0);
    for (uint64_t piece = 1; expected + piece < 100000; piece *= 3) {
        source.ready = piece;
        expected += piece;
        wire_stream_resume(pair.server.stream);
        test_pair_run(&pair);
        assert_int_equal(pair.client.received, expected);
    }
    assert_int_equal(pair.client.ends, 0);
    source.ready = source.left;
    wire_stream_resume(pair.server.stream);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 100000);
    assert_false(pair.client.damaged);
    assert_int_equal(pair.client.closes, 1);
}

/* A tiny answer is one record: header frame, DATA frame and all. */
static void test_small_answer_is_one_record(void **state)
{
    uint64_t before;

    (void)state;
    get("/");
    test_pair_run(&pair);
    before = pair.to_client;
    get("/");
    wire_produce(pair.client.wire);
    wire_receive(pair.server.wire, wire_outgoing(pair.client.wire).bytes,
                 wire_outgoing(pair.client.wire).size, pair.now);
    wire_sent(pair.client.wire, wire_outgoing(pair.client.wire).size);
    wire_produce(pair.server.wire);
    struct slice out = wire_outgoing(pair.server.wire);

    assert_true(out.size > 5);
    assert_int_equal(out.bytes[0], 23);
    assert_int_equal(out.size, 5 + (out.bytes[3] << 8) + out.bytes[4]);
    test_pair_run(&pair);
    assert_int_equal(pair.to_client, before + out.size);
}

static void test_stalled_stream_stops_no_other(void **state)
{
    struct test_source first = {.left = 8 << 20};
    struct test_source second = {.left = 8 << 20};

    (void)state;
    pair.server.answer = &first;
    pair.client.held = get("/stalled");
    test_pair_run(&pair);
    /* The window is used up, and not a byte more was sent. */
    assert_int_equal(pair.client.received, LIMIT_STREAM_WINDOW);
    assert_int_equal(first.took, LIMIT_STREAM_WINDOW);
    pair.server.answer = &second;
    get("/other");
    test_pair_run(&pair);
    assert_int_equal(second.took, 8 << 20);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(first.took, LIMIT_STREAM_WINDOW);
    /* And it goes on when its bytes have left. */
    struct wire_stream *stalled = pair.client.held;

    pair.client.held = NULL;
    wire_stream_consume(stalled, LIMIT_STREAM_WINDOW);
    test_pair_run(&pair);
    assert_int_equal(first.took, 8 << 20);
    assert_int_equal(pair.client.closes, 2);
    assert_false(pair.client.damaged);
}

static void test_send_ahead_is_bounded(void **state)
{
    struct test_source source = {.left = 8 << 20};

    (void)state;
    get("/");
    test_pair_run(&pair);
    pair.server.answer = &source;
    get("/");
    /* From here on nothing leaves the server. */
    pair.cut_to_client = pair.to_client;
    test_pair_step(&pair);
    assert_true(source.took > 0);
    for (int i = 0; i < 20; i++) {
        wire_produce(pair.server.wire);
        assert_true(wire_outgoing(pair.server.wire).size <
                    LIMIT_SEND_AHEAD + LIMIT_DATA_FRAME + 1024);
    }
    pair.cut_to_client = UINT64_MAX;
    pair.client.damaged = false;
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 2 + (8 << 20));
}

static void test_acknowledged(void **state)
{
    /* Enough for a window update. */
    const size_t part = LIMIT_STREAM_WINDOW / 3 * 2;
    const size_t whole = 2 * LIMIT_STREAM_WINDOW;
    struct test_source source = {.left = whole};
    struct wire_stream *stream;
    uint64_t acknowledged;

    (void)state;
    pair.server.answer = &source;
    pair.client.hold = true;
    stream = get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_stream_acknowledged(pair.server.stream), 0);
    assert_int_equal(source.took, LIMIT_STREAM_WINDOW);
    assert_int_equal(pair.server.acknowledged, 0);
    wire_stream_consume(stream, part);
    test_pair_run(&pair);
    acknowledged = wire_stream_acknowledged(pair.server.stream);
    assert_int_equal(acknowledged, part);
    assert_int_equal(pair.server.acknowledged, 1);
    /* Never more than was sent, and never less than before. */
    wire_stream_consume(stream, LIMIT_STREAM_WINDOW - part);
    test_pair_run(&pair);
    assert_true(wire_stream_acknowledged(pair.server.stream) >= acknowledged);
    assert_true(wire_stream_acknowledged(pair.server.stream) <= LIMIT_STREAM_WINDOW);
    /* Giving back what was never received is not held against the peer. */
    wire_stream_consume(stream, (size_t)3 << 30);
    test_pair_run(&pair);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
    assert_int_equal(source.took, whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        joined_test(test_request_and_answer),
        joined_test(test_byte_by_byte),
        joined_test(test_without_optional_texts),
        joined_test(test_header_count),
        joined_test(test_large_answer),
        joined_test(test_large_request),
        joined_test(test_request_bytes),
        joined_test(test_wait_and_resume),
        joined_test(test_small_answer_is_one_record),
        joined_test(test_stalled_stream_stops_no_other),
        joined_test(test_send_ahead_is_bounded),
        joined_test(test_acknowledged),
    };

    return cmocka_run_group_tests(tests, NULL, joined_free_contexts);
}
