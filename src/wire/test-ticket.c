/* Tickets: what resumption must prove, and what it must never take for proven. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/test-certificate.h"
#include "wire/tls-private.h"

/* A machine: its context, its id. */
struct machine {
    struct tls_context *context;
    struct buffer certificate;
    uint8_t id[MACHINE_ID_SIZE];
};

/* Two ends of one connection. */
struct ends {
    struct tls *client;
    struct tls *server;
};

static struct tls_context *console;

static void machine_make(struct machine *machine)
{
    _cleanup_buffer_ struct buffer key = BUFFER_INIT;

    *machine = (struct machine){0};
    assert_int_equal(test_certificate_make(&machine->certificate, &key), 0);
    assert_int_equal(tls_context_new_server(&machine->context, buffer_slice(&machine->certificate),
                                            buffer_slice(&key)),
                     0);
    assert_int_equal(tls_context_use_tickets(machine->context), 0);
    assert_int_equal(tls_certificate_id(buffer_slice(&machine->certificate), machine->id), 0);
}

static void machine_end(struct machine *machine)
{
    tls_context_free(machine->context);
    buffer_deinit(&machine->certificate);
}

/* Connects, with a ticket of that id if there is one. Returns what the client, or else the server,
 * had against it. */
static enum tls_error meet(struct ends *ends, const struct machine *machine, struct slice ticket,
                           const uint8_t id[MACHINE_ID_SIZE])
{
    enum tls_error error = 0;
    uint8_t plain[16];

    assert_int_equal(tls_new(&ends->client, console), 0);
    assert_int_equal(tls_new(&ends->server, machine->context), 0);
    if (ticket.size > 0)
        (void)tls_offer_ticket(ends->client, ticket, id);
    tls_read(ends->client, plain, sizeof(plain), &error);
    for (int i = 0; i < 6 && !error; i++) {
        struct tls *from = i % 2 ? ends->server : ends->client;
        struct tls *to = i % 2 ? ends->client : ends->server;
        struct buffer *bytes = tls_outgoing(from);

        tls_feed(to, buffer_bytes(bytes), buffer_length(bytes));
        assert_int_equal(tls_read(to, plain, sizeof(plain), &error), 0);
        buffer_clear(bytes);
    }
    return error;
}

static void part(struct ends *ends)
{
    tls_free(ends->client);
    tls_free(ends->server);
}

/* Meets a machine for the first time and keeps what it gives. */
static void first_meeting(const struct machine *machine, struct buffer *ticket_out)
{
    struct slice ticket;
    struct ends ends;

    assert_int_equal(meet(&ends, machine, (struct slice){0}, NULL), 0);
    assert_false(tls_is_resumed(ends.client));
    ticket = tls_ticket(ends.client);
    assert_true(ticket.size > 0);
    assert_int_equal(buffer_append(ticket_out, ticket.bytes, ticket.size), 0);
    part(&ends);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(tls_context_new_client(&console), 0);
    return tls_context_use_tickets(console);
}

static int tear_down(void **state)
{
    (void)state;
    console = tls_context_free(console);
    return 0;
}

static void test_resumes(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    uint8_t id[MACHINE_ID_SIZE], one[EXPORTER_SIZE], other[EXPORTER_SIZE], last[EXPORTER_SIZE];
    struct machine machine;
    struct ends ends;

    (void)state;
    machine_make(&machine);
    first_meeting(&machine, &ticket);
    memset(last, 0, sizeof(last));
    /* It is good for more than one time, and each connection is another channel. */
    for (int times = 0; times < 3; times++) {
        assert_int_equal(meet(&ends, &machine, buffer_slice(&ticket), machine.id), 0);
        assert_true(tls_is_resumed(ends.client));
        assert_true(tls_is_resumed(ends.server));
        assert_int_equal(tls_peer_id(ends.client, id), 0);
        assert_memory_equal(id, machine.id, MACHINE_ID_SIZE);
        assert_int_equal(tls_exporter(ends.client, one), 0);
        assert_int_equal(tls_exporter(ends.server, other), 0);
        assert_memory_equal(one, other, EXPORTER_SIZE);
        assert_memory_not_equal(one, last, EXPORTER_SIZE);
        memcpy(last, one, sizeof(last));
        /* No new one each time: that would cost what resuming saves. */
        assert_int_equal(tls_ticket(ends.client).size, 0);
        part(&ends);
    }
    machine_end(&machine);
}

