/* See tls-cipher.h. The functions are those of provider-cipher(7). One context makes one message
 * after the other, as TLS does it: key once, then for each record the nonce, the associated bytes
 * in one piece, the text in one piece, and the tag. In more pieces it is refused. */
#include "wire/tls-cipher.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "wire/gcm.h"

#define PROVIDER_NAME "hune"

/* TLS 1.3 has five. */
enum { ASSOCIATED_MAX = 16 };

struct cipher {
    struct gcm_key key;
    uint8_t nonce[GCM_NONCE];
    uint8_t tag[GCM_BLOCK];  /* that the text has; for who decrypts, that it shall have */
    uint8_t made[GCM_BLOCK]; /* decrypting: that it has */
    uint8_t associated[ASSOCIATED_MAX];
    size_t associated_size;
    bool seals;
    bool has_key, has_nonce, has_tag;
    bool is_done; /* the text is through */
};

/* ---- contexts ---- */

static void *cipher_new(void *provider)
{
    (void)provider;
    return OPENSSL_zalloc(sizeof(struct cipher));
}

static void cipher_free(void *context)
{
    OPENSSL_clear_free(context, sizeof(struct cipher));
}

static void *cipher_copy(void *context)
{
    return OPENSSL_memdup(context, sizeof(struct cipher));
}

/* ---- parameters ---- */

static int cipher_set(void *context, const OSSL_PARAM parameters[])
{
    struct cipher *cipher = context;
    const OSSL_PARAM *tag, *length;
    size_t wanted;

    if (!parameters)
        return 1;
    tag = OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_TAG);
    if (tag) {
        if (cipher->seals || tag->data_type != OSSL_PARAM_OCTET_STRING || !tag->data ||
            tag->data_size != GCM_BLOCK)
            return 0;
        memcpy(cipher->tag, tag->data, GCM_BLOCK);
        cipher->has_tag = true;
    }
    length = OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_IVLEN);
    return !length || (OSSL_PARAM_get_size_t(length, &wanted) && wanted == GCM_NONCE);
}

static int give_size(OSSL_PARAM parameters[], const char *name, size_t size)
{
    OSSL_PARAM *wanted = OSSL_PARAM_locate(parameters, name);

    return !wanted || OSSL_PARAM_set_size_t(wanted, size);
}

static int give_int(OSSL_PARAM parameters[], const char *name, int value)
{
    OSSL_PARAM *wanted = OSSL_PARAM_locate(parameters, name);

    return !wanted || OSSL_PARAM_set_int(wanted, value);
}

static int cipher_get(void *context, OSSL_PARAM parameters[])
{
    const struct cipher *cipher = context;
    OSSL_PARAM *tag = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_AEAD_TAG);

    if (tag && (!cipher->seals || !cipher->is_done ||
                !OSSL_PARAM_set_octet_string(tag, cipher->tag, GCM_BLOCK)))
        return 0;
    return give_size(parameters, OSSL_CIPHER_PARAM_KEYLEN, GCM_KEY) &&
           give_size(parameters, OSSL_CIPHER_PARAM_IVLEN, GCM_NONCE) &&
           give_size(parameters, OSSL_CIPHER_PARAM_AEAD_TAGLEN, GCM_BLOCK);
}

/* Of the cipher itself. */
static int cipher_describe(OSSL_PARAM parameters[])
{
    return give_size(parameters, OSSL_CIPHER_PARAM_KEYLEN, GCM_KEY) &&
           give_size(parameters, OSSL_CIPHER_PARAM_IVLEN, GCM_NONCE) &&
           give_size(parameters, OSSL_CIPHER_PARAM_BLOCK_SIZE, 1) &&
           give_int(parameters, OSSL_CIPHER_PARAM_AEAD, 1) &&
           give_int(parameters, OSSL_CIPHER_PARAM_CUSTOM_IV, 1) &&
           give_int(parameters, OSSL_CIPHER_PARAM_MODE, EVP_CIPH_GCM_MODE);
}

static const OSSL_PARAM *cipher_settable(void *context, void *provider)
{
    static const OSSL_PARAM known[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, NULL),
        OSSL_PARAM_END,
    };

    (void)context;
    (void)provider;
    return known;
}

static const OSSL_PARAM *cipher_gettable(void *context, void *provider)
{
    static const OSSL_PARAM known[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TAGLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)context;
    (void)provider;
    return known;
}

/* ---- messages ---- */

static int cipher_begin(struct cipher *cipher, bool seals, const uint8_t *key, size_t key_size,
                        const uint8_t *nonce, size_t nonce_size, const OSSL_PARAM parameters[])
{
    if ((key && key_size != GCM_KEY) || (nonce && nonce_size != GCM_NONCE))
        return 0;
    cipher->seals = seals;
    cipher->associated_size = 0;
    cipher->has_tag = cipher->is_done = false;
    if (key) {
        gcm_key_init(&cipher->key, key);
        cipher->has_key = true;
        cipher->has_nonce = false;
    }
    if (nonce) {
        memcpy(cipher->nonce, nonce, GCM_NONCE);
        cipher->has_nonce = true;
    }
    return cipher_set(cipher, parameters);
}

