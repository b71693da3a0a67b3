/* Two wires against each other: how streams and connections end, before their time and in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/test-joined.h"

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

/* The end of a body, whose stream is gone, is acknowledged by a receipt. */
static void test_receipt(void **state)
{
    (void)state;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(wire_ask_receipt(pair.client.wire), 0); /* none of a server */
    assert_int_equal(wire_ask_receipt(pair.server.wire), 1);
    assert_int_equal(wire_ask_receipt(pair.server.wire), 2);
    wire_set_heartbeat(pair.server.wire, 1000, 1000);
    /* Another PING, of no receipt. */
    assert_int_equal(wire_tick(pair.server.wire, pair.now + 2000), 0);
    assert_int_equal(pair.server.receipts, 0);
    test_pair_run(&pair);
    assert_int_equal(pair.server.receipts, 2);
    assert_int_equal(pair.server.receipt, 2);
    assert_int_equal(pair.client.receipts, 0);
}

/* Who resets a stream may have thrown away what came of another: nothing that was asked for before
 * is received by that. */
static void test_no_receipt_across_a_reset(void **state)
{
    struct wire_stream *stream;

    (void)state;
    pair.server.silent = true;
    stream = get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_ask_receipt(pair.server.wire), 1);
    wire_stream_cancel(stream);
    test_pair_run(&pair);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(pair.server.receipts, 0);
    assert_int_equal(wire_ask_receipt(pair.server.wire), 2);
    test_pair_run(&pair);
    assert_int_equal(pair.server.receipts, 1);
    assert_int_equal(pair.server.receipt, 2);
}

/* Its answer is not that to the notice with which a server leaves. */
static void test_receipt_while_leaving(void **state)
{
    (void)state;
    get("/");
    test_pair_run(&pair);
    assert_int_equal(wire_ask_receipt(pair.server.wire), 1);
    wire_shut_down(pair.server.wire);
    test_pair_run(&pair);
    assert_int_equal(pair.server.receipts, 1);
    assert_true(wire_is_finished(pair.server.wire));
    assert_int_equal(wire_ask_receipt(pair.server.wire), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        joined_test(test_receipt),
        joined_test(test_no_receipt_across_a_reset),
        joined_test(test_receipt_while_leaving),
        joined_test(test_cancel_by_client),
        joined_test(test_cancel_by_server),
        joined_test(test_cancel_before_it_is_sent),
        joined_test(test_body_that_fails),
        joined_test(test_early_answer),
        joined_test(test_calls_from_events),
        joined_test(test_id_refused),
        joined_test(test_shutdown_by_server),
        joined_test(test_shutdown_by_client),
        joined_test(test_shutdown_before_the_handshake),
        joined_test(test_waiting_requests_are_refused_by_goaway),
        joined_test(test_end),
        joined_test(test_answer_then_end),
        joined_test(test_free_closes_streams),
    };

    return cmocka_run_group_tests(tests, NULL, joined_free_contexts);
}