/* The key exchange is a new one all the same: a ticket opens nothing that was recorded. */
static void test_forward_secrecy(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct machine machine;
    struct ends ends;

    (void)state;
    machine_make(&machine);
    first_meeting(&machine, &ticket);
    assert_int_equal(meet(&ends, &machine, buffer_slice(&ticket), machine.id), 0);
    assert_true(tls_is_resumed(ends.client));
    assert_int_equal(SSL_get_negotiated_group(ends.client->ssl), NID_X25519);
    assert_int_equal(SSL_get_early_data_status(ends.server->ssl), SSL_EARLY_DATA_NOT_SENT);
    part(&ends);
    machine_end(&machine);
}

/* Another machine at that place, or the same one with new keys for its tickets: it shows who it is.
 */
static void test_another_machine(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct machine machine, other;
    uint8_t id[MACHINE_ID_SIZE];
    struct ends ends;

    (void)state;
    machine_make(&machine);
    machine_make(&other);
    first_meeting(&machine, &ticket);
    assert_int_equal(meet(&ends, &other, buffer_slice(&ticket), machine.id), 0);
    assert_false(tls_is_resumed(ends.client));
    assert_int_equal(tls_peer_id(ends.client, id), 0);
    assert_memory_equal(id, other.id, MACHINE_ID_SIZE);
    assert_true(tls_ticket(ends.client).size > 0);
    part(&ends);
    machine_end(&machine);
    machine_end(&other);
}

/* Whatever is wrong in it: it is not taken, or the handshake fails; nobody is taken for resumed who
 * does not know the secret. */
static void test_damaged(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct machine machine;
    size_t size;

    (void)state;
    machine_make(&machine);
    first_meeting(&machine, &ticket);
    size = buffer_length(&ticket);
    for (size_t at = 0; at < size; at++) {
        enum tls_error error;
        struct ends ends;

        buffer_bytes(&ticket)[at] ^= 0x20;
        error = meet(&ends, &machine, buffer_slice(&ticket), machine.id);
        if (!error && tls_is_resumed(ends.client)) {
            /* What was changed is no part of what is proven (a time, a lifetime). */
            assert_true(tls_is_resumed(ends.server));
        }
        part(&ends);
        buffer_bytes(&ticket)[at] ^= 0x20;
    }
    for (size_t cut = 0; cut < size; cut += 7) {
        struct ends ends;

        assert_int_equal(
            meet(&ends, &machine, (struct slice){buffer_bytes(&ticket), cut}, machine.id), 0);
        assert_false(tls_has_offered(ends.client));
        assert_false(tls_is_resumed(ends.client));
        part(&ends);
    }
    machine_end(&machine);
}

/* A forger who knows the ticket but not its secret cannot answer for the machine. */
static void test_secret_is_needed(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct machine machine;
    struct ends ends;
    size_t secret = 0, seen = 0;

    (void)state;
    machine_make(&machine);
    first_meeting(&machine, &ticket);
    /* The master key is the second OCTET STRING of 32 bytes, behind the session's id. */
    for (size_t at = 0; at + 34 < buffer_length(&ticket) && !secret; at++) {
        const uint8_t *bytes = buffer_bytes(&ticket) + at;

        if (bytes[0] == 4 && bytes[1] == 32) {
            if (seen++ == 1)
                secret = at + 2;
            at += 33;
        }
    }
    assert_true(secret > 0);
    buffer_bytes(&ticket)[secret + 5] ^= 1;
    assert_int_not_equal(meet(&ends, &machine, buffer_slice(&ticket), machine.id), 0);
    assert_false(tls_is_established(ends.client));
    part(&ends);
    machine_end(&machine);
}

/* Its certificate stays out: the id says all. */
static void test_holds_no_certificate(void **state)
{
    _cleanup_buffer_ struct buffer ticket = BUFFER_INIT;
    struct machine machine;

    (void)state;
    machine_make(&machine);
    first_meeting(&machine, &ticket);
    assert_null(memmem(buffer_bytes(&ticket), buffer_length(&ticket),
                       buffer_bytes(&machine.certificate), buffer_length(&machine.certificate)));
    assert_true(buffer_length(&ticket) < 1024);
    machine_end(&machine);
}

/* A server that gives none, and a client that asks for none, as before. */
static void test_without(void **state)
{
    struct tls_context *plain;
    struct machine machine;
    struct ends ends;

    machine_make(&machine);
    tear_down(state);
    assert_int_equal(tls_context_new_client(&plain), 0);
    console = plain;
    assert_int_equal(meet(&ends, &machine, (struct slice){0}, NULL), 0);
    assert_int_equal(tls_ticket(ends.client).size, 0);
    part(&ends);
    machine_end(&machine);
}

#define TICKET_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TICKET_TEST(test_resumes),          TICKET_TEST(test_forward_secrecy),
        TICKET_TEST(test_another_machine),  TICKET_TEST(test_damaged),
        TICKET_TEST(test_secret_is_needed), TICKET_TEST(test_holds_no_certificate),
        TICKET_TEST(test_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
