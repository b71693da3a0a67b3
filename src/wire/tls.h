/* TLS 1.3 with no I/O in it: one shared context per role, one session per connection.
 *
 * A custom BIO stands between OpenSSL and our buffers: it reads ciphertext straight from the bytes
 * that the loop just received and appends what it writes to one outgoing buffer. Only TLS 1.3 and
 * ALPN "h2"; no early data, no renegotiation, tickets only where they are asked for. A server may
 * say a few bytes to the client within the handshake already (the greeting, in
 * EncryptedExtensions).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/order.h"

struct tls_context;
struct tls;

enum tls_role { TLS_SERVER, TLS_CLIENT };

/* What ended a session or keeps it from starting; positive as base/error.h explains. */
enum tls_error {
    TLS_E_NOT_TLS = 1, /* the other side's first bytes are no TLS record */
    TLS_E_ALERT,       /* the other side refused */
    TLS_E_FAILED,      /* anything else that OpenSSL does not accept */
    TLS_E_NO_H2,       /* the other side does not offer HTTP/2 */
    TLS_E_CLOSED,      /* close_notify: nothing more will come */
};

/* Server: the machine's certificate and its Ed25519 key, both DER. Returns 0, -ENOMEM, or -EINVAL
 * if they are not what they should be. */
int tls_context_new_server(struct tls_context **context_out, struct slice certificate,
                           struct slice key);
/* Client: accepts any certificate; the caller compares tls_peer_id() with the id it pinned. */
int tls_context_new_client(struct tls_context **context_out);
/* Gives the owner's part up; the memory goes with the last session. */
struct tls_context *tls_context_free(struct tls_context *context);

/* Server: what is said to clients that ask for it: the bytes are made for each handshake, at most
 * TLS_GREETING_MAX; it returns how many. */
enum { TLS_GREETING_MAX = 64 };
typedef size_t (*tls_greet)(void *user, uint8_t bytes_out[TLS_GREETING_MAX]);
void tls_context_greet(struct tls_context *context, tls_greet greet, void *user);

/* Tickets: a server gives each new client one (LIMIT_TICKET_S), a client takes them. See
 * tls-ticket.c. Returns 0 or -ENOMEM. */
int tls_context_use_tickets(struct tls_context *context);

/* The session keeps the context alive: its owner may free it first. Returns 0 or -ENOMEM. */
int tls_new(struct tls **tls_out, struct tls_context *context);
struct tls *tls_free(struct tls *tls);

/* Lends ciphertext to the session; it must stay valid until tls_read() said "no more". */
void tls_feed(struct tls *tls, const void *bytes, size_t size);
/* Continues the handshake or decrypts up to `size` bytes. Returns how many, 0 if everything that
 * was fed is used up, -ENOMEM, or sets *error_out to an enum tls_error and returns 0. */
int tls_read(struct tls *tls, void *plain_out, size_t size, enum tls_error *error_out);
/* Encrypts all of it to the outgoing buffer. Returns 0, -ENOMEM or -EPIPE. */
int tls_write(struct tls *tls, const void *plain, size_t size);
/* Appends close_notify, once. */
void tls_shutdown(struct tls *tls);
/* Ciphertext that waits for the socket: consume what was sent. */
struct buffer *tls_outgoing(struct tls *tls);

/* OpenSSL's own words for what went wrong, for logs; "" if nothing did. The text is static. */
const char *tls_reason(const struct tls *tls);
/* Begins a new write key (KeyUpdate, RFC 8446 section 4.6.3) with the next tls_write(), which does
 * so by itself every 64 GiB. Returns 0 or -ENOMEM. */
int tls_refresh_keys(struct tls *tls);

bool tls_is_established(const struct tls *tls);
/* SHA-256 of the peer's SubjectPublicKeyInfo: the machine id; of a session that was resumed, the id
 * that the ticket was given by. Returns 0, -ENOENT without a peer certificate, or -ENOMEM. */
int tls_peer_id(const struct tls *tls, uint8_t id_out[MACHINE_ID_SIZE]);
/* Client: the server's greeting, once established; empty if it said none, or one too long. */
struct slice tls_greeting(const struct tls *tls);
/* The tls-exporter channel binding (RFC 9266). Returns 0 or -EIO. */
int tls_exporter(const struct tls *tls, uint8_t exporter_out[EXPORTER_SIZE]);
/* Client, before the first tls_read(): the machine with this id gave us this ticket. Whether it is
 * taken is the server's choice: if not, it shows its certificate as ever. Returns 0, or -EINVAL for
 * what is none, or no longer good. */
int tls_offer_ticket(struct tls *tls, struct slice ticket, const uint8_t id[MACHINE_ID_SIZE]);
bool tls_has_offered(const struct tls *tls);
bool tls_is_resumed(const struct tls *tls);
/* Client: the ticket that the server gave, empty if none. As secret as a key for as long as it is
 * good: who has it can pretend to be that machine. */
struct slice tls_ticket(const struct tls *tls);
/* The id that a certificate (DER) stands for. Returns 0, -EINVAL if it is none, or -ENOMEM. */
int tls_certificate_id(struct slice certificate, uint8_t id_out[MACHINE_ID_SIZE]);
