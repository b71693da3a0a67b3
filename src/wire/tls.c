/* See tls.h. All talk with OpenSSL about sessions is in this file; contexts are in tls-context.c.
 *
 * OpenSSL keeps one error queue per thread: it is cleared before each call, or SSL_get_error()
 * would report what another connection left there. */
#include "wire/tls-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "base/cleanup.h"
#include "base/error.h"

#define EXPORTER_LABEL "EXPORTER-Channel-Binding"

/* AES-GCM stays within its bounds for about 2^24 full records (RFC 8446 section 5.5); this is 2^22.
 */
static const uint64_t bytes_per_key = UINT64_C(64) << 30;

/* Records of TLS open with their type and the legacy major version 3. */
enum { RECORD_ALERT = 21, RECORD_HANDSHAKE = 22, RECORD_MAJOR = 3 };

static const char http_answer[] = "HTTP/1.1 400 Bad Request\r\n"
                                  "Content-Type: text/plain\r\n"
                                  "Connection: close\r\n\r\n"
                                  "This port speaks TLS with HTTP/2: use https://\n";
/* A plain alert record: fatal, protocol_version. */
static const uint8_t plain_alert[] = {RECORD_ALERT, RECORD_MAJOR, 1, 0, 2, 2, 70};

int tls_new(struct tls **tls_out, struct tls_context *context)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    BIO *bio = NULL;

    if (!tls)
        return -ENOMEM;
    tls->context = context;
    context->users++;
    tls->role = context->role;
    ERR_clear_error();
    tls->ssl = SSL_new(context->context);
    bio = BIO_new(context->method);
    if (!tls->ssl || !bio) {
        BIO_free(bio);
        tls_free(tls);
        return -ENOMEM;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_app_data(tls->ssl, tls);
    if (tls->role == TLS_SERVER)
        SSL_set_accept_state(tls->ssl);
    else
        SSL_set_connect_state(tls->ssl);
    *tls_out = tls;
    return 0;
}

struct tls *tls_free(struct tls *tls)
{
    if (!tls)
        return NULL;
    SSL_free(tls->ssl);
    tls_context_free(tls->context);
    buffer_deinit(&tls->outgoing);
    buffer_wipe(&tls->ticket);
    free(tls);
    return NULL;
}

void tls_feed(struct tls *tls, const void *bytes, size_t size)
{
    tls->fed = (struct slice){bytes, size};
}

/* Says something to whoever spoke no TLS, in a form that its program may show. */
static int tls_answer_foreigner(struct tls *tls, uint8_t first)
{
    if (tls->role == TLS_CLIENT)
        return 0;
    if (first >= 'A' && first <= 'Z')
        return buffer_append(&tls->outgoing, http_answer, sizeof(http_answer) - 1);
    return buffer_append(&tls->outgoing, plain_alert, sizeof(plain_alert));
}

/* Looks at the connection's very first two bytes. Returns 0, -ENOMEM or TLS_E_NOT_TLS. */
static int tls_check_opening(struct tls *tls)
{
    int r;

    for (size_t i = 0; i < tls->fed.size && tls->opening_seen < 2; i++) {
        uint8_t byte = tls->fed.bytes[i];
        bool fits = tls->opening_seen == 0 ? byte == RECORD_HANDSHAKE || byte == RECORD_ALERT
                                           : byte == RECORD_MAJOR;

        if (!fits) {
            tls->failed = true;
            tls->reason = "the first bytes are no TLS record";
            r = tls_answer_foreigner(tls, byte);
            return r ? r : TLS_E_NOT_TLS;
        }
        tls->opening_seen++;
    }
    return 0;
}

/* Turns OpenSSL's error queue into one of ours. Returns -ENOMEM or an enum tls_error. */
static int tls_classify(struct tls *tls)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    const char *text = ERR_reason_error_string(error);

    tls->failed = true;
    if (tls->out_of_memory || ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return -ENOMEM;
    tls->reason = text ? text : "the other side refused";
    if (tls->no_h2 || reason == SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL)
        return TLS_E_NO_H2;
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
        return TLS_E_ALERT;
    return TLS_E_FAILED;
}

/* What a failed SSL call means. Returns 0 for "feed me", -ENOMEM or an enum tls_error. */
static int tls_verdict(struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return 0;
    case SSL_ERROR_ZERO_RETURN:
        tls->closed = true;
        tls->reason = "the other side closed";
        return TLS_E_CLOSED;
    default: return tls_classify(tls);
    }
}

