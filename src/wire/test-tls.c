/* TLS sessions in memory: what two sides that mean well agree on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failing-malloc.h"
#include "wire/test-certificate.h"
#include "wire/test-pair.h"
#include "wire/test-sessions.h"

static void test_handshake(void **state)
{
    uint8_t client_exporter[EXPORTER_SIZE];
    uint8_t server_exporter[EXPORTER_SIZE];
    uint8_t id[MACHINE_ID_SIZE];

    (void)state;
    assert_int_equal(tls_exporter(client, client_exporter), -EIO);
    assert_int_equal(tls_peer_id(client, id), -ENOENT);
    assert_int_equal(tls_write(client, "x", 1), -EPIPE);
    assert_int_equal(handshake(), 0);
    assert_true(tls_is_established(client));
    assert_true(tls_is_established(server));
    assert_int_equal(tls_exporter(client, client_exporter), 0);
    assert_int_equal(tls_exporter(server, server_exporter), 0);
    assert_memory_equal(client_exporter, server_exporter, EXPORTER_SIZE);
    /* RFC 9266, section 2. */
    assert_int_equal(SSL_export_keying_material(client->ssl, server_exporter, EXPORTER_SIZE,
                                                "EXPORTER-Channel-Binding", 24, NULL, 0, 0),
                     1);
    assert_memory_equal(client_exporter, server_exporter, EXPORTER_SIZE);
    assert_int_equal(tls_peer_id(client, id), 0);
    /* A client shows no certificate. */
    assert_int_equal(tls_peer_id(server, id), -ENOENT);
    assert_string_equal(SSL_get_cipher_name(server->ssl), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(SSL_get_version(server->ssl), "TLSv1.3");
    assert_string_equal(tls_reason(client), "");
}

/* A machine's certificate may be of somebody else's making: those keys a client must know, too. */
static void test_kinds_of_keys(void **state)
{
    static const char *const kinds[] = {"ED25519", "RSA", "EC"};

    for (size_t i = 0; i < ELEMENTS_OF(kinds); i++) {
        struct buffer certificate _cleanup_buffer_ = BUFFER_INIT;
        struct buffer key _cleanup_buffer_ = BUFFER_INIT;
        uint8_t expected[MACHINE_ID_SIZE];
        uint8_t seen[MACHINE_ID_SIZE];
        struct tls_context *context;

        sessions_tear_down(state);
        assert_int_equal(test_certificate_make_of(kinds[i], &certificate, &key), 0);
        assert_int_equal(
            tls_context_new_server(&context, buffer_slice(&certificate), buffer_slice(&key)), 0);
        assert_int_equal(tls_new(&client, test_client_context()), 0);
        assert_int_equal(tls_new(&server, context), 0);
        tls_context_free(context);
        assert_int_equal(handshake(), 0);
        assert_int_equal(tls_certificate_id(buffer_slice(&certificate), expected), 0);
        assert_int_equal(tls_peer_id(client, seen), 0);
        assert_memory_equal(seen, expected, sizeof(seen));
    }
}

static size_t greet(void *user, uint8_t bytes_out[TLS_GREETING_MAX])
{
    size_t size = *(size_t *)user;

    memset(bytes_out, 'g', size);
    return size;
}

static void test_greeting(void **state)
{
    size_t sizes[] = {1, 25, TLS_GREETING_MAX, 0};

    for (size_t i = 0; i < ELEMENTS_OF(sizes); i++) {
        tls_context_greet(server->context, greet, &sizes[i]);
        assert_int_equal(tls_greeting(client).size, 0);
        assert_int_equal(handshake(), 0);
        assert_int_equal(tls_greeting(client).size, sizes[i]);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(tls_greeting(client).bytes[at], 'g');
        sessions_tear_down(state);
        sessions_set_up(state);
    }
    /* A server that has none to say. */
    tls_context_greet(server->context, NULL, NULL);
    assert_int_equal(handshake(), 0);
    assert_int_equal(tls_greeting(client).size, 0);
}

static void test_exporters_differ(void **state)
{
    uint8_t first[EXPORTER_SIZE];
    uint8_t second[EXPORTER_SIZE];

    handshake();
    assert_int_equal(tls_exporter(client, first), 0);
    sessions_tear_down(state);
    sessions_set_up(state);
    handshake();
    assert_int_equal(tls_exporter(client, second), 0);
    assert_memory_not_equal(first, second, EXPORTER_SIZE);
}

static void test_ids(void **state)
{
    struct buffer certificate _cleanup_buffer_ = BUFFER_INIT;
    struct buffer key _cleanup_buffer_ = BUFFER_INIT;
    struct slice der;
    struct tls_context *context;
    uint8_t id[MACHINE_ID_SIZE];
    uint8_t peer[MACHINE_ID_SIZE];

    (void)state;
    assert_int_equal(test_certificate_make(&certificate, &key), 0);
    der = buffer_slice(&certificate);
    assert_int_equal(tls_certificate_id(der, id), 0);
    assert_int_equal(tls_context_new_server(&context, der, buffer_slice(&key)), 0);
    tls_free(server);
    assert_int_equal(tls_new(&server, context), 0);
    assert_int_equal(handshake(), 0);
    assert_int_equal(tls_peer_id(client, peer), 0);
    assert_memory_equal(id, peer, MACHINE_ID_SIZE);
    server = tls_free(server);
    tls_context_free(context);
    /* The id is that of the key, as `openssl pkey -pubin -outform DER | sha256sum` shows it. */
    for (size_t size = 0; size < der.size; size++)
        assert_int_equal(tls_certificate_id((struct slice){der.bytes, size}, id), -EINVAL);
    assert_int_equal(buffer_append(&certificate, "x", 1), 0);
    der = buffer_slice(&certificate);
    assert_int_equal(tls_certificate_id(der, id), -EINVAL);
}

