/* What tls.c and tls-context.c share. */
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "wire/tls.h"

struct tls_context {
    unsigned users; /* the owner and every session */
    enum tls_role role;
    SSL_CTX *context;
    BIO_METHOD *method;
    tls_greet greet;
    void *greet_user;
};

struct tls {
    struct tls_context *context;
    SSL *ssl;
    enum tls_role role;
    struct slice fed;       /* borrowed ciphertext that is not read yet */
    struct buffer outgoing; /* ciphertext for the socket */
    uint64_t written;       /* plain bytes under the present write key */
    size_t got;             /* plain bytes of the tls_read() at hand */
    const char *reason;     /* static text, or NULL */
    uint8_t opening_seen;   /* how many of the first two bytes were looked at */
    bool established;
    bool failed;
    bool closed; /* close_notify came */
    bool shut;   /* close_notify went */
    bool no_h2;  /* we refused for want of h2 */
    bool out_of_memory;
    bool has_offered;
    uint8_t ticket_id[MACHINE_ID_SIZE]; /* whose ticket was offered */
    struct buffer ticket;               /* that the server gave */
    uint8_t greeting_size;
    uint8_t greeting[TLS_GREETING_MAX]; /* what the server said, or is saying */
};

/* The BIO between OpenSSL and the two buffers above (tls-bio.c). NULL for no memory. */
BIO_METHOD *tls_bio_method_new(void);
