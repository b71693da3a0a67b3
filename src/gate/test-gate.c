/* A real gate between a warden and a console that the test plays: what is answered before `open`,
 * what waits for it, how orders, output and input pass, and how the gate ends. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "door/ring.h"
#include "gate/test-peers.h"
#include "proto/command.h"
#include "proto/right.h"
#include "proto/verb.h"

static const char *program;

static const uint8_t job_id[UUID_SIZE] = {1,    2,  3,  4,  5,  6,  0x70, 8,
                                          0x80, 10, 11, 12, 13, 14, 15,   16};
#define JOB_TEXT "01020304-0506-7008-800a-0b0c0d0e0f10"

static int set_up(void **state)
{
    struct peers *peers = malloc(sizeof(*peers));

    peers_start(peers, program);
    peers_connect(peers);
    *state = peers;
    return 0;
}

static int tear_down(void **state)
{
    struct peers *peers = *state;
    int status = peers_stop(peers);

    free(peers);
    return status; /* a gate without a warden ends quietly */
}

static void tell_opened(struct peers *peers, uint32_t ticket, enum problem_code problem,
                        uint16_t rights, uint8_t key)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened opened = {.ticket = ticket, .problem = problem};

    if (!problem) {
        opened.rights = rights;
        memset(opened.fingerprint, key, sizeof(opened.fingerprint));
        snprintf(opened.operator_name, sizeof(opened.operator_name), "alice@laptop");
        snprintf(opened.run_as, sizeof(opened.run_as), "root,www-data");
    }
    assert_int_equal(door_opened_encode(&opened, &body), 0);
    peers_tell(peers, DOOR_OPENED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

/* Opens the console's connection with a key whose fingerprint is all `key`. */
static void open_with(struct peers *peers, uint16_t rights, uint8_t key)
{
    struct exchange *open = peers_request(peers, "POST", "/v1/open", NULL, "order", 5);
    struct door_order order;

    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_OPEN)), 0);
    assert_memory_equal(order.parts.bytes, "order", 5);
    tell_opened(peers, order.ticket, PROBLEM_NONE, rights, key);
    peers_finish(peers, open, 200);
}

static void tell_id(struct peers *peers, enum door_type type)
{
    peers_tell(peers, type, job_id, sizeof(job_id), NULL, 0);
}

static void tell_job_of(struct peers *peers, enum verb verb, struct ring *ring, int input,
                        uint8_t key)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_job job = {.verb = verb, .state = {STATE_RUNNING, 0}, .started_ms = 1000};
    int fds[2] = {ring_fd(ring), input};

    memcpy(job.id, job_id, sizeof(job.id));
    memset(job.fingerprint, key, sizeof(job.fingerprint));
    snprintf(job.user, sizeof(job.user), "root");
    snprintf(job.operator_name, sizeof(job.operator_name), "al\xffice");
    snprintf(job.label, sizeof(job.label), "uname -a");
    assert_int_equal(door_job_encode(&job, &body), 0);
    peers_tell(peers, DOOR_JOB, buffer_bytes(&body), buffer_length(&body), fds, input >= 0 ? 2 : 1);
}

static void tell_job(struct peers *peers, struct ring *ring, int input, uint8_t key)
{
    tell_job_of(peers, VERB_RUN, ring, input, key);
}

