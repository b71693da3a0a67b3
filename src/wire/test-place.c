/* Bodies that are decrypted to where they belong (struct wire_place). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/test-joined.h"

enum { BODY = 3 << 20, RECORD = 16 * 1024, FRAME_HEADER = 9 };

/* Two places by turns, so that one that is no longer good would be noticed. */
struct ground {
    struct test_side *side;
    uint8_t memory[2][LIMIT_DATA_FRAME];
    size_t most; /* that there is room for at once; 0: none */
    unsigned asked;
};

static struct ground ground;

static uint8_t *room(void *user, size_t *size_out)
{
    struct ground *at = user;
    uint8_t *place = at->memory[at->asked++ % 2];

    at->side->place = (struct slice){place, at->most};
    *size_out = at->most;
    return place;
}

static void lend(struct test_side *side, struct wire_stream *stream, size_t most)
{
    const struct wire_place place = {.room = room, .user = &ground};

    ground.side = side;
    ground.most = most;
    ground.asked = 0;
    wire_stream_set_place(stream, &place);
}

static void fetch(size_t most)
{
    struct test_source source = {.left = BODY};

    pair.server.answer = &source;
    lend(&pair.client, get("/"), most);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, BODY);
    assert_false(pair.client.damaged);
    assert_int_equal(pair.client.close_error, WIRE_H2_NONE);
}

static void test_placed(void **state)
{
    (void)state;
    fetch(LIMIT_DATA_FRAME);
    /* All but what shares a record with the head of its frame. */
    assert_in_range(pair.client.placed, BODY - RECORD, BODY);
    /* And not each record by itself. */
    assert_in_range(ground.asked, BODY / LIMIT_DATA_FRAME, BODY / RECORD / 2);
}

static void test_little_room(void **state)
{
    static const size_t rooms[] = {1, 100, RECORD - 1, RECORD + 1};

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(rooms); i++) {
        pair.client.received = pair.client.placed = 0;
        fetch(rooms[i]);
        assert_in_range(pair.client.placed, BODY - RECORD, BODY);
    }
}

static void test_no_room(void **state)
{
    (void)state;
    fetch(0);
    assert_int_equal(pair.client.placed, 0);
    assert_true(ground.asked > 0);
}

static void test_byte_by_byte(void **state)
{
    struct test_source source = {.left = 3 * RECORD};

    (void)state;
    pair.at_once = 1;
    pair.server.answer = &source;
    lend(&pair.client, get("/"), LIMIT_DATA_FRAME);
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 3 * RECORD);
    assert_false(pair.client.damaged);
    assert_true(pair.client.placed > 0);
}

/* The records before one that is broken are good, and their bytes come. */
static void test_before_a_broken_record(void **state)
{
    struct test_source source = {.left = BODY};
    struct buffer *sent = tls_outgoing(wire_tls(pair.server.wire));
    _cleanup_buffer_ struct buffer broken = BUFFER_INIT;
    struct slice asked;

    (void)state;
    test_pair_run(&pair);
    pair.server.answer = &source;
    lend(&pair.client, get("/"), LIMIT_DATA_FRAME);
    assert_int_equal(wire_produce(pair.client.wire), 0);
    asked = wire_outgoing(pair.client.wire);
    assert_int_equal(wire_receive(pair.server.wire, asked.bytes, asked.size, pair.now), 0);
    assert_int_equal(wire_produce(pair.server.wire), 0);
    assert_true(buffer_length(sent) > LIMIT_SEND_AHEAD);
    assert_int_equal(buffer_append(&broken, buffer_bytes(sent), buffer_length(sent)), 0);
    broken.data[broken.end - 1] ^= 1;
    pair.client.received = pair.client.placed = 0;
    assert_int_equal(
        wire_receive(pair.client.wire, buffer_bytes(&broken), buffer_length(&broken), pair.now), 1);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_TLS_FAILED);
    assert_in_range(pair.client.received, LIMIT_SEND_AHEAD - 3 * RECORD, LIMIT_SEND_AHEAD);
    assert_false(pair.client.damaged);
}

/* What belongs to another stream is not put there. */
static void test_beside_another(void **state)
{
    struct test_source first = {.left = BODY}, second = {.left = BODY};

    (void)state;
    test_pair_run(&pair);
    pair.server.answer = &first;
    lend(&pair.client, get("/placed"), LIMIT_DATA_FRAME);
    test_pair_step(&pair);
    pair.server.answer = &second;
    get("/other");
    test_pair_run(&pair);
    assert_int_equal(pair.client.received, 2 * BODY);
    assert_false(pair.client.damaged);
    assert_in_range(pair.client.placed, BODY - 2 * RECORD, BODY);
}

/* In the middle of a frame. */
static void cancel(struct test_side *side, struct wire_stream *stream)
{
    if (side->received < BODY / 4 || ground.most == 0)
        return;
    wire_stream_cancel(stream);
    ground.most = 0;
    ground.asked = 0;
}

