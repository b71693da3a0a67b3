/* The few primitives that the formats of this folder need, through libcrypto's EVP interface.
 * Every function leaves OpenSSL's error queue empty: what went wrong is in the return value. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,
    SHA512_SIZE = 64,
    ED25519_SEED_SIZE = 32,
    ED25519_POINT_SIZE = 32,
    ED25519_SIGNATURE_SIZE = 64,
};

/* These return 0, or -EIO when libcrypto cannot do it. */
int crypto_sha256(const void *bytes, size_t size, uint8_t hash_out[SHA256_SIZE]);
int crypto_sha512(const void *bytes, size_t size, uint8_t hash_out[SHA512_SIZE]);
int crypto_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                       uint8_t mac_out[SHA256_SIZE]);

/* The public point that belongs to a seed. Returns 0 or -EIO. */
int crypto_ed25519_point(const uint8_t seed[ED25519_SEED_SIZE],
                         uint8_t point_out[ED25519_POINT_SIZE]);
/* Returns 0, -ENOMEM or -EIO. */
int crypto_ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], const void *bytes, size_t size,
                        uint8_t signature_out[ED25519_SIGNATURE_SIZE]);
/* The point that a signature was verified by last, in libcrypto's form, for the next one by the
 * same: to make that form takes a tenth of what a verification does. {0} at first. */
struct crypto_last {
    uint8_t point[ED25519_POINT_SIZE];
    void *key; /* an EVP_PKEY, or NULL */
};
void crypto_last_deinit(struct crypto_last *last);
/* Sets `*good_out`; a failure on the way is never good. `last` may be NULL. Returns 0, -ENOMEM or
 * -EIO. */
int crypto_ed25519_verify(struct crypto_last *last, const uint8_t point[ED25519_POINT_SIZE],
                          const void *bytes, size_t size,
                          const uint8_t signature[ED25519_SIGNATURE_SIZE], bool *good_out);
