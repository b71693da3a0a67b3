/* Two wires against each other: what bounds them. Streams, time, memory, a cut at every byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "wire/test-joined.h"

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
    /* Most of it is the frame buffer, of which one page was ever touched. */
    assert_true(wire_memory(pair.server.wire) < LIMIT_DATA_FRAME + 20 * 1024);
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

/* What one wire gave back the next one has; no more is kept than is told. */
static void test_large_blocks_are_used_again(void **state)
{
    struct wire *wires[WIRE_SPARES_MAX + 2];
    struct wire_spares spares = {.count = 0};
    struct test_side end = {0};
    void *block;

    (void)state;
    for (size_t round = 0; round < 2; round++) {
        assert_int_equal(
            wire_new(&wires[0], TLS_CLIENT, test_client_context(), &spares, &test_events, &end, 1),
            0);
        assert_int_equal(spares.count, 0);
        wire_free(wires[0]);
        assert_int_equal(spares.count, 1);
        if (round > 0)
            assert_ptr_equal(spares.blocks[0], block);
        block = spares.blocks[0];
    }
    for (size_t i = 0; i < ELEMENTS_OF(wires); i++)
        assert_int_equal(
            wire_new(&wires[i], TLS_CLIENT, test_client_context(), &spares, &test_events, &end, 1),
            0);
    for (size_t i = 0; i < ELEMENTS_OF(wires); i++)
        wire_free(wires[i]);
    assert_int_equal(spares.count, WIRE_SPARES_MAX);
    wire_spares_drop(&spares);
    assert_int_equal(spares.count, 0);
}

/* -- no memory -- */
static int exchange(void *argument)
{
    struct test_pair *without = argument;
    struct wire_stream *stream;
    int r;

    *without = (struct test_pair){
        .now = 1, .cut_to_client = UINT64_MAX, .cut_to_server = UINT64_MAX};
    r = wire_new(&without->client.wire, TLS_CLIENT, test_client_context(), NULL, &test_events,
                 &without->client, 1);
    if (!r)
        r = wire_new(&without->server.wire, TLS_SERVER, test_server_context(), NULL, &test_events,
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        joined_test(test_streams_wait_for_room),
        joined_test(test_stream_limit_set_before_the_handshake),
        joined_test(test_handshake_time),
        joined_test(test_idle_needs_no_timer),
        joined_test(test_heartbeat),
        joined_test(test_idle_memory),
        joined_test(test_cut_at_every_byte),
        cmocka_unit_test(test_large_blocks_are_used_again),
        cmocka_unit_test(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, joined_free_contexts);
}
