/* The two kinds of SSL_CTX: one per role and process, shared by all sessions (a context of its own
 * costs a session nearly a millisecond). */
#include "wire/tls-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "proto/greeting.h"

#define CIPHERS "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define GROUPS  "X25519"

/* The ALPN list as it travels: a length and "h2". */
static const uint8_t alpn_h2[] = {2, 'h', '2'};

static void cleanup_context(struct tls_context **context)
{
    tls_context_free(*context);
}

/* A client that names no protocol at all would get past the ALPN callback, which is then not
 * called. */
static int tls_on_hello(SSL *ssl, int *alert, void *argument)
{
    const unsigned char *extension;
    size_t size;

    (void)argument;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
                                  &extension, &size) == 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    ((struct tls *)SSL_get_app_data(ssl))->no_h2 = true;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

static int tls_on_alpn(SSL *ssl, const unsigned char **chosen_out, unsigned char *length_out,
                       const unsigned char *offered, unsigned offered_size, void *argument)
{
    unsigned char *chosen;

    (void)argument;
    if (SSL_select_next_proto(&chosen, length_out, alpn_h2, sizeof(alpn_h2), offered,
                              offered_size) == OPENSSL_NPN_NEGOTIATED) {
        *chosen_out = chosen;
        return SSL_TLSEXT_ERR_OK;
    }
    ((struct tls *)SSL_get_app_data(ssl))->no_h2 = true;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The machine's id is pinned by the caller; a chain of issuers says nothing here. TLS itself has
 * checked that the peer holds the certificate's key. */
static int tls_accept_any(X509_STORE_CTX *store, void *argument)
{
    (void)store;
    (void)argument;
    return 1;
}

/* Called for what we say: of a client the question, which is empty, of a server the answer, if it
 * was asked. */
static int tls_add_greeting(SSL *ssl, unsigned type, unsigned when, const unsigned char **bytes_out,
                            size_t *size_out, X509 *certificate, size_t chain_index, int *alert,
                            void *argument)
{
    struct tls *tls = SSL_get_app_data(ssl);
    struct tls_context *context = tls->context;

    (void)type;
    (void)certificate;
    (void)chain_index;
    (void)alert;
    (void)argument;
    *size_out = 0;
    *bytes_out = NULL;
    if (when == SSL_EXT_CLIENT_HELLO)
        return 1;
    if (!context->greet)
        return 0;
    tls->greeting_size = (uint8_t)context->greet(context->greet_user, tls->greeting);
    *bytes_out = tls->greeting;
    *size_out = tls->greeting_size;
    return 1;
}

/* Called for what the other side says. One that is too long is of a later version: as if none. */
static int tls_take_greeting(SSL *ssl, unsigned type, unsigned when, const unsigned char *bytes,
                             size_t size, X509 *certificate, size_t chain_index, int *alert,
                             void *argument)
{
    struct tls *tls = SSL_get_app_data(ssl);

    (void)type;
    (void)certificate;
    (void)chain_index;
    (void)alert;
    (void)argument;
    if (when == SSL_EXT_CLIENT_HELLO || size == 0 || size > sizeof(tls->greeting))
        return 1;
    memcpy(tls->greeting, bytes, size);
    tls->greeting_size = (uint8_t)size;
    return 1;
}

void tls_context_greet(struct tls_context *context, tls_greet greet, void *user)
{
    context->greet = greet;
    context->greet_user = user;
}

static int tls_context_new(struct tls_context **context_out, enum tls_role role)
{
    struct tls_context *context _cleanup_(cleanup_context) = calloc(1, sizeof(*context));

    if (!context)
        return -ENOMEM;
    ERR_clear_error();
    context->users = 1;
    context->role = role;
    context->method = tls_bio_method_new();
    context->context = SSL_CTX_new(role == TLS_SERVER ? TLS_server_method() : TLS_client_method());
    if (!context->method || !context->context)
        return -ENOMEM;
    SSL_CTX_set_options(context->context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                              SSL_OP_CIPHER_SERVER_PREFERENCE |
                                              SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context->context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                           SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context->context, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(context->context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context->context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context->context, CIPHERS) != 1 ||
        SSL_CTX_set1_groups_list(context->context, GROUPS) != 1 ||
        SSL_CTX_set_num_tickets(context->context, 0) != 1 ||
        SSL_CTX_set_max_early_data(context->context, 0) != 1 ||
        SSL_CTX_add_custom_ext(context->context, GREETING_EXTENSION,
                               SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS,
                               tls_add_greeting, NULL, NULL, tls_take_greeting, NULL) != 1)
        return -ENOMEM;
    *context_out = steal_pointer(context);
    return 0;
}

/* Returns 0, -EINVAL or -ENOMEM. */
static int tls_use_key(SSL_CTX *context, struct slice certificate, struct slice key)
{
    const unsigned char *at = key.bytes;
    EVP_PKEY *pkey;
    int r;

    if (certificate.size > INT_MAX || key.size > LONG_MAX ||
        SSL_CTX_use_certificate_ASN1(context, (int)certificate.size, certificate.bytes) != 1)
        return -EINVAL;
    pkey = d2i_AutoPrivateKey(NULL, &at, (long)key.size);
    if (!pkey)
        return -EINVAL;
    /* Refuses a key that does not belong to the certificate. */
    r = SSL_CTX_use_PrivateKey(context, pkey) == 1 && SSL_CTX_check_private_key(context) == 1
            ? 0
            : -EINVAL;
    EVP_PKEY_free(pkey);
    return r;
}

int tls_context_new_server(struct tls_context **context_out, struct slice certificate,
                           struct slice key)
{
    struct tls_context *context _cleanup_(cleanup_context) = NULL;
    int r = tls_context_new(&context, TLS_SERVER);

    if (r)
        return r;
    SSL_CTX_set_client_hello_cb(context->context, tls_on_hello, NULL);
    SSL_CTX_set_alpn_select_cb(context->context, tls_on_alpn, NULL);
    r = tls_use_key(context->context, certificate, key);
    if (r)
        return r;
    *context_out = steal_pointer(context);
    return 0;
}

int tls_context_new_client(struct tls_context **context_out)
{
    struct tls_context *context _cleanup_(cleanup_context) = NULL;
    int r = tls_context_new(&context, TLS_CLIENT);

    if (r)
        return r;
    SSL_CTX_set_verify(context->context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(context->context, tls_accept_any, NULL);
    if (SSL_CTX_set_alpn_protos(context->context, alpn_h2, sizeof(alpn_h2)) != 0)
        return -ENOMEM;
    *context_out = steal_pointer(context);
    return 0;
}

struct tls_context *tls_context_free(struct tls_context *context)
{
    if (!context || --context->users > 0)
        return NULL;
    SSL_CTX_free(context->context);
    BIO_meth_free(context->method);
    free(context);
    return NULL;
}