static void tell_ordered(struct peers *peers, uint32_t ticket, enum problem_code problem,
                         bool known)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_ordered ordered = {.ticket = ticket,
                                   .problem = problem,
                                   .known = known,
                                   .verb = VERB_RUN,
                                   .state = {STATE_EXITED, 0}};

    memcpy(ordered.id, job_id, sizeof(ordered.id));
    assert_int_equal(door_ordered_encode(&ordered, &body), 0);
    peers_tell(peers, DOOR_ORDERED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

/* The warden's part of the ring: publishes bytes and tells the gate if it must. */
static void ring_say(struct peers *peers, struct ring *ring, const void *bytes, size_t size)
{
    while (size > 0) {
        size_t room;
        uint8_t *to = ring_room(ring, size, &room);

        assert_true(room > 0);
        memcpy(to, bytes, room);
        if (ring_publish(ring, room))
            tell_id(peers, DOOR_BYTES);
        bytes = (const uint8_t *)bytes + room;
        size -= room;
    }
}

static void ring_finish(struct peers *peers, struct ring *ring)
{
    ring_end(ring);
    tell_id(peers, DOOR_BYTES);
}

/* An order's parts; the signature is for the warden to dislike. */
static void make_order(struct buffer *out, uint16_t verb, const void *payload, size_t size)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    struct order order = {.verb = verb, .payload = {payload, size}};
    struct order_parts parts = {.signature = {(const uint8_t *)"signature", 9}};

    memcpy(order.id, job_id, sizeof(order.id));
    assert_int_equal(order_encode(&order, &bytes), 0);
    parts.order = buffer_slice(&bytes);
    assert_int_equal(order_parts_encode(&parts, out), 0);
}

static void make_run(struct buffer *out, const char *line)
{
    _cleanup_buffer_ struct buffer payload = BUFFER_INIT;
    const char *const arguments[] = {line, NULL};
    struct command command = {.mode = COMMAND_SHELL, .arguments = arguments};

    assert_int_equal(command_encode(&command, &payload), 0);
    make_order(out, VERB_RUN, buffer_bytes(&payload), buffer_length(&payload));
}

static void test_strangers_learn_little(void **state)
{
    static const struct {
        const char *method;
        const char *path;
    } closed[] = {
        {"GET", "/v1/facts"}, {"GET", "/v1/facts/os"},       {"GET", "/v1/jobs"},
        {"GET", "/v1/audit"}, {"PUT", "/v1/jobs/" JOB_TEXT}, {"GET", "/nothing"},
    };
    struct peers *peers = *state;
    struct exchange *hello = peers_request(peers, "GET", "/v1/hello", NULL, NULL, 0);
    struct exchange *health;

    peers_finish(peers, hello, 200);
    assert_true(exchange_says(hello, "\"protocol\":1"));
    assert_true(exchange_says(hello, "\"epoch\":\"22222222222222222222222222222222\""));
    health = peers_request(peers, "GET", "/healthz", NULL, NULL, 0);
    peers_finish(peers, health, 200);
    assert_true(exchange_says(health, "{\"status\":\"ok\"}"));
    for (size_t i = 0; i < ELEMENTS_OF(closed); i++) {
        struct exchange *exchange = peers_request(peers, closed[i].method, closed[i].path, NULL,
                                                  NULL, 0);

        peers_finish(peers, exchange, 401);
        assert_true(exchange_says(exchange, "urn:hune:problem:not-open"));
    }
    peers_quiet(peers);
}

static void test_requests_wait_for_open(void **state)
{
    struct peers *peers = *state;
    struct exchange *open = peers_request(peers, "POST", "/v1/open", NULL, "order", 5);
    struct exchange *facts = peers_request(peers, "GET", "/v1/facts", NULL, NULL, 0);
    struct exchange *absent = peers_request(peers, "GET", "/absent", NULL, NULL, 0);
    struct door_order order;

    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_OPEN)), 0);
    peers_quiet(peers);
    assert_int_equal(facts->status, 0);
    tell_opened(peers, order.ticket, PROBLEM_NONE, RIGHTS_ALL, 7);
    peers_finish(peers, open, 200);
    assert_true(
        exchange_says(open, "\"rights\":[\"observe\",\"run\",\"shell\",\"files\",\"control\"]"));
    assert_true(exchange_says(open, "\"as\":[\"root\",\"www-data\"]"));
    assert_true(exchange_says(open, "\"name\":\"web1\""));
    peers_finish(peers, facts, 200);
    assert_true(exchange_says(facts, "\"os\":{"));
    assert_true(exchange_says(facts, "\"processes\":"));
    peers_finish(peers, absent, 404);
}

