/* A real gate between a warden and a console that the test plays: output that leaves, and the rings
 * that it comes from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gate/test-tell.h"

/* The gate has acted on what was told before: the first answer may come in the turn of its loop in
 * which that is heard, the second one not before the next. */
static void gate_catch_up(struct peers *peers)
{
    get(peers, JOB_PATH, 200);
    get(peers, JOB_PATH, 200);
}

static void test_output_is_the_operators(void **state)
{
    struct peers *peers = *state;
    struct ring *ring = tell_new_job(peers, 8);

    ring_say(peers, ring, "secret", 6);
    ring_finish(peers, ring);
    open_with(peers, RIGHTS_ALL & ~RIGHT_CONTROL, 7);
    get(peers, JOB_PATH "/output", 403);
    peers_finish(peers, peers_request(peers, "POST", JOB_PATH "/input", NULL, "x", 1), 403);
    peers_connect(peers);
    open_with(peers, RIGHT_CONTROL, 7);
    get(peers, JOB_PATH "/output", 200);
    ring_free(ring);
}

/* Who has read the end is told by every answer that it has ended: so the end waits for the door. */
static void test_the_end_comes_when_it_is_known(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring = tell_new_job(peers, 7);

    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    ring_say(peers, ring, "hello ", 6);
    peers_receive(peers, output, 6);
    ring_begin_end(ring);
    ring_say(peers, ring, "the end", 7);
    tell_id(peers, DOOR_BYTES);
    gate_catch_up(peers);
    ring_end(ring);
    tell_id(peers, DOOR_BYTES);
    gate_catch_up(peers);
    assert_int_equal(buffer_length(&output->body), 6);
    assert_false(output->closed);
    tell_end(peers);
    peers_finish(peers, output, 200);
    assert_true(exchange_says(output, "hello the end"));
    assert_true(exchange_says(get(peers, JOB_PATH, 200), "\"state\":\"exited\""));
    ring_free(ring);
}

static void test_output_from(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring = tell_new_job(peers, 7);

    ring_say(peers, ring, "0123456789", 10);
    ring_finish(peers, ring);
    open_with(peers, RIGHTS_ALL, 7);
    output = get(peers, JOB_PATH "/output?from=7", 200);
    assert_int_equal(buffer_length(&output->body), 3);
    output = get(peers, JOB_PATH "/output?from=10", 200);
    assert_int_equal(buffer_length(&output->body), 0);
    output = get(peers, JOB_PATH "/output?from=11", 400);
    assert_true(exchange_says(output, "bytes 0 to 10"));
    ring_free(ring);
}

/* More than the ring holds passes through it only as fast as the console takes it, and what it has
 * taken cannot be had again. */
static void test_output_is_released(void **state)
{
    enum { TOTAL = 3 * LIMIT_RING, PIECE = 64 * 1024 };
    static uint8_t piece[PIECE];
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring = tell_new_job(peers, 7);
    size_t said = 0;

    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    while (said < TOTAL) {
        size_t room;

        ring_room(ring, PIECE, &room);
        if (room == PIECE) {
            memset(piece, (int)(said / PIECE), PIECE);
            ring_say(peers, ring, piece, PIECE);
            said += PIECE;
        } else if (ring_wait_for_room(ring, PIECE)) {
            peers_told(peers, DOOR_ROOM);
        }
    }
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    assert_int_equal(buffer_length(&output->body), TOTAL);
    for (size_t i = 0; i < TOTAL; i++)
        if (buffer_bytes(&output->body)[i] != (uint8_t)(i / PIECE))
            fail_msg("byte %zu is wrong", i);
    output = get(peers, JOB_PATH "/output", 410);
    assert_true(exchange_says(output, "urn:hune:problem:gone"));
    ring_free(ring);
}

/* The gate before died when the console had all of a full ring but had not been heard: asking for
 * what follows is what tells so, or both sides would wait for ever. */