/* Nobody is asked for room for what nobody wants. */
static void test_cancelled(void **state)
{
    struct test_source source = {.left = BODY};

    (void)state;
    pair.server.answer = &source;
    pair.client.on_data = cancel;
    lend(&pair.client, get("/"), LIMIT_DATA_FRAME);
    test_pair_run(&pair);
    assert_int_equal(pair.client.closes, 1);
    assert_int_equal(ground.most, 0);
    assert_int_equal(ground.asked, 0);
    assert_int_equal(wire_problem(pair.client.wire), PROBLEM_NONE);
}

static void take(struct test_side *side, struct wire_stream *stream)
{
    lend(side, stream, LIMIT_DATA_FRAME);
}

static void send(struct test_source *source)
{
    struct wire_body body = test_source_body(source);
    struct wire_stream *stream;

    pair.server.on_request = take;
    assert_int_equal(wire_request(pair.client.wire, "POST", "/", NULL, 0, &body, NULL, &stream), 0);
    test_pair_run(&pair);
    assert_false(pair.server.damaged);
}

/* A server says to whom it knows that frames may be long. */
static void test_request(void **state)
{
    struct test_source of_stranger = {.left = 64 * 1024}, of_friend = {.left = BODY};

    (void)state;
    test_pair_run(&pair);
    send(&of_stranger);
    assert_int_equal(of_stranger.largest, RECORD);
    assert_int_equal(wire_set_stream_limit(pair.server.wire, LIMIT_STREAMS), 0);
    test_pair_run(&pair);
    pair.server.received = pair.server.placed = 0;
    send(&of_friend);
    assert_int_equal(pair.server.received, BODY);
    assert_int_equal(of_friend.largest, LIMIT_DATA_FRAME);
    assert_in_range(pair.server.placed, BODY - RECORD, BODY);
}

/* ---- as another program might send it ---- */

/* A DATA frame of the client's stream, of `size` bytes that go on at `at`, to `frame_out`. Returns
 * its length. */
static size_t frame(uint8_t *frame_out, uint8_t flags, size_t at, size_t size)
{
    memcpy(frame_out,
           (const uint8_t[FRAME_HEADER]){[2] = (uint8_t)size,
                                         [3] = NGHTTP2_DATA,
                                         [4] = flags,
                                         [8] = (uint8_t)pair.server.stream->id},
           FRAME_HEADER);
    for (size_t i = 0; i < size; i++)
        frame_out[FRAME_HEADER + i] = (uint8_t)((at + i) * 7);
    return FRAME_HEADER + size;
}

/* As one record. */
static void inject(const uint8_t *bytes, size_t size)
{
    assert_int_equal(wire_encrypt(pair.client.wire, bytes, size), 0);
    test_pair_run(&pair);
    assert_false(pair.server.damaged);
}

/* Records that end anywhere: what follows a frame in its record is not body. */
static void test_frames_in_one_record(void **state)
{
    enum { SIZE = 100, FRAMES = 3, WHOLE = FRAMES * (FRAME_HEADER + SIZE) };
    struct test_source source = {.left = 1, .wait = true};

    (void)state;
    send(&source);
    for (size_t cut = 1; cut < WHOLE; cut++) {
        uint8_t frames[WHOLE];
        size_t at = 0;

        for (size_t i = 0; i < FRAMES; i++)
            at += frame(frames + at, NGHTTP2_FLAG_NONE, pair.server.received + i * SIZE, SIZE);
        inject(frames, cut);
        inject(frames + cut, at - cut);
        assert_int_equal(pair.server.received, cut * FRAMES * SIZE);
    }
    assert_true(pair.server.placed > 0);
}

/* Padding stands among the bytes of a body and is none of it. */
static void test_padding(void **state)
{
    enum { DATA = 100, PADDING = 50 };
    struct test_source source = {.left = 1, .wait = true};
    uint8_t bytes[FRAME_HEADER + 1 + DATA + PADDING];

    (void)state;
    send(&source);
    frame(bytes, NGHTTP2_FLAG_PADDED, 0, 1 + DATA + PADDING);
    memmove(bytes + FRAME_HEADER + 1, bytes + FRAME_HEADER, DATA);
    bytes[FRAME_HEADER] = PADDING;
    memset(bytes + FRAME_HEADER + 1 + DATA, 0, PADDING);
    inject(bytes, FRAME_HEADER);
    inject(bytes + FRAME_HEADER, sizeof(bytes) - FRAME_HEADER);
    assert_int_equal(pair.server.received, DATA);
    assert_int_equal(ground.asked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        joined_test(test_placed),
        joined_test(test_little_room),
        joined_test(test_no_room),
        joined_test(test_byte_by_byte),
        joined_test(test_before_a_broken_record),
        joined_test(test_beside_another),
        joined_test(test_cancelled),
        joined_test(test_request),
        joined_test(test_frames_in_one_record),
        joined_test(test_padding),
    };

    return cmocka_run_group_tests(tests, NULL, joined_free_contexts);
}
