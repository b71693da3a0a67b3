/* A real gate between a warden and a console that the test plays: orders that enter, and the jobs
 * that they are. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "gate/test-tell.h"

static void test_order_and_output(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct exchange *put, *output, *job;
    struct door_order order;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL & ~RIGHT_CONTROL, 7);
    make_run(&parts, "uname -a");
    put = put_order(peers, &parts);
    /* Asked for before the warden has said that there is such a job. */
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    order = told_order(peers, DOOR_ORDER);
    assert_string_equal(order.label, "uname -a");
    assert_int_equal(order.parts.size, buffer_length(&parts));
    peers_quiet(peers);
    assert_int_equal(output->status, 0);
    ring = tell_new_job(peers, 7);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, false);
    peers_finish(peers, put, 201);
    assert_true(exchange_says(put, "\"state\":\"running\""));
    ring_say(peers, ring, "hello ", 6);
    peers_receive(peers, output, 6);
    ring_say(peers, ring, "world", 5);
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    assert_true(exchange_says(output, "hello world"));
    job = get(peers, "/v1/jobs", 200);
    assert_true(exchange_says(job, "\"label\":\"uname -a\""));
    assert_true(exchange_says(job, "\"output\":11"));
    assert_true(exchange_says(job, "al\\\\xffice")); /* no JSON without valid UTF-8 */
    ring_free(ring);
}

/* Somebody who reads is what it waits for then, and is told nothing. */
static void test_what_a_job_waits_for(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL, 7);
    ring = tell_new_job(peers, 7);
    ring_set_waits(ring, WAITS_SPOOL);
    assert_true(exchange_says(get(peers, "/v1/jobs", 200), "\"waits\":\"spool\""));
    ring_say(peers, ring, "hello ", 6);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    peers_receive(peers, output, 6);
    assert_false(exchange_says(get(peers, "/v1/jobs", 200), "waits"));
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    ring_free(ring);
}

static void test_order_refused(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct exchange *put, *output;
    struct door_order order;

    open_with(peers, RIGHTS_ALL, 7);
    peers_finish(peers, peers_request(peers, "PUT", JOB_PATH, NULL, "x", 1), 400);
    make_run(&parts, "true");
    put = peers_request(peers, "PUT", "/v1/jobs/91020304-0506-7008-800a-0b0c0d0e0f10", NULL,
                        buffer_bytes(&parts), buffer_length(&parts));
    peers_finish(peers, put, 400);
    assert_true(exchange_says(put, "bad-request"));
    put = put_order(peers, &parts);
    output = peers_request(peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    order = told_order(peers, DOOR_ORDER);
    tell_ordered(peers, order.ticket, PROBLEM_SIGNATURE, false);
    peers_finish(peers, put, 403);
    assert_true(exchange_says(put, "urn:hune:problem:signature"));
    peers_finish(peers, output, 404);
}

static void test_order_in_memfd(void **state)
{
    static const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    _cleanup_free_ uint8_t *payload = calloc(1, LIMIT_ORDER_PAYLOAD);
    struct exchange *put;
    struct door_order order;
    struct stat info;
    uint8_t *mapped;

    open_with(peers, RIGHTS_ALL, 7);
    make_order(&parts, VERB_PUT, payload, LIMIT_ORDER_PAYLOAD);
    put = put_order(peers, &parts);
    order = told_order(peers, DOOR_ORDER);
    assert_int_equal(order.parts.size, 0);
    assert_string_equal(order.label, "put");
    assert_int_equal(peers->message.fd_count, 1);
    assert_int_equal(fcntl(peers->message.fds[0], F_GET_SEALS) & seals, seals);
    assert_int_equal(fstat(peers->message.fds[0], &info), 0);
    assert_int_equal(info.st_size, buffer_length(&parts));
    mapped = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, peers->message.fds[0], 0);
    assert_memory_equal(mapped, buffer_bytes(&parts), (size_t)info.st_size);
    munmap(mapped, (size_t)info.st_size);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, true);
    peers_finish(peers, put, 200);
    assert_true(exchange_says(put, "\"state\":\"exited\",\"detail\":0"));
}

static void test_order_too_large(void **state)
{
    struct peers *peers = *state;
    _cleanup_free_ uint8_t *body = calloc(1, LIMIT_ORDER_BODY + 1);

    open_with(peers, RIGHTS_ALL, 7);
    peers_finish(peers, peers_request(peers, "PUT", JOB_PATH, NULL, body, LIMIT_ORDER_BODY + 1),
                 413);
}

static void test_answer_to_a_lost_console(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct door_order order;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL, 7);
    make_run(&parts, "true");
    put_order(peers, &parts);
    order = told_order(peers, DOOR_ORDER);
    peers_connect(peers); /* the first connection is gone */
    open_with(peers, RIGHTS_ALL, 7);
    ring = tell_new_job(peers, 7);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, false);
    peers_settle(peers);
    get(peers, JOB_PATH, 200);
    ring_free(ring);
}

static void test_forgotten_job(void **state)
{
    struct peers *peers = *state;
    struct ring *ring = tell_new_job(peers, 7);

    open_with(peers, RIGHTS_ALL, 7);
    tell_id(peers, DOOR_FORGOTTEN);
    peers_settle(peers);
    get(peers, JOB_PATH "/output", 404);
    ring_free(ring);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_order_and_output),
        gate_test(test_order_refused),
        gate_test(test_order_in_memfd),
        gate_test(test_order_too_large),
        gate_test(test_answer_to_a_lost_console),
        gate_test(test_what_a_job_waits_for),
        gate_test(test_forgotten_job),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