static void test_a_full_ring_that_was_read(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    char path[128];
    struct ring *ring;
    size_t room;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    memset(ring_room(ring, LIMIT_RING, &room), 'x', LIMIT_RING);
    assert_int_equal(room, LIMIT_RING);
    (void)ring_publish(ring, LIMIT_RING);
    assert_true(ring_wait_for_room(ring, 1));
    tell_job(peers, ring, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    snprintf(path, sizeof(path), JOB_PATH "/output?from=%d", (int)LIMIT_RING);
    output = peers_request(peers, "GET", path, NULL, NULL, 0);
    assert_memory_equal(peers_told(peers, DOOR_ROOM).bytes, job_id, sizeof(job_id));
    ring_say(peers, ring, "rest", 4);
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    assert_int_equal(buffer_length(&output->body), 4);
    ring_free(ring);
}

/* Who reads a job that has said nothing yet reads its ring as soon as there is one. */
static void test_ring_that_comes_later(void **state)
{
    struct peers *peers = *state;
    struct exchange *first, *second;
    struct ring *ring;

    tell_job(peers, NULL, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    get(peers, JOB_PATH "/output?from=1", 400);
    first = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    second = peers_request(peers, "GET", JOB_PATH "/output?from=0", NULL, NULL, 0);
    peers_settle(peers);
    assert_true(exchange_says(get(peers, JOB_PATH, 200), "\"output\":0"));
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_ring(peers, ring, 0, true);
    gate_catch_up(peers);
    /* Both readers hold it. */
    assert_false(ring_begin_spool(ring));
    ring_say(peers, ring, "words", 5);
    peers_receive(peers, first, 5);
    peers_receive(peers, second, 5);
    ring_finish(peers, ring);
    peers_finish(peers, first, 200);
    peers_finish(peers, second, 200);
    assert_int_equal(buffer_length(&second->body), 5);
    gate_catch_up(peers);
    assert_true(ring_begin_spool(ring)); /* and nobody any more */
    ring_free(ring);
}

/* What never had a ring comes with its end, for who reads already and who asks afterwards. */
static void test_job_that_says_nothing(void **state)
{
    static const uint8_t last[] = {'e', 'n', 'd'};
    struct door_state end = {
        .state = {STATE_EXITED, 3}, .ended_ms = 5, .output = {last, sizeof(last)}};
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct peers *peers = *state;
    struct exchange *output;

    memcpy(end.id, job_id, sizeof(end.id));
    assert_int_equal(door_state_encode(&end, &body), 0);
    tell_job(peers, NULL, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    peers_settle(peers);
    peers_tell(peers, DOOR_STATE, buffer_bytes(&body), buffer_length(&body), NULL, 0);
    peers_finish(peers, output, 200);
    assert_int_equal(buffer_length(&output->body), sizeof(last));
    output = get(peers, JOB_PATH "/output?from=1", 200);
    assert_int_equal(buffer_length(&output->body), sizeof(last) - 1);
    assert_memory_equal(buffer_bytes(&output->body), last + 1, sizeof(last) - 1);
    get(peers, JOB_PATH "/output?from=4", 400);
    tell_id(peers, DOOR_FORGOTTEN);
    peers_settle(peers);
    get(peers, JOB_PATH "/output", 404);
}

/* A file that is no ring: the job cannot be read, and whoever does learns of it. */
static void test_ring_that_is_none(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    int fd = memfd_create("no-ring", MFD_CLOEXEC);

    assert_true(fd >= 0);
    tell_job(peers, NULL, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    peers_settle(peers);
    tell_ring_file(peers, fd, 0);
    while (!output->closed)
        peers_pass(peers, 10);
    get(peers, JOB_PATH, 404);
    close(fd);
}

/* The gate gives the job's ring back. */
static void told_ring_back(struct peers *peers, uint32_t number)
{
    struct door_ring back;

    assert_int_equal(door_ring_decode(&back, peers_told(peers, DOOR_RING_BACK)), 0);
    assert_memory_equal(back.id, job_id, sizeof(job_id));
    assert_int_equal(back.number, number);
}

static void tell_ring_gone(struct peers *peers, uint32_t number)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;

    assert_int_equal(door_number_encode(number, &body), 0);
    peers_tell(peers, DOOR_RING_GONE, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

/* A ring goes back when its job has ended and who read it has all, and comes again with the next
 * job. What is kept of the first one is still there for others. */
static void test_ring_that_goes_round(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL, 7);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, NULL, -1, 7);
    tell_ring(peers, ring, 3, true);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    ring_say(peers, ring, "of the first", 12);
    peers_receive(peers, output, 12);
    ring_set_kept(ring, 7);
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    told_ring_back(peers, 3);
    assert_int_equal(ring_released(ring), 12);
    /* Whatever is in it now. */
    ring_renew(ring);
    memset(ring_room(ring, 12, &(size_t){0}), 'x', 12);
    output = get(peers, JOB_PATH "/output?from=7", 200);
    assert_int_equal(buffer_length(&output->body), 5);
    assert_memory_equal(buffer_bytes(&output->body), "first", 5);
    get(peers, JOB_PATH "/output?from=6", 410);
    assert_true(exchange_says(get(peers, JOB_PATH, 200), "\"first\":7,\"output\":12"));
    tell_id(peers, DOOR_FORGOTTEN);
    /* The next job's. */
    tell_job(peers, NULL, -1, 7);
    tell_ring(peers, ring, 3, false);
    peers_settle(peers); /* until then it is the first one that is asked for */
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    ring_say(peers, ring, "next", 4);
    peers_receive(peers, output, 4);
    assert_memory_equal(buffer_bytes(&output->body), "next", 4);
    ring_finish(peers, ring);
    told_ring_back(peers, 3);
    tell_ring_gone(peers, 3);
    peers_settle(peers);
    get(peers, JOB_PATH "/output", 200);
    ring_free(ring);
}

/* Somebody has not got it all, or is still at it: the ring stays. */
static void test_ring_that_is_read(void **state)
{
    struct peers *peers = *state;
    struct exchange *slow;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL, 7);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, NULL, -1, 7);
    tell_ring(peers, ring, 4, true);
    ring_say(peers, ring, "words", 5);
    ring_finish(peers, ring);
    peers_quiet(peers); /* nobody has read it */
    slow = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    peers_disconnect(peers); /* whether it came is not known */
    (void)slow;
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    peers_quiet(peers);
    assert_int_equal(ring_released(ring), 0);
    get(peers, JOB_PATH "/output", 200);
    told_ring_back(peers, 4);
    assert_int_equal(ring_released(ring), 5);
    ring_free(ring);
}

/* A ring that was never given back, or a number of none, ends the gate: its warden is mad. */
static void test_ring_that_never_was(void **state)
{
    struct peers peers;

    (void)state;
    peers_start(&peers, gate_program());
    tell_job(&peers, NULL, -1, 7);
    tell_ring(&peers, NULL, 9, false);
    assert_int_not_equal(peers_wait(&peers), 0);
    peers_start(&peers, gate_program());
    tell_ring_gone(&peers, 9);
    assert_int_not_equal(peers_wait(&peers), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_output_is_the_operators),
        gate_test(test_the_end_comes_when_it_is_known),
        gate_test(test_output_from),
        gate_test(test_output_is_released),
        gate_test(test_a_full_ring_that_was_read),
        gate_test(test_ring_that_comes_later),
        gate_test(test_job_that_says_nothing),
        gate_test(test_ring_that_is_none),
        gate_test(test_ring_that_goes_round),
        gate_test(test_ring_that_is_read),
        cmocka_unit_test(test_ring_that_never_was),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
