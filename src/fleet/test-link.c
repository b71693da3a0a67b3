/* The way to a machine: every way in which it can fail has its own problem, and what broke comes
 * back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "fleet/document.h"
#include "fleet/link.h"
#include "fleet/request.h"
#include "fleet/test-world.h"
#include "proto/right.h"

struct watched {
    struct link_watcher watcher;
    struct trouble trouble;
    char states[256];
    unsigned readies;
    unsigned failures;
    uint32_t pauses[16];
    bool ready;
    bool failed;
    bool closed;
    unsigned stop_after; /* failures; then `failed` */
};

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct watched *watched = user;
    size_t used = strlen(watched->states);

    (void)link;
    (void)from;
    snprintf(watched->states + used, sizeof(watched->states) - used, "%s ", link_state_name(to));
    watched->closed = to == LINK_CLOSED;
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct watched *watched = user;

    assert_ptr_equal(info, link_info(link));
    watched->readies++;
    watched->ready = true;
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct watched *watched = user;

    (void)link;
    watched->trouble = *trouble;
    if (watched->failures < ELEMENTS_OF(watched->pauses))
        watched->pauses[watched->failures] = retry_ms;
    watched->failures++;
    if (watched->failures >= watched->stop_after)
        watched->failed = true;
}

static const struct link_events events = {
    .on_state = on_state, .on_ready = on_ready, .on_failed = on_failed};

static struct link *start(struct test_world *world, const struct link_target *target,
                          struct watched *watched)
{
    struct link *link;

    *watched = (struct watched){.watcher = {.events = &events, .user = watched}, .stop_after = 1};
    assert_int_equal(link_new(&link, test_world_factory(world), target), 0);
    link_watch(link, &watched->watcher);
    link_connect(link);
    assert_string_equal(watched->states, ""); /* nothing from inside */
    return link;
}

static void expect_trouble(struct test_world *world, const struct link_target *target,
                           enum problem_code code, struct watched *watched)
{
    struct link *link = start(world, target, watched);

    test_world_run(world, &watched->failed);
    assert_int_equal(watched->trouble.code, code);
    assert_int_equal(watched->pauses[0], 0);
    assert_int_equal(link_state(link), LINK_CLOSED);
    assert_int_equal(link_factory_handshakes(world->factory), 0);
}

/* ---- the good way ---- */

static void test_opens(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    world.agent.wall_ahead_ms = 3600 * 1000;
    link = start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    assert_string_equal(watched.states, "connecting securing greeting opening ready ");
    assert_string_equal(link_info(link)->name, "web1");
    assert_string_equal(link_info(link)->run_as, "root,www-data");
    assert_string_equal(link_info(link)->operator_label, "alice@laptop");
    assert_int_equal(link_info(link)->rights, RIGHT_OBSERVE | RIGHT_RUN | RIGHT_CONTROL);
    assert_memory_equal(link_info(link)->id, world.agent.id, MACHINE_ID_SIZE);
    assert_memory_equal(link_info(link)->epoch, world.agent.epoch, EPOCH_SIZE);
    assert_in_range(link_info(link)->clock_ahead_ms, 3590 * 1000, 3610 * 1000);
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    assert_true(link_boot_ms(link) > 1000 * 1000);
    test_world_end(&world);
}

static void test_name(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.host = "localhost"; /* whichever family comes first, 127.0.0.1 is found */
    start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    assert_true(text_starts(watched.states, "resolving connecting "));
    test_world_end(&world);
}

static void test_accept_new(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.id = NULL;
    target.accept_new = true;
    link = start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    assert_memory_equal(link_info(link)->id, world.agent.id, MACHINE_ID_SIZE);
    test_world_end(&world);
}

static void test_bare(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.bare = true;
    start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    assert_string_equal(watched.states, "connecting securing greeting ready ");
    assert_int_equal(world.agent.opens, 0);
    test_world_end(&world);
}

/* ---- the bad ones ---- */

static void test_refused(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.port = test_closed_port();
    expect_trouble(&world, &target, PROBLEM_CONNECTION_REFUSED, &watched);
    assert_int_equal(watched.trouble.system_error, -ECONNREFUSED);
    assert_string_equal(watched.trouble.detail, "Connection refused");
    assert_non_null(strstr(watched.trouble.where, "127.0.0.1:"));
    test_world_end(&world);
}

static void test_no_such_name(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.host = "no such name.invalid";
    expect_trouble(&world, &target, PROBLEM_RESOLVE, &watched);
    assert_true(*watched.trouble.detail);
    assert_string_equal(watched.states, "resolving closed ");
    test_world_end(&world);
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
    uv_close((uv_handle_t *)&talker->poll, NULL);
    if (talker->peer >= 0)
        close(talker->peer);
    close(talker->listener);
}

