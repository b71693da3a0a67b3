/* TLS sessions in memory: what they agree on, and what each kind of stranger on the port leads to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/failing-malloc.h"
#include "wire/test-certificate.h"
#include "wire/test-pair.h"
#include "wire/tls-private.h"

static struct tls *client;
static struct tls *server;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(tls_new(&client, test_client_context()), 0);
    assert_int_equal(tls_new(&server, test_server_context()), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client = tls_free(client);
    server = tls_free(server);
    return 0;
}

/* Feeds what `from` has to say to `to`; returns what `to` made of it. */
static int carry(struct tls *from, struct tls *to, uint8_t *plain_out, size_t size,
                 enum tls_error *error_out)
{
    struct buffer *bytes = tls_outgoing(from);
    int total = 0;
    int n;

    tls_feed(to, buffer_bytes(bytes), buffer_length(bytes));
    do {
        n = tls_read(to, plain_out + total, size - (size_t)total, error_out);
        assert_true(n >= 0);
        total += n;
    } while (n > 0 && (size_t)total < size);
    buffer_clear(bytes);
    return total;
}

static enum tls_error handshake(void)
{
    enum tls_error error = 0;
    uint8_t plain[16];

    assert_int_equal(tls_read(client, plain, sizeof(plain), &error), 0);
    for (int i = 0; i < 3 && !error; i++) {
        carry(client, server, plain, sizeof(plain), &error);
        if (!error)
            carry(server, client, plain, sizeof(plain), &error);
    }
    return error;
}

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

        tear_down(state);
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
        tear_down(state);
        set_up(state);
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
    tear_down(state);
    set_up(state);
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

static enum tls_error tell(struct tls *tls, const void *bytes, size_t size)
{
    enum tls_error error;
    uint8_t plain[16];

    tls_feed(tls, bytes, size);
    assert_int_equal(tls_read(tls, plain, sizeof(plain), &error), 0);
    return error;
}

static void test_server_meets_http(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    assert_int_equal(tell(server, request, sizeof(request) - 1), TLS_E_NOT_TLS);
    assert_memory_equal(buffer_bytes(tls_outgoing(server)), "HTTP/1.1 400 ", 13);
    assert_string_not_equal(tls_reason(server), "");
    assert_int_equal(tell(server, "x", 1), TLS_E_FAILED);
}

static void test_server_meets_garbage(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        const uint8_t bytes[] = {(uint8_t)first, 0xff, 0xff};
        struct buffer *out;

        tear_down(state);
        set_up(state);
        assert_int_equal(tell(server, bytes, sizeof(bytes)), TLS_E_NOT_TLS);
        out = tls_outgoing(server);
        /* The answer is an alert in the clear, or words for what may be HTTP. */
        if (first < 'A' || first > 'Z')
            assert_memory_equal(buffer_bytes(out), "\x15\x03\x01\0\2\2\x46", 7);
    }
}

static void test_garbage_after_a_good_start(void **state)
{
    static const uint8_t bytes[] = "\x16\x03\x01\x00\x05hello";

    (void)state;
    for (size_t size = 1; size < sizeof(bytes) - 2; size++) {
        tear_down(state);
        set_up(state);
        assert_int_equal(tell(server, bytes, size), 0);
    }
    assert_int_equal(tell(server, bytes + sizeof(bytes) - 3, 2), TLS_E_FAILED);
    /* The alert says so to the other side. */
    assert_int_equal(buffer_bytes(tls_outgoing(server))[0], 21);
    assert_string_not_equal(tls_reason(server), "");
}

static void test_client_meets_strangers(void **state)
{
    static const char *const banners[] = {"SSH-2.0-OpenSSH_9.2p1\r\n", "220 mail ESMTP\r\n",
                                          "HTTP/1.1 400 Bad Request\r\n\r\n", "-ERR unknown\r\n",
                                          "\x16"
                                          "abc"};

    for (size_t i = 0; i < ELEMENTS_OF(banners); i++) {
        tear_down(state);
        set_up(state);
        assert_int_equal(tell(client, "", 0), 0);
        buffer_clear(tls_outgoing(client));
        assert_int_equal(tell(client, banners[i], strlen(banners[i])), TLS_E_NOT_TLS);
        /* A client has nothing to say to it. */
        assert_int_equal(buffer_length(tls_outgoing(client)), 0);
    }
}

static void test_client_meets_an_alert(void **state)
{
    (void)state;
    tell(client, "", 0);
    assert_int_equal(tell(client, "\x15\x03\x01\0\2\2\x28", 7), TLS_E_ALERT);
    assert_non_null(strstr(tls_reason(client), "alert"));
}

