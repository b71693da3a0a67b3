/* TLS sessions in memory: what each kind of stranger on the port leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "wire/test-pair.h"
#include "wire/test-sessions.h"

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

        sessions_tear_down(state);
        sessions_set_up(state);
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
        sessions_tear_down(state);
        sessions_set_up(state);
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
        sessions_tear_down(state);
        sessions_set_up(state);
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

        sessions_tear_down(state);
        sessions_set_up(state);
        assert_int_equal(handshake(), 0);
        assert_int_equal(tls_write(client, "abc", 3), 0);
        buffer_bytes(tls_outgoing(client))[at] ^= 1;
        assert_int_equal(carry(client, server, got, sizeof(got), &error), 0);
        assert_int_equal(error, TLS_E_FAILED);
        assert_int_equal(tls_write(server, "x", 1), -EPIPE);
    }
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
        sessions_test(test_server_meets_http),
        sessions_test(test_server_meets_garbage),
        sessions_test(test_garbage_after_a_good_start),
        sessions_test(test_client_meets_strangers),
        sessions_test(test_client_meets_an_alert),
        sessions_test(test_wrong_role),
        sessions_test(test_no_alpn),
        sessions_test(test_other_alpn),
        sessions_test(test_server_without_h2),
        sessions_test(test_old_tls),
        sessions_test(test_tampering),
    };

    return cmocka_run_group_tests(tests, NULL, free_contexts);
}
