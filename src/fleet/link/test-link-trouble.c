/* Every way in which the way to a machine can fail has its own problem. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "fleet/link/link.h"
#include "fleet/link/test-way.h"

static void expect_trouble(struct way *way, enum problem_code code)
{
    way_start(way);
    test_world_run(&way->world, &way->watched.failed);
    assert_int_equal(way->watched.trouble.code, code);
    assert_int_equal(way->watched.pauses[0], 0);
    assert_int_equal(link_state(way->link), LINK_CLOSED);
    assert_int_equal(link_factory_handshakes(way->world.factory), 0);
}

static void test_refused(void **state)
{
    struct way *way = *state;

    way->target.port = test_closed_port();
    expect_trouble(way, PROBLEM_CONNECTION_REFUSED);
    assert_int_equal(way->watched.trouble.system_error, -ECONNREFUSED);
    assert_string_equal(way->watched.trouble.detail, "Connection refused");
    assert_non_null(strstr(way->watched.trouble.where, "127.0.0.1:"));
}

static void test_no_such_name(void **state)
{
    struct way *way = *state;

    way->target.host = "no such name.invalid";
    expect_trouble(way, PROBLEM_RESOLVE);
    assert_true(*way->watched.trouble.detail);
    assert_string_equal(way->watched.states, "resolving closed ");
}

/* A socket whose other end only says `words` (or nothing). */
struct talker {
    uv_poll_t poll;
    int listener;
    int peer;
    uint16_t port;
    const char *words;
};

static void talker_accept(uv_poll_t *poll, int status, int what)
{
    struct talker *talker = poll->data;

    (void)status;
    (void)what;
    talker->peer = accept4(talker->listener, NULL, NULL, SOCK_CLOEXEC);
    if (talker->words)
        assert_true(write(talker->peer, talker->words, strlen(talker->words)) > 0);
    uv_poll_stop(poll);
}

static void talker_begin(struct talker *talker, uv_loop_t *loop, const char *words)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    *talker = (struct talker){.words = words, .peer = -1};
    talker->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(talker->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(talker->listener, 8), 0);
    getsockname(talker->listener, (struct sockaddr *)&address, &size);
    talker->port = ntohs(address.sin_port);
    uv_poll_init(loop, &talker->poll, talker->listener);
    talker->poll.data = talker;
    uv_poll_start(&talker->poll, UV_READABLE, talker_accept);
}

static void talker_end(struct talker *talker)
{
    uv_loop_t *loop = talker->poll.loop;

    uv_close((uv_handle_t *)&talker->poll, NULL);
    uv_run(loop, UV_RUN_NOWAIT); /* or the loop would still know it */
    if (talker->peer >= 0)
        close(talker->peer);
    close(talker->listener);
}

static void test_not_tls(void **state)
{
    struct way *way = *state;
    struct talker talker;

    talker_begin(&talker, &way->world.loop, "SSH-2.0-OpenSSH_9.2p1\r\n");
    way->target.port = talker.port;
    expect_trouble(way, PROBLEM_NOT_TLS);
    assert_string_equal(way->watched.states, "connecting securing closed ");
    talker_end(&talker);
}

static void test_silent(void **state)
{
    struct way *way = *state;
    struct talker talker;

    way->world.settings.connect_timeout_ms = 50;
    talker_begin(&talker, &way->world.loop, NULL);
    way->target.port = talker.port;
    expect_trouble(way, PROBLEM_TIMEOUT);
    assert_non_null(strstr(way->watched.trouble.detail, "TLS gets no answer"));
    talker_end(&talker);
}

static void test_silent_hello(void **state)
{
    struct way *way = *state;

    way->world.settings.answer_timeout_ms = 80;
    way->world.agent.silent_hello = true;
    expect_trouble(way, PROBLEM_TIMEOUT);
    assert_non_null(strstr(way->watched.trouble.detail, "hello gets no answer"));
}

static void test_silent_open(void **state)
{
    struct way *way = *state;

    way->world.settings.answer_timeout_ms =
        500; /* hello is answered in it, also on a busy computer */
    way->world.agent.silent_open = true;
    expect_trouble(way, PROBLEM_TIMEOUT);
    assert_non_null(strstr(way->watched.trouble.detail, "open gets no answer"));
}

static void test_id_changed(void **state)
{
    struct way *way = *state;
    uint8_t other[MACHINE_ID_SIZE] = {1};

    way->target.id = other;
    way->target.persistent = true; /* no retry even so */
    expect_trouble(way, PROBLEM_ID_CHANGED);
    assert_true(way->watched.trouble.has_pinned && way->watched.trouble.has_seen);
    assert_memory_equal(way->watched.trouble.pinned, other, MACHINE_ID_SIZE);
    assert_memory_equal(way->watched.trouble.seen, way->world.agent.id, MACHINE_ID_SIZE);
    assert_int_equal(way->world.agent.hellos, 0); /* nothing was sent */
}

static void test_id_unknown(void **state)
{
    struct way *way = *state;

    way->target.id = NULL;
    expect_trouble(way, PROBLEM_ID_UNKNOWN);
    assert_false(way->watched.trouble.has_pinned);
    assert_memory_equal(way->watched.trouble.seen, way->world.agent.id, MACHINE_ID_SIZE);
    assert_int_equal(way->world.agent.hellos, 0);
}