static void test_open_refused(void **state)
{
    struct peers *peers = *state;
    struct exchange *open = peers_request(peers, "POST", "/v1/open", NULL, "order", 5);
    struct exchange *facts = peers_request(peers, "GET", "/v1/facts", NULL, NULL, 0);
    struct door_order order;

    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_OPEN)), 0);
    tell_opened(peers, order.ticket, PROBLEM_KEY_UNKNOWN, 0, 0);
    peers_finish(peers, open, 403);
    assert_true(exchange_says(open, "key-unknown"));
    peers_finish(peers, facts, 401);
    open_with(peers, RIGHT_OBSERVE, 7); /* a second try may succeed */
}

static void test_open_too_long(void **state)
{
    static const uint8_t long_body[8192];
    struct peers *peers = *state;
    struct exchange *open = peers_request(peers, "POST", "/v1/open", NULL, long_body,
                                          sizeof(long_body));

    peers_finish(peers, open, 413);
    peers_quiet(peers);
}

static void test_rights_bound_what_is_seen(void **state)
{
    struct peers *peers = *state;

    open_with(peers, RIGHT_RUN, 7);
    peers_finish(peers, peers_request(peers, "GET", "/v1/facts/os", NULL, NULL, 0), 403);
    peers_finish(peers, peers_request(peers, "POST", "/v1/open", NULL, "order", 5), 400);
}

static void test_pair(void **state)
{
    struct peers *peers = *state;
    struct exchange *pairing = peers_request(peers, "POST", "/v1/pair", NULL, "proof", 5);
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_opened paired = {.rights = RIGHT_OBSERVE, .run_as = "root"};
    struct door_pair pair;

    assert_int_equal(door_pair_decode(&pair, peers_told(peers, DOOR_PAIR)), 0);
    assert_int_equal(pair.request.size, 5);
    paired.ticket = pair.ticket;
    assert_int_equal(door_opened_encode(&paired, &body), 0);
    peers_tell(peers, DOOR_PAIRED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
    peers_finish(peers, pairing, 200);
    assert_true(
        exchange_says(pairing, "{\"rights\":[\"observe\"],\"as\":[\"root\"],\"name\":\"web1\"}"));
    /* That was not opening. */
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", NULL, NULL, 0), 401);
}

static void tell_tokened(struct peers *peers, uint16_t rights)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_tokened tokened = {.rights = rights};
    struct door_token token;

    assert_int_equal(door_token_decode(&token, peers_told(peers, DOOR_TOKEN)), 0);
    tokened.ticket = token.ticket;
    assert_int_equal(door_tokened_encode(&tokened, &body), 0);
    peers_tell(peers, DOOR_TOKENED, buffer_bytes(&body), buffer_length(&body), NULL, 0);
}

static void test_tokens_observe_only(void **state)
{
    struct peers *peers = *state;
    struct exchange *bad = peers_request(peers, "GET", "/v1/facts/os", "Bearer wrong", NULL, 0);
    struct exchange *good;

    tell_tokened(peers, 0);
    peers_finish(peers, bad, 401);
    good = peers_request(peers, "GET", "/v1/facts/os", "Bearer right", NULL, 0);
    tell_tokened(peers, RIGHTS_ALL);
    peers_finish(peers, good, 200);
    /* The same token is not asked about again at once, and does not act. */
    peers_finish(
        peers, peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, "Bearer right", "order", 5), 403);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", "Bearer right", NULL, 0), 200);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", "Basic abc", NULL, 0), 401);
    /* And it opens nothing for a request without it. */
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", NULL, NULL, 0), 401);
}

