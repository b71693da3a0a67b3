/* A real gate between a warden and a console that the test plays: what strangers learn, what waits
 * for `open`, and who may see what. */
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate/test-tell.h"

static void test_strangers_learn_little(void **state)
{
    static const struct {
        const char *method;
        const char *path;
    } closed[] = {
        {"GET", "/v1/facts"}, {"GET", "/v1/facts/os"}, {"GET", "/v1/jobs"},
        {"GET", "/v1/audit"}, {"PUT", JOB_PATH},       {"GET", "/nothing"},
    };
    struct peers *peers = *state;
    struct exchange *hello = peers_request(peers, "GET", "/v1/hello", NULL, NULL, 0);
    struct exchange *health;

    peers_finish(peers, hello, 200);
    assert_true(exchange_says(hello, "\"protocol\":1"));
    assert_true(exchange_says(hello, "\"epoch\":\"22222222222222222222222222222222\""));
    health = get(peers, "/healthz", 200);
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
    struct door_order order = told_order(peers, DOOR_OPEN);

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
    struct door_order order = told_order(peers, DOOR_OPEN);

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
    get(peers, "/v1/facts/os", 403);
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
    get(peers, "/v1/jobs", 401);
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
    peers_finish(peers, peers_request(peers, "PUT", JOB_PATH, "Bearer right", "order", 5), 403);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", "Bearer right", NULL, 0), 200);
    peers_finish(peers, peers_request(peers, "GET", "/v1/jobs", "Basic abc", NULL, 0), 401);
    /* And it opens nothing for a request without it. */
    get(peers, "/v1/jobs", 401);
}

static void turns_become(struct peers *peers, int policy)
{
    for (int waited = 0; sched_getscheduler(peers->gate) != policy && waited < 30000; waited += 10)
        peers_pass(peers, 10);
    assert_int_equal(sched_getscheduler(peers->gate), policy);
}

/* Consoles that come at once are served in batches, until only few are not open yet. */
static void test_burst(void **state)
{
    struct peers *peers = *state;
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(peers->port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int sockets[20];

    assert_int_equal(sched_getscheduler(peers->gate), SCHED_OTHER);
    for (size_t i = 0; i < ELEMENTS_OF(sockets); i++) {
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(sockets[i], (const struct sockaddr *)&address, sizeof(address)),
                         0);
    }
    turns_become(peers, SCHED_BATCH);
    open_with(peers, RIGHTS_ALL, 7);
    get(peers, "/v1/jobs", 200);
    /* Fewer are no reason to begin, but one to go on. */
    for (size_t i = 0; i < 10; i++)
        close(sockets[i]);
    peers_settle(peers);
    assert_int_equal(sched_getscheduler(peers->gate), SCHED_BATCH);
    for (size_t i = 10; i < ELEMENTS_OF(sockets); i++)
        close(sockets[i]);
    turns_become(peers, SCHED_OTHER);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_strangers_learn_little),
        gate_test(test_requests_wait_for_open),
        gate_test(test_open_refused),
        gate_test(test_open_too_long),
        gate_test(test_rights_bound_what_is_seen),
        gate_test(test_pair),
        gate_test(test_tokens_observe_only),
        gate_test(test_burst),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