static void test_not_tls(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct talker talker;

    (void)state;
    test_world_begin(&world);
    talker_begin(&talker, &world.loop, "SSH-2.0-OpenSSH_9.2p1\r\n");
    target = test_world_target(&world);
    target.port = talker.port;
    expect_trouble(&world, &target, PROBLEM_NOT_TLS, &watched);
    assert_string_equal(watched.states, "connecting securing closed ");
    talker_end(&talker);
    test_world_end(&world);
}

static void test_silent(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct talker talker;

    (void)state;
    test_world_begin(&world);
    world.settings.connect_timeout_ms = 50;
    talker_begin(&talker, &world.loop, NULL);
    target = test_world_target(&world);
    target.port = talker.port;
    expect_trouble(&world, &target, PROBLEM_TIMEOUT, &watched);
    assert_non_null(strstr(watched.trouble.detail, "TLS gets no answer"));
    talker_end(&talker);
    test_world_end(&world);
}

static void test_silent_hello(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.settings.answer_timeout_ms = 80;
    world.agent.silent_hello = true;
    target = test_world_target(&world);
    expect_trouble(&world, &target, PROBLEM_TIMEOUT, &watched);
    assert_non_null(strstr(watched.trouble.detail, "hello gets no answer"));
    test_world_end(&world);
}

static void test_silent_open(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.settings.answer_timeout_ms = 80;
    world.agent.silent_open = true;
    target = test_world_target(&world);
    expect_trouble(&world, &target, PROBLEM_TIMEOUT, &watched);
    assert_non_null(strstr(watched.trouble.detail, "open gets no answer"));
    test_world_end(&world);
}

static void test_id_changed(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    uint8_t other[MACHINE_ID_SIZE] = {1};

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.id = other;
    target.persistent = true; /* no retry even so */
    expect_trouble(&world, &target, PROBLEM_ID_CHANGED, &watched);
    assert_true(watched.trouble.has_pinned && watched.trouble.has_seen);
    assert_memory_equal(watched.trouble.pinned, other, MACHINE_ID_SIZE);
    assert_memory_equal(watched.trouble.seen, world.agent.id, MACHINE_ID_SIZE);
    assert_int_equal(world.agent.hellos, 0); /* nothing was sent */
    test_world_end(&world);
}

static void test_id_unknown(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.id = NULL;
    expect_trouble(&world, &target, PROBLEM_ID_UNKNOWN, &watched);
    assert_false(watched.trouble.has_pinned);
    assert_memory_equal(watched.trouble.seen, world.agent.id, MACHINE_ID_SIZE);
    assert_int_equal(world.agent.hellos, 0);
    test_world_end(&world);
}

static void test_key_unknown(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    target = test_world_target(&world);
    target.persistent = true;
    expect_trouble(&world, &target, PROBLEM_KEY_UNKNOWN, &watched);
    assert_string_equal(watched.trouble.machine, "said so");
    test_world_end(&world);
}

static void test_no_signer(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link_settings settings;
    struct link_factory *factory;

    (void)state;
    test_world_begin(&world);
    settings = (struct link_settings){.loop = &world.loop};
    assert_int_equal(link_factory_new(&factory, &settings), 0);
    world.factory = factory;
    target = test_world_target(&world);
    expect_trouble(&world, &target, PROBLEM_NO_IDENTITY, &watched);
    test_world_end(&world);
}

static void test_version(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.agent.protocol = 2;
    target = test_world_target(&world);
    expect_trouble(&world, &target, PROBLEM_VERSION, &watched);
    test_world_end(&world);
}

static void test_web_server(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.agent.not_hello = true;
    target = test_world_target(&world);
    expect_trouble(&world, &target, PROBLEM_NOT_HUNE, &watched);
    test_world_end(&world);
}

/* ---- staying ---- */

static void test_reconnects(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.persistent = true;
    start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    watched.ready = false;
    test_agent_cut(&world.agent);
    test_world_run(&world, &watched.ready);
    assert_int_equal(watched.readies, 2);
    assert_int_equal(watched.failures, 1);
    assert_in_range(watched.pauses[0], 125, 250);
    assert_int_equal(world.agent.connections, 2);
    test_world_end(&world);
}

static void test_unwanted_stays_closed(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    test_agent_cut(&world.agent);
    test_world_run(&world, &watched.failed);
    assert_int_equal(link_state(link), LINK_CLOSED);
    watched.ready = false;
    link_connect(link);
    test_world_run(&world, &watched.ready);
    test_world_end(&world);
}

static void test_pauses_grow(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.port = test_closed_port();
    target.persistent = true;
    start(&world, &target, &watched);
    watched.stop_after = 4;
    test_world_run(&world, &watched.failed);
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(watched.pauses[i], 125u << i, 250u << i);
    test_world_end(&world);
}

