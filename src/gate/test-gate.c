/* A real gate between a warden and a console that the test plays: the audit trail, many
 * connections, and how the gate ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cmocka.h>

#include "gate/test-tell.h"

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
    put = put_order(peers, &parts);
    order = told_order(peers, DOOR_ORDER);
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
    get(peers, "/v1/jobs", 200);
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
    peers_start(&peers, gate_program());
    peers_connect(&peers);
    open_with(&peers, RIGHTS_ALL, 7);
    ring = tell_new_job(&peers, 7);
    peers_settle(&peers);
    output = peers_request(&peers, "GET", JOB_PATH "/output", NULL, NULL, 0);
    peers_quiet(&peers);
    peers_tell(&peers, DOOR_GOODBYE, NULL, 0, NULL, 0);
    while (!peers.lost && !output->closed)
        peers_quiet(&peers);
    assert_false(output->ended); /* the job goes on: the console must not take it for over */
    assert_int_equal(peers_wait(&peers), 0);
    ring_free(ring);
}

static void breach_with(enum door_type type, const void *body, size_t size, int fd)
{
    struct peers peers;
    int status;

    peers_start(&peers, gate_program());
    peers_tell(&peers, type, body, size, &fd, fd >= 0);
    status = peers_wait(&peers);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
}

static void breach(enum door_type type, const void *body, size_t size)
{
    breach_with(type, body, size, -1);
}

static void test_breaches(void **state)
{
    static const uint8_t unasked[] = {0, 0, 0, 9, 0, 1};
    static const uint8_t no_such_file[] = {0, 0, 0, 200};

    (void)state;
    breach(DOOR_TOKENED, unasked, sizeof(unasked)); /* an answer that nobody asked for */
    breach(DOOR_STATE, "short", 5);
    breach(DOOR_SETUP, "again", 5);
    breach_with(DOOR_FILE, no_such_file, sizeof(no_such_file), STDIN_FILENO);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        gate_test(test_audit),           gate_test(test_hang_up),
        gate_test(test_many_strangers),  cmocka_unit_test(test_goodbye),
        cmocka_unit_test(test_breaches),
    };

    if (!gate_program_init(argc, argv))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
