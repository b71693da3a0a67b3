/* Two wires against each other: requests, answers, bodies, windows, ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failing-malloc.h"
#include "wire/test-pair.h"

static struct test_pair pair;

static int set_up(void **state)
{
    (void)state;
    test_pair_init(&pair);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_pair_deinit(&pair);
    return 0;
}

static struct wire_stream *get(const char *path)
{
    struct wire_stream *stream = NULL;

    assert_int_equal(wire_request(pair.client.wire, "GET", path, NULL, 0, NULL, NULL, &stream), 0);
    return stream;
}

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
    struct test_source source = {.left = 2 << 20};
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
    wire_stream_consume(stream, 700000);
    test_pair_run(&pair);
    acknowledged = wire_stream_acknowledged(pair.server.stream);
    assert_int_equal(acknowledged, 700000);
    assert_int_equal(pair.server.acknowledged, 1);
    /* Never more than was sent, and never less than before. */
    wire_stream_consume(stream, LIMIT_STREAM_WINDOW - 700000);
    test_pair_run(&pair);
    assert_true(wire_stream_acknowledged(pair.server.stream) >= acknowledged);
    assert_true(wire_stream_acknowledged(pair.server.stream) <= LIMIT_STREAM_WINDOW);
    /* Giving back what was never received is not held against the peer. */
    wire_stream_consume(stream, (size_t)3 << 30);
    test_pair_run(&pair);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
    assert_int_equal(source.took, 2 << 20);
}

static void test_cancel_by_client(void **state)
{
    struct test_source source = {.left = 8 << 20, .wait = true, .ready = 1000};
    struct wire_stream *stream;

    (void)state;
    pair.server.answer = &source;
    stream = get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 1000);
    wire_stream_cancel(stream);
    wire_stream_cancel(stream);
    assert_int_equal(pair.client.closes, 0);
    source.ready = 1000;
    wire_stream_resume(pair.server.stream);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 1000);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_CANCEL);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(pair.server.close_error, WIRE_H2_CANCEL);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
}

static void test_cancel_by_server(void **state)
{
    (void)state;
    pair.server.silent = true;
    get("/");
    test_pair_run(&pair);
    wire_stream_cancel(pair.server.stream);
    assert_int_equal(wire_respond_bytes(pair.server.stream, 200, NULL, "x", 1), -EPIPE);
    test_pair_run(&pair);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_CANCEL);
    assert_int_equal(pair.client.responses, 0);
    assert_int_equal(pair.server.closes, 1);
}

static void test_cancel_before_it_is_sent(void **state)
{
    (void)state;
    wire_stream_cancel(get("/"));
    test_pair_run(&pair);
    assert_int_equal(pair.server.requests, 0);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_CANCEL);
}

static void test_body_that_fails(void **state)
{
    struct test_source source = {.left = 5000, .wait = true, .ready = 100};

    (void)state;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    source.fail = true;
    wire_stream_resume(pair.server.stream);
    test_pair_run(&pair);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(pair.client.ends, 0);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
}

static void refuse_early(struct test_side *side, struct wire_stream *stream)
{
    (void)side;
    assert_int_equal(wire_respond_bytes(stream, 413, NULL, "no", 2), 0);
    assert_int_equal(wire_respond_bytes(stream, 200, NULL, "no", 2), -EPIPE);
}

/* An answer before the request is complete ends both halves: the rest is not wanted. */
static void test_early_answer(void **state)
{
    struct test_source source = {.left = 50 << 20};
    struct wire_body body = test_source_body(&source);
    struct wire_stream *stream;

    (void)state;
    pair.server.on_request = refuse_early;
    pair.server.hold = true;
    assert_int_equal(wire_request(pair.client.wire, "POST", "/", NULL, 0, &body, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.client.status, 413);
    assert_int_equal(pair.client.received, 2);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
    assert_int_equal(pair.server.closes, 1);
    assert_true(source.took < 1 << 20);
    pair.server.on_request = NULL;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.status, 200);
}

static void cancel_in_request(struct test_side *side, struct wire_stream *stream)
{
    (void)side;
    wire_stream_cancel(stream);
}

static void next_request(struct test_side *side, struct wire_stream *stream)
{
    struct wire_stream *other;

    (void)stream;
    if (side->responses < 5)
        assert_int_equal(wire_request(side->wire, "GET", "/next", NULL, 0, NULL, NULL, &other), 0);
}