static void test_accepted_id_must_stay(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct test_agent second;
    uint8_t first_id[MACHINE_ID_SIZE];

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.id = NULL;
    target.accept_new = true;
    target.persistent = true;
    start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    memcpy(first_id, world.agent.id, MACHINE_ID_SIZE);
    /* Another machine answers at the address now. */
    test_agent_start(&second, &world.loop, world.signer);
    struct tls_context *context = world.agent.factory.context;
    world.agent.factory.context = second.context;
    test_agent_cut(&world.agent);
    test_world_run(&world, &watched.closed);
    assert_int_equal(watched.trouble.code, PROBLEM_ID_CHANGED);
    assert_memory_equal(watched.trouble.pinned, first_id, MACHINE_ID_SIZE);
    test_agent_stop(&second);
    world.agent.factory.context = context;
    test_world_end(&world);
    test_agent_deinit(&second);
}

static void stand_in_line(uint32_t handshakes, uint32_t places)
{
    struct test_world world;
    struct watched watched[6];
    struct link_target target;

    test_world_begin(&world);
    world.settings.handshakes = handshakes;
    world.settings.places = places;
    target = test_world_target(&world);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        start(&world, &target, &watched[i]);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++) {
        assert_true(link_factory_handshakes(world.factory) <= handshakes);
        test_world_run(&world, &watched[i].ready);
    }
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    test_world_end(&world);
}

/* Before the handshakes, before the places to connect from, before both. */
static void test_line_before_handshakes(void **state)
{
    (void)state;
    stand_in_line(2, 0);
    stand_in_line(1, 3);
    stand_in_line(2, 1);
    stand_in_line(1, 1);
}

/* Freed and disconnected while they are connected and wait for a handshake. */
static void test_leaves_the_line(void **state)
{
    struct test_world world;
    struct watched watched[4];
    struct link *links[ELEMENTS_OF(watched)];
    struct link_target target;

    (void)state;
    test_world_begin(&world);
    world.settings.handshakes = 1;
    target = test_world_target(&world);
    for (unsigned i = 0; i < ELEMENTS_OF(watched); i++)
        links[i] = start(&world, &target, &watched[i]);
    for (unsigned i = 0; i < 200 && link_state(links[0]) < LINK_SECURING; i++)
        uv_run(&world.loop, UV_RUN_ONCE);
    for (unsigned i = 1; i < ELEMENTS_OF(links); i++)
        assert_int_equal(link_state(links[i]), LINK_CONNECTING);
    link_free(links[1]);
    link_disconnect(links[2]);
    test_world_run(&world, &watched[3].ready);
    assert_false(watched[1].ready);
    assert_false(watched[2].ready);
    assert_int_equal(link_factory_handshakes(world.factory), 0);
    test_world_end(&world);
}

static void test_disconnect(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    target.persistent = true;
    link = start(&world, &target, &watched);
    test_world_run(&world, &watched.ready);
    link_disconnect(link);
    test_world_run(&world, &watched.closed);
    assert_int_equal(watched.failures, 0);
    test_world_end(&world);
}

/* Freed at every stage: nothing may be left in the loop, and nothing be used after. */
static void test_free_at_any_time(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 16; turns++) {
        struct test_world world;
        struct watched watched;
        struct link_target target;
        struct link *link;

        test_world_begin(&world);
        target = test_world_target(&world);
        target.persistent = true;
        if (turns % 2)
            target.host = "localhost";
        link = start(&world, &target, &watched);
        for (unsigned i = 0; i < turns; i++)
            uv_run(&world.loop, UV_RUN_NOWAIT);
        link_free(link);
        test_world_end(&world);
    }
}

static void on_ready_free(struct link *link, const struct link_info *info, void *user)
{
    (void)info;
    *(bool *)user = true;
    link_free(link);
}

static void test_free_in_callback(void **state)
{
    static const struct link_events freeing = {.on_ready = on_ready_free};
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct link *link;
    bool done = false;
    struct link_watcher first = {.events = &freeing, .user = &done};

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    watched = (struct watched){.watcher = {.events = &events, .user = &watched}};
    assert_int_equal(link_new(&link, test_world_factory(&world), &target), 0);
    link_watch(link, &first);
    link_watch(link, &watched.watcher);
    link_connect(link);
    test_world_run(&world, &done);
    assert_int_equal(watched.readies, 0); /* it came after the one that freed */
    test_world_end(&world);
}

/* ---- requests ---- */

struct asked {
    bool done;
    bool good;
    struct trouble trouble;
};

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct asked *asked = user;
    char host[32];

    asked->done = true;
    if (trouble)
        asked->trouble = *trouble;
    asked->good = document_text(json_object_get(root, "name"), "host", host, sizeof(host)) &&
                  text_equal(host, "web1");
}