static void test_order_and_output(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct exchange *put, *output, *job;
    struct door_order order;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL & ~RIGHT_CONTROL, 7);
    make_run(&parts, "uname -a");
    put = peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, buffer_bytes(&parts),
                        buffer_length(&parts));
    /* Asked for before the warden has said that there is such a job. */
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0);
    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_ORDER)), 0);
    assert_string_equal(order.label, "uname -a");
    assert_int_equal(order.parts.size, buffer_length(&parts));
    peers_quiet(peers);
    assert_int_equal(output->status, 0);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 7);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, false);
    peers_finish(peers, put, 201);
    assert_true(exchange_says(put, "\"state\":\"running\""));
    ring_say(peers, ring, "hello ", 6);
    peers_receive(peers, output, 6);
    ring_say(peers, ring, "world", 5);
    ring_finish(peers, ring);
    peers_finish(peers, output, 200);
    assert_true(exchange_says(output, "hello world"));
    job = peers_request(peers, "GET", "/v1/jobs", NULL, NULL, 0);
    peers_finish(peers, job, 200);
    assert_true(exchange_says(job, "\"label\":\"uname -a\""));
    assert_true(exchange_says(job, "\"output\":11"));
    assert_true(exchange_says(job, "al\\\\xffice")); /* no JSON without valid UTF-8 */
    ring_free(ring);
}

static void test_order_refused(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct exchange *put, *output;
    struct door_order order;

    open_with(peers, RIGHTS_ALL, 7);
    peers_finish(peers, peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, "x", 1), 400);
    make_run(&parts, "true");
    put = peers_request(peers, "PUT", "/v1/jobs/91020304-0506-7008-800a-0b0c0d0e0f10", NULL,
                        buffer_bytes(&parts), buffer_length(&parts));
    peers_finish(peers, put, 400);
    assert_true(exchange_says(put, "bad-request"));
    put = peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, buffer_bytes(&parts),
                        buffer_length(&parts));
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0);
    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_ORDER)), 0);
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
    put = peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, buffer_bytes(&parts),
                        buffer_length(&parts));
    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_ORDER)), 0);
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
    peers_finish(
        peers, peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, body, LIMIT_ORDER_BODY + 1),
        413);
}

static void test_answer_to_a_lost_console(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    struct door_order order;
    struct exchange *list;
    struct ring *ring;

    open_with(peers, RIGHTS_ALL, 7);
    make_run(&parts, "true");
    peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, buffer_bytes(&parts),
                  buffer_length(&parts));
    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_ORDER)), 0);
    peers_connect(peers); /* the first connection is gone */
    open_with(peers, RIGHTS_ALL, 7);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 7);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, false);
    peers_settle(peers);
    list = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT, NULL, NULL, 0);
    peers_finish(peers, list, 200);
    ring_free(ring);
}

static void test_output_is_the_operators(void **state)
{
    struct peers *peers = *state;
    struct ring *ring;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 8);
    ring_say(peers, ring, "secret", 6);
    ring_finish(peers, ring);
    open_with(peers, RIGHTS_ALL & ~RIGHT_CONTROL, 7);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0),
                 403);
    peers_finish(peers, peers_request(peers, "POST", "/v1/jobs/" JOB_TEXT "/input", NULL, "x", 1),
                 403);
    peers_connect(peers);
    open_with(peers, RIGHT_CONTROL, 7);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0),
                 200);
    ring_free(ring);
}

static void test_output_from(void **state)
{
    struct peers *peers = *state;
    struct exchange *output;
    struct ring *ring;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 7);
    ring_say(peers, ring, "0123456789", 10);
    ring_finish(peers, ring);
    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output?from=7", NULL, NULL, 0);
    peers_finish(peers, output, 200);
    assert_int_equal(buffer_length(&output->body), 3);
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output?from=10", NULL, NULL, 0);
    peers_finish(peers, output, 200);
    assert_int_equal(buffer_length(&output->body), 0);
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output?from=11", NULL, NULL, 0);
    peers_finish(peers, output, 400);
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
    struct ring *ring;
    size_t said = 0;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0);
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
    output = peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0);
    peers_finish(peers, output, 410);
    assert_true(exchange_says(output, "urn:hune:problem:gone"));
    ring_free(ring);
}