static void test_calls_from_events(void **state)
{
    struct wire_stream *stream;

    (void)state;
    pair.server.on_request = cancel_in_request;
    assert_int_equal(wire_request_bytes(pair.client.wire, "POST", "/", "\0\a", 2, NULL, &stream),
                     0);
    test_pair_run(&pair);
    assert_int_equal(pair.client.closes, 1);
    /* No event after the cancel but on_close. */
    assert_int_equal(pair.server.ends, 0);
    assert_int_equal(pair.server.received, 0);
    pair.server.on_request = NULL;
    pair.client.on_data = next_request;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.responses, 5);
}

static void test_streams_wait_for_room(void **state)
{
    (void)state;
    pair.server.silent = true;
    for (int i = 0; i < 10; i++)
        get("/");
    test_pair_run(&pair);
    /* The rest waits at the client instead of being refused. */
    assert_int_equal(pair.server.requests, LIMIT_STREAMS_UNOPENED);
    assert_int_equal(pair.client.closes, 0);
    assert_int_equal(wire_set_stream_limit(pair.server.wire, 8), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.requests, 8);
    assert_int_equal(wire_stream_count(pair.client.wire), 10);
    assert_int_equal(wire_respond(pair.server.stream, 204, NULL, NULL), 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.requests, 9);
}

static void test_stream_limit_set_before_the_handshake(void **state)
{
    (void)state;
    pair.server.silent = true;
    assert_int_equal(wire_set_stream_limit(pair.server.wire, 6), 0);
    for (int i = 0; i < 10; i++)
        get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.server.requests, 6);
}

static void test_id_refused(void **state)
{
    (void)state;
    pair.client.refuse = PROBLEM_ID_CHANGED;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_ID_CHANGED);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(pair.client.close_error, WIRE_H2_CONNECTION);
    assert_true(wire_is_finished(pair.client.wire));
    /* Nothing of the request was sent, only the end. */
    assert_int_equal(pair.server.requests, 0);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_CLOSED);
}

static void test_shutdown_by_server(void **state)
{
    struct test_source source = {.left = 5000, .wait = true, .ready = 100};
    struct wire_stream *stream;

    (void)state;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    wire_shut_down(pair.server.wire);
    wire_shut_down(pair.server.wire);
    test_pair_run(&pair);
    /* The open one may end; a new one is not taken. */
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
    assert_int_equal(wire_request(pair.client.wire, "GET", "/", NULL, 0, NULL, NULL, &stream),
                     -EPIPE);
    source.ready = source.left;
    wire_stream_resume(pair.server.stream);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 5000);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_CLOSED);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_CLOSED);
    assert_true(wire_is_finished(pair.server.wire));
}

static void test_shutdown_by_client(void **state)
{
    struct wire_stream *stream;

    (void)state;
    get("/");
    test_pair_run(&pair);
    wire_shut_down(pair.client.wire);
    assert_int_equal(wire_request(pair.client.wire, "GET", "/", NULL, 0, NULL, NULL, &stream),
                     -EPIPE);
    test_pair_run(&pair);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_CLOSED);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_CLOSED);
}

static void test_shutdown_before_the_handshake(void **state)
{
    (void)state;
    get("/");
    wire_shut_down(pair.client.wire);
    assert_int_equal(wire_produce(pair.client.wire), 1);
    assert_int_equal(pair.client.closes, 1);
    wire_shut_down(pair.server.wire);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_CLOSED);
}

/* A request that the shutdown overtook is told from one that may have been seen. */
static void test_waiting_requests_are_refused_by_goaway(void **state)
{
    (void)state;
    pair.server.silent = true;
    for (int i = 0; i < LIMIT_STREAMS_UNOPENED + 1; i++)
        get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.client.closes, 0);
    wire_shut_down(pair.server.wire);
    test_pair_run(&pair);
    while (pair.server.stream) {
        assert_int_equal(wire_respond(pair.server.stream, 204, NULL, NULL), 0);
        test_pair_run(&pair);
        pair.server.stream = pair.server.wire && wire_stream_count(pair.server.wire)
                                 ? container_of(pair.server.wire->streams.next, struct wire_stream,
                                                link)
                                 : NULL;
    }
    assert_int_equal(pair.client.closes, LIMIT_STREAMS_UNOPENED + 1);
    assert_int_equal(pair.server.requests, LIMIT_STREAMS_UNOPENED);
    assert_int_equal(pair.client.refused, 1);
}