static void test_server_context_refuses(void **state)
{
    struct buffer certificate _cleanup_buffer_ = BUFFER_INIT;
    struct buffer key _cleanup_buffer_ = BUFFER_INIT;
    struct buffer other _cleanup_buffer_ = BUFFER_INIT;
    struct buffer other_key _cleanup_buffer_ = BUFFER_INIT;
    struct tls_context *context = NULL;

    (void)state;
    assert_int_equal(test_certificate_make(&certificate, &key), 0);
    assert_int_equal(test_certificate_make(&other, &other_key), 0);
    struct slice good = {buffer_bytes(&certificate), buffer_length(&certificate)};
    struct slice good_key = {buffer_bytes(&key), buffer_length(&key)};
    struct slice wrong_key = {buffer_bytes(&other_key), buffer_length(&other_key)};
    struct slice garbage = {(const uint8_t *)"garbage", 7};

    assert_int_equal(tls_context_new_server(&context, garbage, good_key), -EINVAL);
    assert_int_equal(tls_context_new_server(&context, good, garbage), -EINVAL);
    assert_int_equal(tls_context_new_server(&context, good, wrong_key), -EINVAL);
    assert_int_equal(tls_context_new_server(&context, (struct slice){NULL, 0}, good_key), -EINVAL);
    assert_null(context);
    assert_null(tls_context_free(NULL));
}

static void test_data(void **state)
{
    static uint8_t sent[100000];
    static uint8_t got[100000];
    enum tls_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 13);
    assert_int_equal(handshake(), 0);
    assert_int_equal(tls_write(server, sent, sizeof(sent)), 0);
    assert_int_equal(carry(server, client, got, sizeof(got), &error), sizeof(got));
    assert_memory_equal(sent, got, sizeof(got));
    /* A new key in between changes nothing for the reader. */
    assert_int_equal(tls_write(client, sent, 10), 0);
    assert_int_equal(tls_refresh_keys(client), 0);
    assert_int_equal(tls_write(client, sent + 10, 10), 0);
    memset(got, 0, sizeof(got));
    assert_int_equal(carry(client, server, got, sizeof(got), &error), 20);
    assert_memory_equal(sent, got, 20);
}

static void test_keys_are_refreshed_by_themselves(void **state)
{
    enum tls_error error;
    uint8_t got[8];

    (void)state;
    assert_int_equal(handshake(), 0);
    client->written = UINT64_C(64) << 30;
    assert_int_equal(tls_write(client, "abc", 3), 0);
    assert_int_equal(client->written, 0);
    /* The KeyUpdate is a record of its own before the data. */
    assert_true(buffer_length(tls_outgoing(client)) > 2 * (5 + 17));
    assert_int_equal(carry(client, server, got, sizeof(got), &error), 3);
}

static void test_close(void **state)
{
    enum tls_error error;
    uint8_t got[8];

    (void)state;
    tls_shutdown(client); /* nothing to say before the handshake */
    assert_int_equal(buffer_length(tls_outgoing(client)), 0);
    assert_int_equal(handshake(), 0);
    assert_int_equal(tls_write(client, "abc", 3), 0);
    tls_shutdown(client);
    size_t length = buffer_length(tls_outgoing(client));

    tls_shutdown(client);
    assert_int_equal(buffer_length(tls_outgoing(client)), length);
    assert_int_equal(tls_write(client, "x", 1), -EPIPE);
    assert_int_equal(carry(client, server, got, sizeof(got), &error), 3);
    assert_int_equal(error, TLS_E_CLOSED);
    /* And so it stays. */
    assert_int_equal(tls_read(server, got, sizeof(got), &error), 0);
    assert_int_equal(error, TLS_E_CLOSED);
    /* The other half may still speak. */
    assert_int_equal(tls_write(server, "yes", 3), 0);
    assert_int_equal(carry(server, client, got, sizeof(got), &error), 3);
}

static int open_and_write(void *argument)
{
    struct tls *one = NULL;
    enum tls_error error;
    uint8_t plain[4];
    int r = tls_new(&one, argument);

    if (!r)
        r = tls_read(one, plain, sizeof(plain), &error);
    if (!r && (error || buffer_length(tls_outgoing(one)) == 0))
        r = -EIO;
    tls_free(one);
    return r;
}

static void test_each_allocation_fails_once(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(open_and_write, test_client_context()) >= 2);
}

static int free_contexts(void **state)
{
    (void)state;
    test_contexts_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sessions_test(test_handshake), sessions_test(test_kinds_of_keys),
        sessions_test(test_greeting),  sessions_test(test_exporters_differ),
        sessions_test(test_ids),       sessions_test(test_server_context_refuses),
        sessions_test(test_data),      sessions_test(test_keys_are_refreshed_by_themselves),
        sessions_test(test_close),     cmocka_unit_test(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, free_contexts);
}
