/* A provider for OpenSSL (provider(7)) with one cipher, AES-128-GCM by wire/gcm.h, which TLS takes
 * where the processor has what that needs. All else stays the default provider's, and so does the
 * cipher for whoever does not ask. */
#pragma once

#include <openssl/types.h>

/* What to look for, so that ours is preferred: for SSL_CTX_new_ex() and the like. */
#define TLS_CIPHER_PREFERENCE "?provider=hune"

/* NULL: not on this processor, or not now. To be unloaded when nothing that was made with it is
 * left. */
OSSL_PROVIDER *tls_cipher_load(void);
/* Takes NULL, returns NULL. */
OSSL_PROVIDER *tls_cipher_unload(OSSL_PROVIDER *provider);