static void test_end(void **state)
{
    (void)state;
    pair.server.silent = true;
    get("/");
    test_pair_run(&pair);
    wire_end(pair.server.wire, PROBLEM_NONE);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(pair.server.close_error, WIRE_H2_CONNECTION);
    wire_end(pair.server.wire, PROBLEM_LOST);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_CLOSED);
    test_pair_run(&pair);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_CLOSED);
    assert_int_equal(pair.client.closes, 1);
}

/* What was answered just before the end still goes out. */
static void test_answer_then_end(void **state)
{
    (void)state;
    pair.server.silent = true;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_respond_bytes(pair.server.stream, 200, NULL, "\0\a", 2), 0);
    wire_end(pair.server.wire, PROBLEM_NONE);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 2);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_CLOSED);
}

static void test_free_closes_streams(void **state)
{
    (void)state;
    pair.server.silent = true;
    get("/a");
    get("/b");
    test_pair_run(&pair);
    pair.client.wire = wire_free(pair.client.wire);
    pair.server.wire = wire_free(pair.server.wire);
    assert_int_equal(pair.client.closes, 2);
    assert_int_equal(pair.server.closes, 2);
    assert_int_equal(pair.server.close_error, WIRE_H2_CONNECTION);
    assert_null(wire_free(NULL));
}

static void test_handshake_time(void **state)
{
    (void)state;
    assert_int_equal(wire_deadline(pair.server.wire), 1000 + LIMIT_HANDSHAKE_MS);
    assert_int_equal(wire_tick(pair.server.wire, 1000 + LIMIT_HANDSHAKE_MS - 1), 0);
    assert_int_equal(wire_tick(pair.server.wire, 1000 + LIMIT_HANDSHAKE_MS), 1);
    assert_int_equal(wire_problem(pair.server.wire), PROBLEM_TIMEOUT);
    assert_int_equal(wire_deadline(pair.server.wire), UINT64_MAX);
    wire_restart_clock(pair.client.wire, 5000);
    assert_int_equal(wire_deadline(pair.client.wire), 5000 + LIMIT_HANDSHAKE_MS);
}

static void test_idle_needs_no_timer(void **state)
{
    (void)state;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_deadline(pair.server.wire), UINT64_MAX);
    assert_int_equal(wire_deadline(pair.client.wire), UINT64_MAX);
    assert_int_equal(wire_tick(pair.server.wire, UINT64_MAX - 1), 0);
}

static void test_heartbeat(void **state)
{
    struct wire *client = pair.client.wire;

    (void)state;
    get("/");
    test_pair_run(&pair);
    wire_set_heartbeat(client, 5000, 3000);
    assert_int_equal(wire_deadline(client), 6000);
    /* Answered: life goes on, */
    pair.now = 6000;
    assert_int_equal(wire_tick(client, pair.now), 0);
    assert_int_equal(wire_deadline(client), 9000);
    pair.now = 6010;
    test_pair_run(&pair);
    assert_int_equal(wire_deadline(client), 11010);
    /* and no answer is the end. */
    pair.server.silent = true;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_tick(client, 11010), 0);
    assert_int_equal(wire_produce(client), 0);
    assert_int_equal(wire_tick(client, 14009), 0);
    assert_int_equal(wire_tick(client, 14010), 1);
    assert_int_equal(wire_problem(client), PROBLEM_LOST);
    assert_int_equal(pair.client.closes, 2);
    assert_int_equal(pair.client.close_error, WIRE_H2_CONNECTION);
}

static void test_idle_memory(void **state)
{
    struct test_source source = {.left = 4 << 20};

    (void)state;
    pair.server.answer = &source;
    get("/");
    test_pair_run(&pair);
    /* As the driver does with an empty buffer. */
    buffer_trim(tls_outgoing(wire_tls(pair.server.wire)));
    /* 64 KiB of it is the frame buffer, of which one page was ever touched. */
    assert_true(wire_memory(pair.server.wire) < (64 + 20) * 1024);
    assert_int_equal(pair.server.wire->staged.capacity, 0);
}

/* The connection is cut after every byte that either side sent: every stream is closed once,
 * nothing leaks, and the other side's wire just waits. */