static int cipher_begin_sealing(void *context, const unsigned char *key, size_t key_size,
                                const unsigned char *nonce, size_t nonce_size,
                                const OSSL_PARAM parameters[])
{
    return cipher_begin(context, true, key, key_size, nonce, nonce_size, parameters);
}

static int cipher_begin_opening(void *context, const unsigned char *key, size_t key_size,
                                const unsigned char *nonce, size_t nonce_size,
                                const OSSL_PARAM parameters[])
{
    return cipher_begin(context, false, key, key_size, nonce, nonce_size, parameters);
}

static int cipher_associate(struct cipher *cipher, const uint8_t *bytes, size_t size)
{
    if (cipher->associated_size > 0 || size > sizeof(cipher->associated))
        return 0;
    memcpy(cipher->associated, bytes, size);
    cipher->associated_size = size;
    return 1;
}

/* Without `to` the bytes are associated ones. */
static int cipher_update(void *context, unsigned char *to, size_t *size_out, size_t room,
                         const unsigned char *from, size_t size)
{
    struct cipher *cipher = context;
    const struct slice associated = {cipher->associated, cipher->associated_size};

    *size_out = size;
    if (!cipher->has_key || !cipher->has_nonce || cipher->is_done)
        return 0;
    if (!to)
        return cipher_associate(cipher, from, size);
    if (room < size)
        return 0;
    if (cipher->seals)
        gcm_seal(&cipher->key, cipher->nonce, associated, from, to, size, cipher->tag);
    else
        gcm_open(&cipher->key, cipher->nonce, associated, from, to, size, cipher->made);
    cipher->is_done = true;
    /* A nonce is used once. */
    cipher->has_nonce = false;
    return 1;
}

static int cipher_end(void *context, unsigned char *to, size_t *size_out, size_t room)
{
    struct cipher *cipher = context;
    uint8_t nothing = 0;
    size_t unused;

    (void)to;
    (void)room;
    *size_out = 0;
    /* A message may have no text. */
    if (!cipher->is_done && cipher_update(cipher, &nothing, &unused, 0, &nothing, 0) != 1)
        return 0;
    return cipher->seals ||
           (cipher->has_tag && CRYPTO_memcmp(cipher->made, cipher->tag, GCM_BLOCK) == 0);
}

/* ---- the provider ---- */

typedef void (*any_function)(void);

static const OSSL_DISPATCH cipher_functions[] = {
    {OSSL_FUNC_CIPHER_NEWCTX, (any_function)cipher_new},
    {OSSL_FUNC_CIPHER_FREECTX, (any_function)cipher_free},
    {OSSL_FUNC_CIPHER_DUPCTX, (any_function)cipher_copy},
    {OSSL_FUNC_CIPHER_ENCRYPT_INIT, (any_function)cipher_begin_sealing},
    {OSSL_FUNC_CIPHER_DECRYPT_INIT, (any_function)cipher_begin_opening},
    {OSSL_FUNC_CIPHER_UPDATE, (any_function)cipher_update},
    {OSSL_FUNC_CIPHER_FINAL, (any_function)cipher_end},
    {OSSL_FUNC_CIPHER_GET_PARAMS, (any_function)cipher_describe},
    {OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (any_function)cipher_get},
    {OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (any_function)cipher_set},
    {OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, (any_function)cipher_gettable},
    {OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (any_function)cipher_settable},
    {0, NULL},
};

static const OSSL_ALGORITHM *provider_query(void *provider, int operation, int *no_cache_out)
{
    static const OSSL_ALGORITHM ciphers[] = {
        {"AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6", "provider=" PROVIDER_NAME,
         cipher_functions, NULL},
        {NULL, NULL, NULL, NULL},
    };

    (void)provider;
    *no_cache_out = 0;
    return operation == OSSL_OP_CIPHER ? ciphers : NULL;
}

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *theirs,
                         const OSSL_DISPATCH **ours_out, void **data_out)
{
    static const OSSL_DISPATCH ours[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (any_function)provider_query},
        {0, NULL},
    };

    (void)theirs;
    *ours_out = ours;
    *data_out = (void *)(uintptr_t)handle;
    return 1;
}

/* OpenSSL counts how often it is loaded, but not how often it was made known. */
static void make_known(void)
{
    (void)OSSL_PROVIDER_add_builtin(NULL, PROVIDER_NAME, provider_init);
}

OSSL_PROVIDER *tls_cipher_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    OSSL_PROVIDER *provider = NULL;

    if (gcm_is_there() && pthread_once(&once, make_known) == 0)
        provider = OSSL_PROVIDER_try_load(NULL, PROVIDER_NAME, 1);
    ERR_clear_error();
    return provider;
}

OSSL_PROVIDER *tls_cipher_unload(OSSL_PROVIDER *provider)
{
    if (provider)
        OSSL_PROVIDER_unload(provider);
    return NULL;
}
