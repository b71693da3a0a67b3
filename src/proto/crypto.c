/* See crypto.h. OpenSSL 3.0 finds an algorithm anew at each use of EVP_sha512() and the like; that
 * costs about a microsecond, against some 150 for the Ed25519 check beside it. */
#include "proto/crypto.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/cleanup.h"

static void key_free(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

#define _cleanup_key_     _cleanup_(key_free)
#define _cleanup_context_ _cleanup_(context_free)

/* Whoever calls OpenSSL next must not find our errors in its queue (SSL_get_error() looks there).
 */
static int failure(int error)
{
    ERR_clear_error();
    return error;
}

static int digest(const EVP_MD *algorithm, const void *bytes, size_t size, uint8_t *hash_out)
{
    return EVP_Digest(bytes, size, hash_out, NULL, algorithm, NULL) == 1 ? 0 : failure(-EIO);
}

int crypto_sha256(const void *bytes, size_t size, uint8_t hash_out[SHA256_SIZE])
{
    return digest(EVP_sha256(), bytes, size, hash_out);
}

int crypto_sha512(const void *bytes, size_t size, uint8_t hash_out[SHA512_SIZE])
{
    return digest(EVP_sha512(), bytes, size, hash_out);
}

int crypto_hmac_sha256(const void *key, size_t key_size, const void *bytes, size_t size,
                       uint8_t mac_out[SHA256_SIZE])
{
    size_t written = 0;

    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_size, bytes, size, mac_out,
                   SHA256_SIZE, &written) ||
        written != SHA256_SIZE)
        return failure(-EIO);
    return 0;
}

int crypto_ed25519_point(const uint8_t seed[ED25519_SEED_SIZE],
                         uint8_t point_out[ED25519_POINT_SIZE])
{
    _cleanup_key_ EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
                                                               ED25519_SEED_SIZE);
    size_t size = ED25519_POINT_SIZE;

    if (!key || EVP_PKEY_get_raw_public_key(key, point_out, &size) != 1 ||
        size != ED25519_POINT_SIZE)
        return failure(-EIO);
    return 0;
}

int crypto_ed25519_sign(const uint8_t seed[ED25519_SEED_SIZE], const void *bytes, size_t size,
                        uint8_t signature_out[ED25519_SIGNATURE_SIZE])
{
    _cleanup_key_ EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
                                                               ED25519_SEED_SIZE);
    _cleanup_context_ EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t written = ED25519_SIGNATURE_SIZE;

    if (!context)
        return failure(-ENOMEM);
    if (!key || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, signature_out, &written, bytes, size) != 1 ||
        written != ED25519_SIGNATURE_SIZE)
        return failure(-EIO);
    return 0;
}

void crypto_last_deinit(struct crypto_last *last)
{
    EVP_PKEY_free(last->key);
    *last = (struct crypto_last){.key = NULL};
}

/* A reference to the point's key; NULL for no memory, or when it is no point. */
static EVP_PKEY *key_of(struct crypto_last *last, const uint8_t point[ED25519_POINT_SIZE])
{
    EVP_PKEY *key;

    if (last && last->key && memcmp(last->point, point, sizeof(last->point)) == 0)
        return EVP_PKEY_up_ref(last->key) == 1 ? last->key : NULL;
    key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, ED25519_POINT_SIZE);
    if (last && key && EVP_PKEY_up_ref(key) == 1) {
        crypto_last_deinit(last);
        memcpy(last->point, point, sizeof(last->point));
        last->key = key;
    }
    return key;
}

int crypto_ed25519_verify(struct crypto_last *last, const uint8_t point[ED25519_POINT_SIZE],
                          const void *bytes, size_t size,
                          const uint8_t signature[ED25519_SIGNATURE_SIZE], bool *good_out)
{
    _cleanup_key_ EVP_PKEY *key = key_of(last, point);
    _cleanup_context_ EVP_MD_CTX *context = EVP_MD_CTX_new();

    *good_out = false;
    if (!context)
        return failure(-ENOMEM);
    if (!key || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
        return failure(-EIO);
    *good_out = EVP_DigestVerify(context, signature, ED25519_SIGNATURE_SIZE, bytes, size) == 1;
    return failure(0);
}