static void test_cut_at_every_byte(void **state)
{
    struct test_pair whole;
    struct wire_stream *stream;

    (void)state;
    test_pair_init(&whole);
    assert_int_equal(wire_request_bytes(whole.client.wire, "PUT", "/", "\0\a\16", 3, NULL, &stream),
                     0);
    test_pair_run(&whole);
    assert_int_equal(whole.client.status, 200);
    for (uint64_t cut = 0; cut < whole.to_client + whole.to_server; cut++) {
        test_pair_deinit(&pair);
        test_pair_init(&pair);
        if (cut < whole.to_server)
            pair.cut_to_server = cut;
        else
            pair.cut_to_client = cut - whole.to_server;
        assert_int_equal(
            wire_request_bytes(pair.client.wire, "PUT", "/", "\0\a\16", 3, NULL, &stream), 0);
        test_pair_run(&pair);
        assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
        assert_int_equal(wire_problem(pair.server.wire), PROBLEM_NONE);
        pair.client.wire = wire_free(pair.client.wire);
        pair.server.wire = wire_free(pair.server.wire);
        assert_int_equal(pair.client.closes, 1);
        assert_int_equal(pair.server.closes, pair.server.requests);
    }
    test_pair_deinit(&whole);
}

/* -- no memory -- */

static int exchange(void *argument)
{
    struct test_pair *without = argument;
    struct wire_stream *stream;
    int r;

    *without = (struct test_pair){
        .now = 1, .cut_to_client = UINT64_MAX, .cut_to_server = UINT64_MAX};
    r = wire_new(&without->client.wire, TLS_CLIENT, test_client_context(), &test_events,
                 &without->client, 1);
    if (!r)
        r = wire_new(&without->server.wire, TLS_SERVER, test_server_context(), &test_events,
                     &without->server, 1);
    if (!r)
        r = wire_request_bytes(without->client.wire, "PUT", "/v1/x", "\0\a", 2, NULL, &stream);
    if (!r) {
        test_pair_run(without);
        r = without->client.status == 200 && without->client.ends == 1 ? 0 : -ENOMEM;
    }
    test_pair_deinit(without);
    /* Whatever failed, what began also ended. */
    assert_int_equal(without->server.closes, without->server.requests);
    return r;
}

static void test_each_allocation_fails_once(void **state)
{
    struct test_pair without;

    (void)state;
    test_server_context();
    test_client_context();
    assert_true(failing_malloc_run_lenient(exchange, &without) > 20);
}

static int free_contexts(void **state)
{
    (void)state;
    test_contexts_free();
    return 0;
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(test_request_and_answer),
        WIRE_TEST(test_byte_by_byte),
        WIRE_TEST(test_without_optional_texts),
        WIRE_TEST(test_header_count),
        WIRE_TEST(test_large_answer),
        WIRE_TEST(test_large_request),
        WIRE_TEST(test_request_bytes),
        WIRE_TEST(test_wait_and_resume),
        WIRE_TEST(test_small_answer_is_one_record),
        WIRE_TEST(test_stalled_stream_stops_no_other),
        WIRE_TEST(test_send_ahead_is_bounded),
        WIRE_TEST(test_acknowledged),
        WIRE_TEST(test_cancel_by_client),
        WIRE_TEST(test_cancel_by_server),
        WIRE_TEST(test_cancel_before_it_is_sent),
        WIRE_TEST(test_body_that_fails),
        WIRE_TEST(test_early_answer),
        WIRE_TEST(test_calls_from_events),
        WIRE_TEST(test_streams_wait_for_room),
        WIRE_TEST(test_stream_limit_set_before_the_handshake),
        WIRE_TEST(test_id_refused),
        WIRE_TEST(test_shutdown_by_server),
        WIRE_TEST(test_shutdown_by_client),
        WIRE_TEST(test_shutdown_before_the_handshake),
        WIRE_TEST(test_waiting_requests_are_refused_by_goaway),
        WIRE_TEST(test_end),
        WIRE_TEST(test_answer_then_end),
        WIRE_TEST(test_free_closes_streams),
        WIRE_TEST(test_handshake_time),
        WIRE_TEST(test_idle_needs_no_timer),
        WIRE_TEST(test_heartbeat),
        WIRE_TEST(test_idle_memory),
        WIRE_TEST(test_cut_at_every_byte),
        cmocka_unit_test(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, free_contexts);
}