static void test_key_unknown(void **state)
{
    struct way *way = *state;

    way->world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    way->target.persistent = true;
    expect_trouble(way, PROBLEM_KEY_UNKNOWN);
    assert_string_equal(way->watched.trouble.machine, "said so");
}

/* Of a key that may not even observe, and of a link that somebody waits for. */
static void test_right_missing(void **state)
{
    struct way *way = *state;

    way->world.agent.refuse_open = PROBLEM_RIGHT_MISSING;
    way_start(way);
    link_hold(way->link);
    test_world_run(&way->world, &way->watched.failed);
    assert_int_equal(way->watched.trouble.code, PROBLEM_RIGHT_MISSING);
    assert_string_equal(way->watched.trouble.detail, "observe");
    assert_int_equal(way->watched.pauses[0], 0);
    assert_int_equal(way->world.agent.connections, 1);
    link_release(way->link);
}

static void test_no_signer(void **state)
{
    struct way *way = *state;
    const struct link_settings settings = {.loop = &way->world.loop};

    assert_int_equal(link_factory_new(&way->world.factory, &settings), 0);
    expect_trouble(way, PROBLEM_NO_IDENTITY);
}

static void test_version(void **state)
{
    struct way *way = *state;

    way->world.agent.protocol = 2;
    expect_trouble(way, PROBLEM_VERSION);
}

static void test_web_server(void **state)
{
    struct way *way = *state;

    way->world.agent.not_hello = true;
    expect_trouble(way, PROBLEM_NOT_HUNE);
}

/* ---- one machine under several names ---- */

static void test_crowded_out(void **state)
{
    struct way *way = *state;
    struct watched other = {0};

    way->world.settings.first_pause_ms = 1;
    way->world.agent.drops = 3;
    way_start(way);
    watched_start(&other, &way->world, &way->target);
    test_world_run(&way->world, &way->watched.ready);
    test_world_run(&way->world, &other.ready);
    assert_int_equal(way->watched.failures + other.failures, 3);
    assert_true(way->watched.trouble.code == PROBLEM_CROWDED ||
                other.trouble.code == PROBLEM_CROWDED);
    assert_int_equal(way->world.agent.connections, 5);
}

static void test_crowded_out_for_good(void **state)
{
    struct way *way = *state;
    struct watched other = {0};

    way->world.settings.first_pause_ms = 1;
    way->world.agent.drops = UINT_MAX;
    way_start(way);
    watched_start(&other, &way->world, &way->target);
    way->watched.stop_after = other.stop_after = 5;
    test_world_run(&way->world, &way->watched.failed);
    test_world_run(&way->world, &other.failed);
    assert_int_equal(way->watched.trouble.code, PROBLEM_CROWDED);
    assert_int_equal(way->watched.failures, 5);
    assert_int_not_equal(way->watched.pauses[3], 0);
    assert_int_equal(way->watched.pauses[4], 0);
    assert_int_equal(link_state(way->link), LINK_CLOSED);
}

/* A port that ends every connection is told at once, as long as nothing else connects. */
static void test_dropped_alone(void **state)
{
    struct way *way = *state;

    way->world.agent.drops = UINT_MAX;
    way_start(way);
    test_world_run(&way->world, &way->watched.failed);
    assert_true(way->watched.trouble.code == PROBLEM_LOST ||
                way->watched.trouble.code == PROBLEM_CLOSED);
    assert_int_equal(way->watched.pauses[0], 0);
    assert_int_equal(way->world.agent.connections, 1);
}

/* Other machines may be behind the same address: it is asked again, but nothing is made up. */
static void test_dropped_among_others(void **state)
{
    struct way *way = *state;
    struct link_target elsewhere;
    struct watched other = {0};

    way->world.settings.first_pause_ms = 1;
    way->world.agent.drops = UINT_MAX;
    way_start(way);
    elsewhere = way->target;
    elsewhere.port = test_closed_port();
    watched_start(&other, &way->world, &elsewhere);
    way->watched.stop_after = 5;
    test_world_run(&way->world, &way->watched.failed);
    assert_true(way->watched.trouble.code == PROBLEM_LOST ||
                way->watched.trouble.code == PROBLEM_CLOSED);
    assert_int_equal(way->watched.pauses[4], 0);
    assert_int_equal(way->world.agent.connections, 5);
    assert_int_equal(other.failures, 1);
}

static void test_refusal_in_company(void **state)
{
    struct way *way = *state;
    struct watched other = {0};

    way->world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    way_start(way);
    watched_start(&other, &way->world, &way->target);
    test_world_run(&way->world, &way->watched.failed);
    test_world_run(&way->world, &other.failed);
    assert_int_equal(way->watched.trouble.code, PROBLEM_KEY_UNKNOWN);
    assert_int_equal(way->watched.failures + other.failures, 2);
    assert_int_equal(way->world.agent.connections, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        way_test(test_refused),
        way_test(test_no_such_name),
        way_test(test_not_tls),
        way_test(test_silent),
        way_test(test_silent_hello),
        way_test(test_silent_open),
        way_test(test_id_changed),
        way_test(test_id_unknown),
        way_test(test_key_unknown),
        way_test(test_no_signer),
        way_test(test_right_missing),
        way_test(test_version),
        way_test(test_web_server),
        way_test(test_crowded_out),
        way_test(test_crowded_out_for_good),
        way_test(test_dropped_alone),
        way_test(test_dropped_among_others),
        way_test(test_refusal_in_company),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