static void test_forgotten_job(void **state)
{
    struct peers *peers = *state;
    struct ring *ring;

    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(peers, ring, -1, 7);
    open_with(peers, RIGHTS_ALL, 7);
    tell_id(peers, DOOR_FORGOTTEN);
    peers_settle(peers);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0),
                 404);
    ring_free(ring);
}

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
    input = peers_request(peers, "POST", "/v1/jobs/" JOB_TEXT "/input?from=1", NULL, "x", 1);
    peers_finish(peers, input, 400); /* a gap */
    input = peers_request(peers, "POST", "/v1/jobs/" JOB_TEXT "/input", NULL, sent, TOTAL);
    peers_quiet(peers);
    /* Nobody reads: the console is stopped long before it has sent everything. */
    assert_true(input->sent <= LIMIT_INPUT_WINDOW);
    read_exactly(peers, ends[0], 100000, taken);
    /* Its connection is lost; over the next one it sends from before where it was. */
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", "/v1/jobs/" JOB_TEXT "/input?from=5000", NULL, sent + 5000,
                          TOTAL - 5000);
    read_exactly(peers, ends[0], TOTAL - 100000, taken + 100000);
    assert_memory_equal(sent, taken, TOTAL);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_finish(peers, input, 200);
    assert_true(exchange_says(input, "{\"taken\":3145728}"));
    assert_int_equal(read(ends[0], taken, 1), 0);
    close(ends[0]);
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
    input = peers_request_part(peers, "POST", "/v1/jobs/" JOB_TEXT "/input", "abcdef", 6, 3);
    peers_quiet(peers);
    assert_int_equal(ring_input(ring), 3);
    close(ends[0]);
    exchange_release(input, 5);
    peers_told(peers, DOOR_INPUT_END);
    peers_receive(peers, input, 1);
    assert_true(exchange_says(input, "{\"taken\":3}"));
    ring_free(ring);
}

/* A shell with a pipe for its keys, as the warden would show it. */
static struct ring *open_shell(struct peers *peers, int *keys_out)
{
    struct ring *ring;
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job_of(peers, VERB_SHELL, ring, ends[1], 7);
    close(ends[1]);
    open_with(peers, RIGHTS_ALL, 7);
    *keys_out = ends[0];
    return ring;
}

#define INPUT_PATH "/v1/jobs/" JOB_TEXT "/input"

/* Only whole frames go into the pipe, however they come; then nonsense ends the writer alone. */
static void test_keys_pass_whole(void **state)
{
    static const char sent[] = "\1\0\0\3abc\1\0\0\1d\1\1\1"; /* the last byte never leaves */
    struct peers *peers = *state;
    struct exchange *input;
    uint8_t taken[32];
    int keys;
    struct ring *ring = open_shell(peers, &keys);

    input = peers_request_part(peers, "POST", INPUT_PATH, sent, sizeof(sent) - 1, 6);
    peers_quiet(peers);
    assert_int_equal(read(keys, taken, sizeof(taken)), -1);
    exchange_release(input, 11);
    peers_pass(peers, 20);
    assert_int_equal(read(keys, taken, sizeof(taken)), 7);
    assert_memory_equal(taken, sent, 7);
    exchange_release(input, sizeof(sent) - 2);
    peers_pass(peers, 20);
    assert_int_equal(read(keys, taken, sizeof(taken)), 5);
    assert_int_equal(ring_input(ring), 12);
    peers_disconnect(peers);
    /* What was cut goes with its connection; the same console sends it again, and it is bad. */
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    input = peers_request(peers, "POST", INPUT_PATH "?from=7", NULL, "\1\0\0\1d\1\1\0\0", 9);
    peers_finish(peers, input, 400);
    assert_int_equal(read(keys, taken, sizeof(taken)), -1);
    assert_int_equal(ring_input(ring), 12);
    /* Another may go on, and its end is the terminal's. */
    input = peers_request(peers, "POST", INPUT_PATH "?from=12", NULL, "\1\0\0\1e\1", 6);
    assert_memory_equal(peers_told(peers, DOOR_INPUT_END).bytes, job_id, sizeof(job_id));
    peers_finish(peers, input, 200);
    assert_true(exchange_says(input, "{\"taken\":17}"));
    close(keys);
    ring_free(ring);
}