/* Two of the same role: the one thing that must not happen is success. */
static void test_wrong_role(void **state)
{
    struct tls *other;
    enum tls_error error;
    uint8_t plain[16];

    (void)state;
    assert_int_equal(tls_new(&other, test_client_context()), 0);
    assert_int_equal(tls_read(client, plain, sizeof(plain), &error), 0);
    assert_int_equal(tls_read(other, plain, sizeof(plain), &error), 0);
    carry(client, other, plain, sizeof(plain), &error);
    assert_int_equal(error, TLS_E_FAILED);
    assert_false(tls_is_established(other));
    carry(other, client, plain, sizeof(plain), &error);
    assert_int_not_equal(error, 0);
    tls_free(other);
}

static void test_no_alpn(void **state)
{
    (void)state;
    assert_int_equal(SSL_set_alpn_protos(client->ssl, NULL, 0), 0);
    assert_int_equal(handshake(), TLS_E_NO_H2);
    assert_false(tls_is_established(server));
    /* The server says so in the handshake and not behind it. */
    assert_false(SSL_is_init_finished(server->ssl));
    assert_false(SSL_is_init_finished(client->ssl));
}

static void test_other_alpn(void **state)
{
    enum tls_error error;
    uint8_t plain[16];

    (void)state;
    assert_int_equal(SSL_set_alpn_protos(client->ssl, (const uint8_t *)"\x08http/1.1", 9), 0);
    assert_int_equal(handshake(), TLS_E_NO_H2);
    /* And the client learns it from the alert. */
    carry(server, client, plain, sizeof(plain), &error);
    assert_int_equal(error, TLS_E_NO_H2);
}

static void test_server_without_h2(void **state)
{
    (void)state;
    /* A server that knows nothing of ALPN. */
    SSL_CTX *plain = SSL_CTX_new(TLS_server_method());

    assert_non_null(plain);
    SSL_CTX_use_certificate(plain, SSL_CTX_get0_certificate(test_server_context()->context));
    SSL_CTX_use_PrivateKey(plain, SSL_CTX_get0_privatekey(test_server_context()->context));
    SSL_free(server->ssl);
    server->ssl = SSL_new(plain);
    BIO *bio = BIO_new(test_server_context()->method);

    BIO_set_data(bio, server);
    BIO_set_init(bio, 1);
    SSL_set_bio(server->ssl, bio, bio);
    SSL_set_accept_state(server->ssl);
    assert_int_equal(handshake(), TLS_E_NO_H2);
    assert_false(tls_is_established(client));
    SSL_CTX_free(plain);
}

static void test_old_tls(void **state)
{
    (void)state;
    SSL_set_min_proto_version(client->ssl, TLS1_2_VERSION);
    SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
    assert_int_equal(handshake(), TLS_E_FAILED);
    assert_false(tls_is_established(server));
    assert_int_equal(buffer_bytes(tls_outgoing(server))[0], 21);
}

/* A flipped bit anywhere after the handshake ends the session. */
static void test_tampering(void **state)
{
    for (size_t at = 5; at < 5 + 3 + 17; at++) {
        enum tls_error error;
        uint8_t got[8];

        tear_down(state);
        set_up(state);
        assert_int_equal(handshake(), 0);
        assert_int_equal(tls_write(client, "abc", 3), 0);
        buffer_bytes(tls_outgoing(client))[at] ^= 1;
        assert_int_equal(carry(client, server, got, sizeof(got), &error), 0);
        assert_int_equal(error, TLS_E_FAILED);
        assert_int_equal(tls_write(server, "x", 1), -EPIPE);
    }
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

#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_handshake),
        TLS_TEST(test_kinds_of_keys),
        TLS_TEST(test_greeting),
        TLS_TEST(test_exporters_differ),
        TLS_TEST(test_ids),
        TLS_TEST(test_server_context_refuses),
        TLS_TEST(test_data),
        TLS_TEST(test_keys_are_refreshed_by_themselves),
        TLS_TEST(test_close),
        TLS_TEST(test_server_meets_http),
        TLS_TEST(test_server_meets_garbage),
        TLS_TEST(test_garbage_after_a_good_start),
        TLS_TEST(test_client_meets_strangers),
        TLS_TEST(test_client_meets_an_alert),
        TLS_TEST(test_wrong_role),
        TLS_TEST(test_no_alpn),
        TLS_TEST(test_other_alpn),
        TLS_TEST(test_server_without_h2),
        TLS_TEST(test_old_tls),
        TLS_TEST(test_tampering),
        cmocka_unit_test(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, free_contexts);
}