/* Returns 0 (established or not), -ENOMEM or an enum tls_error. */
static int tls_handshake(struct tls *tls)
{
    const unsigned char *protocol;
    unsigned length;
    int r;

    ERR_clear_error();
    r = SSL_do_handshake(tls->ssl);
    if (r != 1)
        return tls_verdict(tls, r);
    SSL_get0_alpn_selected(tls->ssl, &protocol, &length);
    if (length != 2 || memcmp(protocol, "h2", 2) != 0) {
        tls->failed = true;
        tls->reason = "the other side does not offer HTTP/2";
        return TLS_E_NO_H2;
    }
    tls->established = true;
    return 0;
}

/* What others left in the library's queue of errors would be taken for one of the next call. To
 * clear a queue that is empty costs more than to look. */
static void tls_forget_errors(void)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

static int tls_read_step(struct tls *tls, void *plain_out, size_t size)
{
    int r;

    if (tls->opening_seen < 2) {
        r = tls_check_opening(tls);
        if (r)
            return r;
    }
    if (!tls->established) {
        r = tls_handshake(tls);
        if (r || !tls->established)
            return r;
    }
    tls_forget_errors();
    r = SSL_read(tls->ssl, plain_out, (int)(size < INT_MAX ? size : INT_MAX));
    if (r > 0) {
        tls->got = (size_t)r;
        return 0;
    }
    return tls_verdict(tls, r);
}

int tls_read(struct tls *tls, void *plain_out, size_t size, enum tls_error *error_out)
{
    int r;

    *error_out = 0;
    tls->got = 0;
    if (tls->failed || tls->closed) {
        *error_out = tls->closed ? TLS_E_CLOSED : TLS_E_FAILED;
        return 0;
    }
    r = tls_read_step(tls, plain_out, size);
    if (r < 0)
        return r;
    if (r > 0) {
        *error_out = (enum tls_error)r;
        return 0;
    }
    return (int)tls->got;
}

int tls_refresh_keys(struct tls *tls)
{
    ERR_clear_error();
    tls->written = 0;
    return SSL_key_update(tls->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 ? 0 : -ENOMEM;
}

int tls_write(struct tls *tls, const void *plain, size_t size)
{
    const uint8_t *at = plain;
    int r;

    if (!tls->established || tls->failed || tls->shut)
        return -EPIPE;
    tls->written += size;
    if (tls->written > bytes_per_key) {
        r = tls_refresh_keys(tls);
        if (r)
            return r;
    }
    while (size) {
        size_t done = 0;

        tls_forget_errors();
        r = SSL_write_ex(tls->ssl, at, size, &done);
        if (r != 1)
            return tls_classify(tls) == -ENOMEM ? -ENOMEM : -EPIPE;
        at += done;
        size -= done;
    }
    return 0;
}

void tls_shutdown(struct tls *tls)
{
    if (tls->shut || tls->failed || !tls->established)
        return;
    tls->shut = true;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
}

struct buffer *tls_outgoing(struct tls *tls)
{
    return &tls->outgoing;
}

const char *tls_reason(const struct tls *tls)
{
    return tls->reason ? tls->reason : "";
}

bool tls_is_established(const struct tls *tls)
{
    return tls->established;
}

static int tls_id(X509 *certificate, uint8_t id_out[MACHINE_ID_SIZE])
{
    uint8_t *der = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

    _Static_assert((int)MACHINE_ID_SIZE == SHA256_DIGEST_LENGTH, "an id is a SHA-256");
    if (length <= 0)
        return -ENOMEM;
    SHA256(der, (size_t)length, id_out);
    OPENSSL_free(der);
    return 0;
}

int tls_peer_id(const struct tls *tls, uint8_t id_out[MACHINE_ID_SIZE])
{
    X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

    if (tls_is_resumed(tls) && tls->has_offered) {
        memcpy(id_out, tls->ticket_id, MACHINE_ID_SIZE);
        return 0;
    }
    return certificate ? tls_id(certificate, id_out) : -ENOENT;
}

int tls_certificate_id(struct slice certificate, uint8_t id_out[MACHINE_ID_SIZE])
{
    const unsigned char *at = certificate.bytes;
    X509 *x509;
    int r;

    ERR_clear_error();
    if (certificate.size > LONG_MAX)
        return -EINVAL;
    x509 = d2i_X509(NULL, &at, (long)certificate.size);
    if (!x509)
        return -EINVAL;
    r = at == certificate.bytes + certificate.size ? tls_id(x509, id_out) : -EINVAL;
    X509_free(x509);
    return r;
}

struct slice tls_greeting(const struct tls *tls)
{
    return (struct slice){tls->greeting, tls->greeting_size};
}

int tls_exporter(const struct tls *tls, uint8_t exporter_out[EXPORTER_SIZE])
{
    ERR_clear_error();
    if (!tls->established ||
        SSL_export_keying_material(tls->ssl, exporter_out, EXPORTER_SIZE, EXPORTER_LABEL,
                                   sizeof(EXPORTER_LABEL) - 1, NULL, 0, 0) != 1)
        return -EIO;
    return 0;
}