static void test_input_taken_over(void **state)
{
    struct peers *peers = *state;
    struct exchange *first, *second;
    uint8_t taken[32];
    int keys;
    struct ring *ring = open_shell(peers, &keys);

    first = peers_request_part(peers, "POST", INPUT_PATH, "\1\0\0\1a\1\0\0\1b", 10, 5);
    peers_quiet(peers);
    second = peers_request(peers, "POST", INPUT_PATH "?from=5&writer=9", NULL, "x", 1);
    peers_finish(peers, second, 400); /* of its own input nothing was taken */
    second = peers_request_part(peers, "POST", INPUT_PATH "?writer=9", "\1\0\0\1c\1\0\0\1d", 10, 5);
    peers_finish(peers, first, 409);
    assert_true(exchange_says(first, "taken-over"));
    assert_int_equal(read(keys, taken, sizeof(taken)), 10);
    assert_memory_equal(taken, "\1\0\0\1a\1\0\0\1c", 10);
    /* The first one comes back, as after a lost connection. */
    first = peers_request(peers, "POST", INPUT_PATH "?from=5", NULL, "\1\0\0\1b", 5);
    peers_finish(peers, first, 409);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs/" JOB_TEXT, NULL, NULL, 0), 200);
    assert_true(exchange_says(&peers->exchanges[peers->exchange_count - 1], "\"writer\":9"));
    exchange_release(second, 10);
    peers_told(peers, DOOR_INPUT_END);
    assert_int_equal(read(keys, taken, sizeof(taken)), 5);
    assert_memory_equal(taken, "\1\0\0\1d", 5);
    close(keys);
    ring_free(ring);
}

static void test_audit(void **state)
{
    static const struct {
        const char *path;
        const char *text;
        unsigned status;
    } cases[] = {
        {"/v1/audit", "oldernewer", 200},         {"/v1/audit?from=3", "ernewer", 200},
        {"/v1/audit?from=5", "newer", 200},       {"/v1/audit?from=8", "er", 200},
        {"/v1/audit?from=10", "", 200},           {"/v1/audit?from=11", "has 10 bytes", 400},
        {"/v1/audit?from=x", "bad-request", 400},
    };
    struct peers *peers = *state;
    int fds[2] = {memfd_create("newer", MFD_CLOEXEC), memfd_create("older", MFD_CLOEXEC)};

    assert_int_equal(write(fds[0], "newer", 5), 5);
    assert_int_equal(write(fds[1], "older", 5), 5);
    open_with(peers, RIGHTS_ALL, 7);
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        struct exchange *exchange = peers_request(peers, "GET", cases[i].path, NULL, NULL, 0);
        _cleanup_buffer_ struct buffer body = BUFFER_INIT;
        struct door_audit audit;

        if (i < ELEMENTS_OF(cases) - 1) {
            assert_int_equal(door_audit_decode(&audit, peers_told(peers, DOOR_AUDIT)), 0);
            audit.older_size = 5;
            assert_int_equal(door_audit_encode(&audit, &body), 0);
            peers_tell(peers, DOOR_AUDIT_FILE, buffer_bytes(&body), buffer_length(&body), fds, 2);
        }
        peers_finish(peers, exchange, cases[i].status);
        assert_true(exchange_says(exchange, cases[i].text));
        if (cases[i].status == 200)
            assert_int_equal(buffer_length(&exchange->body), strlen(cases[i].text));
    }
    close(fds[0]);
    close(fds[1]);
}

