/* OpenSSL's library context for clients: the default provider with few kinds of keys in it.
 *
 * OpenSSL 3.0 looks through all kinds of keys and all their formats whenever it reads a
 * certificate, which costs a console, that sees a new one with each machine, a fifth of its
 * handshake. Here there are only those that a machine's certificate may hold. */
#pragma once

#include <openssl/types.h>

struct tls_library;

/* NULL if there can be none: then OpenSSL's own context does as well, but more slowly. */
struct tls_library *tls_library_new(void);
/* Takes NULL. After everything that was made with it. */
struct tls_library *tls_library_free(struct tls_library *library);
/* NULL, which is OpenSSL's own, for NULL. */
OSSL_LIB_CTX *tls_library_context(const struct tls_library *library);
