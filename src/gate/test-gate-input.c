/* A real gate between a warden and a console that the test plays: input on its way to a job. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/belt.h"
#include "base/clock.h"
#include "gate/test-tell.h"

#define INPUT_PATH JOB_PATH "/input"

static void read_exactly(struct peers *peers, int fd, size_t wanted, uint8_t *bytes_out)
{
    size_t got = 0;

    while (got < wanted) {
        ssize_t n = read(fd, bytes_out + got, wanted - got);

        if (n > 0)
            got += (size_t)n;
        else
            peers_pass(peers, 5);
    }
}

/* The gate has taken so much, and takes no more by itself. */
static void settle(struct peers *peers, const struct ring *ring, uint64_t least, uint64_t most)
{
    uint64_t until = clock_monotonic_ms() + 60000;

    while (ring_input(ring) < least && clock_monotonic_ms() < until)
        peers_pass(peers, 5);
    peers_quiet(peers);
    assert_in_range(ring_input(ring), least, most);
}

/* The belt is full. Window goes back in steps of half of it, so less than a step may be missing. */
static void settle_full(struct peers *peers, const struct ring *ring)
{
    settle(peers, ring, LIMIT_INPUT_BELT - LIMIT_INPUT_WINDOW / 2, LIMIT_INPUT_BELT);
}

static void test_input(void **state)
{
    enum { TOTAL = 3 << 20 };
    struct peers *peers = *state;
    _cleanup_free_ uint8_t *sent = malloc(TOTAL);
    _cleanup_free_ uint8_t *taken = malloc(TOTAL);
    struct exchange *input;
    struct ring *ring;
    int ends[2];

    for (size_t i = 0; i < TOTAL; i++)
        sent[i] = (uint8_t)(i * 7 / 3);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, ends[1], 7);
    close(ends[1]);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH "?from=1", NULL, "x", 1);
    peers_finish(peers, input, 400); /* a gap */
    input = peers_request(peers, "POST", INPUT_PATH, NULL, sent, TOTAL);
    peers_quiet(peers);
    /* Nobody reads: the console is stopped long before it has sent everything. */
    assert_true(input->sent <= LIMIT_INPUT_WINDOW);
    read_exactly(peers, ends[0], 100000, taken);
    /* Its connection is lost; over the next one it sends from before where it was. */
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH "?from=5000", NULL, sent + 5000, TOTAL - 5000);
    read_exactly(peers, ends[0], TOTAL - 100000, taken + 100000);
    assert_memory_equal(sent, taken, TOTAL);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_finish(peers, input, 200);
    assert_true(exchange_says(input, "{\"taken\":3145728}"));
    assert_int_equal(read(ends[0], taken, 1), 0);
    close(ends[0]);
    ring_free(ring);
}

/* What a courier does: reads from the belt, and waits for its bell. */
static void take_exactly(struct peers *peers, struct belt *belt, int bell, size_t wanted,
                         uint8_t *bytes_out)
{
    char words[64];

    while (wanted > 0) {
        size_t size;
        const uint8_t *bytes = belt_bytes(belt, &size);

        size = size < wanted ? size : wanted;
        memcpy(bytes_out, bytes, size);
        bytes_out += size;
        wanted -= size;
        if (belt_take(belt, size))
            assert_int_equal(send(bell, "", 1, 0), 1);
        while (wanted > 0 && belt_wait_for_bytes(belt, wanted < 70000 ? wanted : 70000)) {
            while (recv(bell, words, sizeof(words), MSG_DONTWAIT) <= 0)
                peers_pass(peers, 5);
        }
    }
}

/* Nobody is at the other end of a bell. When that end was closed over a word that it had not heard,
 * this is told as a reset. */
static void assert_gone(int bell)
{
    char words[64];
    ssize_t got;

    do
        got = recv(bell, words, sizeof(words), 0);
    while (got > 0);
    assert_true(got == 0 || errno == ECONNRESET);
}

/* Files come over a belt; and a gate that comes after one that died goes on where that was, also
 * when the last one had no time to tell the ring or to ring the bell. */
static void test_input_over_a_belt(void **state)
{
    enum { TOTAL = LIMIT_INPUT_BELT + (1 << 20), BEFORE = 1000 };
    struct peers *peers = *state;
    _cleanup_free_ uint8_t *sent = malloc(TOTAL);
    _cleanup_free_ uint8_t *taken = malloc(TOTAL);
    int file = belt_make(LIMIT_INPUT_BELT);
    struct belt reader, before;
    struct exchange *input;
    struct ring *ring;
    int bell[2];
    size_t room;
    char word;

    for (size_t i = 0; i < TOTAL; i++)
        sent[i] = (uint8_t)(i * 7 / 3);
    assert_int_equal(belt_map(&reader, file, BELT_READS), 0);
    assert_int_equal(belt_map(&before, file, BELT_WRITES), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell), 0);
    memcpy(belt_room(&before, &room), sent, BEFORE);
    belt_put(&before, BEFORE);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job_with(peers, VERB_PUT, ring, bell[1], file, 7);
    close(bell[1]);
    open_with(peers, RIGHTS_ALL, 7);
    assert_int_equal(recv(bell[0], &word, 1, 0), 1);
    assert_int_equal(ring_input(ring), BEFORE);
    input = peers_request(peers, "POST", INPUT_PATH, NULL, sent, TOTAL);
    /* Nobody reads: the belt is full, and the console was let send no more than that. */
    settle_full(peers, ring);
    assert_int_equal(input->sent, ring_input(ring));
    take_exactly(peers, &reader, bell[0], TOTAL, taken);
    assert_memory_equal(sent, taken, TOTAL);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_finish(peers, input, 200);
    assert_true(exchange_says(input, "{\"taken\":9437184}"));
    assert_gone(bell[0]);
    close(bell[0]);
    close(file);
    belt_close(&reader);
    belt_close(&before);
    ring_free(ring);
}

/* The courier has gone: the console learns how far it got. */
static void test_a_belt_nobody_reads(void **state)
{
    struct peers *peers = *state;
    _cleanup_free_ uint8_t *sent = calloc(2, LIMIT_INPUT_BELT);
    int file = belt_make(LIMIT_INPUT_BELT);
    struct exchange *input;
    struct ring *ring;
    char answer[64];
    int bell[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell), 0);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job_with(peers, VERB_PUT, ring, bell[1], file, 7);
    close(bell[1]);
    close(file);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH, NULL, sent, 2 * (size_t)LIMIT_INPUT_BELT);
    settle_full(peers, ring);
    close(bell[0]);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_receive(peers, input, 1);
    snprintf(answer, sizeof(answer), "{\"taken\":%" PRIu64 "}", ring_input(ring));
    assert_true(exchange_says(input, answer));
    ring_free(ring);
}

static void test_input_nobody_reads(void **state)
{
    struct peers *peers = *state;
    struct exchange *input;
    struct ring *ring;
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, ends[1], 7);
    close(ends[1]);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request_part(peers, "POST", INPUT_PATH, "abcdef", 6, 3);
    settle(peers, ring, 3, 3);
    close(ends[0]);
    exchange_release(input, 5);
    peers_told(peers, DOOR_INPUT_END);
    peers_receive(peers, input, 1);
    assert_true(exchange_says(input, "{\"taken\":3}"));
    ring_free(ring);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_input),
        gate_test(test_input_over_a_belt),
        gate_test(test_a_belt_nobody_reads),
        gate_test(test_input_nobody_reads),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