static void test_hang_up(void **state)
{
    struct peers *peers = *state;
    _cleanup_buffer_ struct buffer parts = BUFFER_INIT;
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    struct door_hang_up hang_up = {.connection = UINT32_MAX};
    struct door_order order;
    struct exchange *put;

    open_with(peers, RIGHTS_ALL, 7);
    make_order(&parts, VERB_DISCONNECT, "\1", 1);
    put = peers_request(peers, "PUT", "/v1/jobs/" JOB_TEXT, NULL, buffer_bytes(&parts),
                        buffer_length(&parts));
    assert_int_equal(door_order_decode(&order, peers_told(peers, DOOR_ORDER)), 0);
    memset(hang_up.fingerprint, 7, sizeof(hang_up.fingerprint));
    assert_int_equal(door_hang_up_encode(&hang_up, &body), 0);
    peers_tell(peers, DOOR_HANG_UP, buffer_bytes(&body), buffer_length(&body), NULL, 0);
    tell_ordered(peers, order.ticket, PROBLEM_NONE, false);
    peers_finish(peers, put, 201); /* the order to hang up is still answered */
    while (!peers->lost)
        peers_quiet(peers);
}

static void test_many_strangers(void **state)
{
    enum { STRANGERS = 300 };
    struct peers *peers = *state;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peers->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int strangers[STRANGERS];

    open_with(peers, RIGHTS_ALL, 7);
    for (size_t i = 0; i < STRANGERS; i++) {
        strangers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(strangers[i], (struct sockaddr *)&address, sizeof(address)), 0);
    }
    /* Who is in stays in, */
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", NULL, NULL, 0), 200);
    /* and others come in. */
    peers_connect(peers);
    open_with(peers, RIGHTS_ALL, 7);
    for (size_t i = 0; i < STRANGERS; i++)
        close(strangers[i]);
}

/* These end the gate themselves. */
static void test_goodbye(void **state)
{
    struct peers peers;
    struct exchange *output;
    struct ring *ring;

    (void)state;
    peers_start(&peers, program);
    peers_connect(&peers);
    open_with(&peers, RIGHTS_ALL, 7);
    assert_int_equal(ring_new(&ring, LIMIT_RING), 0);
    tell_job(&peers, ring, -1, 7);
    peers_settle(&peers);
    output = peers_request(&peers, "GET", "/v1/jobs/" JOB_TEXT "/output", NULL, NULL, 0);
    peers_quiet(&peers);
    peers_tell(&peers, DOOR_GOODBYE, NULL, 0, NULL, 0);
    while (!peers.lost && !output->closed)
        peers_quiet(&peers);
    assert_false(output->ended); /* the job goes on: the console must not take it for over */
    assert_int_equal(peers_wait(&peers), 0);
    ring_free(ring);
}

static void breach(enum door_type type, const void *body, size_t size)
{
    struct peers peers;
    int status;

    peers_start(&peers, program);
    peers_tell(&peers, type, body, size, NULL, 0);
    status = peers_wait(&peers);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

static void test_breaches(void **state)
{
    static const uint8_t unasked[] = {0, 0, 0, 9, 0, 1};

    (void)state;
    breach(DOOR_TOKENED, unasked, sizeof(unasked)); /* an answer that nobody asked for */
    breach(DOOR_STATE, "short", 5);
    breach(DOOR_SETUP, "again", 5);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_strangers_learn_little, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests_wait_for_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rights_bound_what_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens_observe_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_and_output, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_in_memfd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order_too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answer_to_a_lost_console, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_output_is_the_operators, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_output_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_output_is_released, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forgotten_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_input_nobody_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keys_pass_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_input_taken_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_audit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hang_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_strangers, set_up, tear_down),
        cmocka_unit_test(test_goodbye),
        cmocka_unit_test(test_breaches),
    };

    if (argc < 2) {
        fprintf(stderr, "usage: test-gate PATH-OF-HUNED-GATE\n");
        return 2;
    }
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
