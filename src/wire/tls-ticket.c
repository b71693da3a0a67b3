/* Resumption (RFC 8446, section 2.2): a machine that was there before proves by a ticket what its
 * certificate proved then, for a quarter of the work. Only with a new key exchange (psk_dhe_ke) and
 * without early data, so a stolen ticket opens no recorded traffic and nothing is ever played back.
 *
 * A ticket is sealed with a key of the server's context that is made with it, and dies with it. The
 * client keeps it for the id of the machine that gave it; whoever offers it says which id that was,
 * and that is the peer's id when the server takes it. */
#include "wire/tls-private.h"

#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "proto/limits.h"

/* What SSL_SESSION's DER keeps the peer's certificate under. */
enum { DER_PEER = 3 };

/* Reads a header at *at. Returns the size of the content, or -1. */
static long der_header(const uint8_t **at, const uint8_t *end, int *tag_out, int *class_out)
{
    long size;
    int r = ASN1_get_object(at, &size, tag_out, class_out, end - *at);

    return r & 0x80 || (r & 1) ? -1 : size;
}

/* Copies a session without its certificate: the id says more, and decoding a certificate's key is
 * most of what resumption is to save. Returns 0, -EINVAL or -ENOMEM. */
static int der_without_peer(struct slice session, struct buffer *out)
{
    _cleanup_wipe_ struct buffer kept = BUFFER_INIT;
    const uint8_t *at = session.bytes, *end = at + session.size;
    int tag, class;
    long size = der_header(&at, end, &tag, &class);
    uint8_t *room;
    int total;

    if (size < 0 || tag != V_ASN1_SEQUENCE || at + size != end)
        return -EINVAL;
    while (at < end) {
        const uint8_t *begin = at;

        size = der_header(&at, end, &tag, &class);
        if (size < 0 || size > end - at)
            return -EINVAL;
        at += size;
        if (!(class == V_ASN1_CONTEXT_SPECIFIC && tag == DER_PEER) &&
            buffer_append(&kept, begin, (size_t)(at - begin)))
            return -ENOMEM;
    }
    total = ASN1_object_size(1, (int)buffer_length(&kept), V_ASN1_SEQUENCE);
    if (buffer_reserve(out, (size_t)total, &room))
        return -ENOMEM;
    ASN1_put_object(&room, 1, (int)buffer_length(&kept), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(room, buffer_bytes(&kept), buffer_length(&kept));
    buffer_commit(out, (size_t)total);
    return 0;
}

/* Client: the server gave a ticket. What cannot be kept is not. */
static int tls_on_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls *tls = SSL_get_app_data(ssl);
    unsigned char *der = NULL;
    int size = i2d_SSL_SESSION(session, &der);

    buffer_clear(&tls->ticket);
    if (size > 0 && der_without_peer((struct slice){der, (size_t)size}, &tls->ticket))
        buffer_clear(&tls->ticket);
    if (size > 0)
        OPENSSL_clear_free(der, (size_t)size);
    return 0; /* we keep no reference */
}

/* Server: a ticket came. One that is good is good until it ends: a new one each time would cost as
 * much as it saves. */
static SSL_TICKET_RETURN tls_on_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                       size_t name_size, SSL_TICKET_STATUS status, void *argument)
{
    (void)session;
    (void)name;
    (void)name_size;
    (void)argument;
    switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW: SSL_set_num_tickets(ssl, 0); return SSL_TICKET_RETURN_USE;
    case SSL_TICKET_FATAL_ERR_MALLOC:
    case SSL_TICKET_FATAL_ERR_OTHER: return SSL_TICKET_RETURN_ABORT;
    default: return SSL_TICKET_RETURN_IGNORE_RENEW; /* none of ours: there is a new one */
    }
}

static int tls_on_ticket_made(SSL *ssl, void *argument)
{
    (void)ssl;
    (void)argument;
    return 1;
}

int tls_context_use_tickets(struct tls_context *context)
{
    SSL_CTX *ssl = context->context;

    SSL_CTX_clear_options(ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_timeout(ssl, LIMIT_TICKET_S);
    if (context->role == TLS_CLIENT) {
        SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ssl, tls_on_session);
        return 0;
    }
    return SSL_CTX_set_num_tickets(ssl, 1) == 1 &&
                   SSL_CTX_set_session_ticket_cb(ssl, tls_on_ticket_made, tls_on_ticket, NULL) == 1
               ? 0
               : -ENOMEM;
}

int tls_offer_ticket(struct tls *tls, struct slice ticket, const uint8_t id[MACHINE_ID_SIZE])
{
    const unsigned char *at = ticket.bytes;
    SSL_SESSION *session;
    bool taken;

    ERR_clear_error();
    if (ticket.size > LONG_MAX)
        return -EINVAL;
    session = d2i_SSL_SESSION(NULL, &at, (long)ticket.size);
    if (!session)
        return -EINVAL;
    taken = at == ticket.bytes + ticket.size &&
            SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION &&
            SSL_SESSION_is_resumable(session) && SSL_set_session(tls->ssl, session) == 1;
    SSL_SESSION_free(session);
    if (!taken)
        return -EINVAL;
    memcpy(tls->ticket_id, id, MACHINE_ID_SIZE);
    tls->has_offered = true;
    return 0;
}

bool tls_has_offered(const struct tls *tls)
{
    return tls->has_offered;
}

bool tls_is_resumed(const struct tls *tls)
{
    return tls->established && SSL_session_reused(tls->ssl) == 1;
}

struct slice tls_ticket(const struct tls *tls)
{
    return (struct slice){buffer_bytes(&tls->ticket), buffer_length(&tls->ticket)};
}