static void test_document(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct asked asked = {0};
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    /* Given before there is a connection. */
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&world, &asked.done);
    assert_true(asked.good);
    test_world_end(&world);
}

static void test_document_refused(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct asked asked = {0};
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    assert_int_equal(request_document(link, "/v1/nothing", on_document, &asked, NULL), 0);
    test_world_run(&world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_NOT_FOUND);
    assert_string_equal(asked.trouble.machine, "said so");
    assert_true(trouble_is_from_machine(&asked.trouble));
    test_world_end(&world);
}

static void test_document_no_json(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct asked asked = {0};
    struct link *link;

    (void)state;
    test_world_begin(&world);
    world.agent.document = "{\"name\":";
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_NOT_HUNE);
    test_world_end(&world);
}

/* A request on a link that never gets there has the link's own trouble. */
static void test_request_fails_with_link(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct asked asked = {0};
    struct link *link;

    (void)state;
    test_world_begin(&world);
    world.agent.refuse_open = PROBLEM_KEY_UNKNOWN;
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, NULL), 0);
    test_world_run(&world, &asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_KEY_UNKNOWN);
    /* And on a closed one at once. */
    asked.done = false;
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, NULL), 0);
    assert_true(asked.done);
    assert_int_equal(asked.trouble.code, PROBLEM_KEY_UNKNOWN);
    test_world_end(&world);
}

static void test_request_cancelled(void **state)
{
    struct test_world world;
    struct watched watched;
    struct link_target target;
    struct asked asked = {0};
    struct request *request;
    struct link *link;

    (void)state;
    test_world_begin(&world);
    target = test_world_target(&world);
    link = start(&world, &target, &watched);
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, &request), 0);
    request_cancel(request);
    test_world_run(&world, &watched.ready);
    assert_int_equal(request_document(link, "/v1/facts", on_document, &asked, &request), 0);
    request_cancel(request);
    test_world_wait(&world, 30);
    assert_false(asked.done);
    test_world_end(&world);
}

/* ---- words ---- */

static void test_trouble_words(void **state)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct trouble trouble;

    (void)state;
    trouble_set(&trouble, PROBLEM_CONNECTION_REFUSED, "web1:10000", "Connection %s", "refused");
    memcpy(trouble.machine, "bad\033[2Jwords", 13);
    assert_int_equal(trouble_describe(&trouble, &text), 0);
    assert_string_equal(buffer_text(&text), "web1:10000: Nobody listens there. (Connection refused)"
                                            " The machine says: bad\\x1b[2Jwords");
    assert_string_equal(trouble_word(&trouble), "connection-refused");
    assert_false(trouble_is_from_machine(&trouble));
}

static void test_problem_documents(void **state)
{
    struct trouble trouble;
    const char *known = "{\"type\":\"urn:hune:problem:right-missing\",\"title\":\"no\"}";
    const char *unknown = "{\"type\":\"urn:hune:problem:brand-new\",\"detail\":\"what to do\"}";

    (void)state;
    document_problem(known, strlen(known), 403, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_RIGHT_MISSING);
    assert_string_equal(trouble.machine, "no");
    document_problem(unknown, strlen(unknown), 403, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_INTERNAL);
    assert_string_equal(trouble.detail, "brand-new");
    assert_string_equal(trouble.machine, "what to do");
    document_problem("<html>", 6, 502, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_NOT_HUNE);
    assert_string_equal(trouble.detail, "HTTP status 502");
    document_problem(NULL, 0, 500, "web1:10000", &trouble);
    assert_int_equal(trouble.code, PROBLEM_NOT_HUNE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens),
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_accept_new),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_such_name),
        cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_silent_hello),
        cmocka_unit_test(test_silent_open),
        cmocka_unit_test(test_id_changed),
        cmocka_unit_test(test_id_unknown),
        cmocka_unit_test(test_key_unknown),
        cmocka_unit_test(test_no_signer),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_web_server),
        cmocka_unit_test(test_reconnects),
        cmocka_unit_test(test_unwanted_stays_closed),
        cmocka_unit_test(test_pauses_grow),
        cmocka_unit_test(test_accepted_id_must_stay),
        cmocka_unit_test(test_line_before_handshakes),
        cmocka_unit_test(test_leaves_the_line),
        cmocka_unit_test(test_disconnect),
        cmocka_unit_test(test_free_at_any_time),
        cmocka_unit_test(test_free_in_callback),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_document_refused),
        cmocka_unit_test(test_document_no_json),
        cmocka_unit_test(test_request_fails_with_link),
        cmocka_unit_test(test_request_cancelled),
        cmocka_unit_test(test_trouble_words),
        cmocka_unit_test(test_problem_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
