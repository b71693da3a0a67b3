/* See gcm.h and tls-cipher.h: held against OpenSSL's own AES-128-GCM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "wire/gcm.h"
#include "wire/tls-cipher.h"

enum { LONGEST = 20 * 1024, RECORD = 16 * 1024 };

static const uint8_t zeros[GCM_BLOCK];

struct ground {
    OSSL_PROVIDER *provider;
    EVP_CIPHER *ours; /* NULL: not on this processor */
    EVP_CIPHER *theirs;
    uint8_t key[GCM_KEY], nonce[GCM_NONCE], associated[64];
    uint8_t plain[LONGEST], sealed[LONGEST + 1], opened[LONGEST + 1];
};

static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
}

/* Each seed a message of its own. */
static void fill_all(struct ground *ground, uint32_t seed)
{
    fill(ground->key, sizeof(ground->key), seed);
    fill(ground->nonce, sizeof(ground->nonce), seed + 1);
    fill(ground->associated, sizeof(ground->associated), seed + 2);
    fill(ground->plain, sizeof(ground->plain), seed + 3);
}

static int setup(void **state)
{
    struct ground *ground = calloc(1, sizeof(*ground));

    if (!ground)
        return -1;
    ground->theirs = EVP_CIPHER_fetch(NULL, "AES-128-GCM", "provider=default");
    ground->provider = tls_cipher_load();
    if (ground->provider)
        ground->ours = EVP_CIPHER_fetch(NULL, "AES-128-GCM", TLS_CIPHER_PREFERENCE);
    *state = ground;
    return ground->theirs ? 0 : -1;
}

static int teardown(void **state)
{
    struct ground *ground = *state;

    EVP_CIPHER_free(ground->ours);
    EVP_CIPHER_free(ground->theirs);
    tls_cipher_unload(ground->provider);
    free(ground);
    return 0;
}

/* What OpenSSL makes of ground->plain. */
static void expect(const struct ground *ground, size_t associated_size, size_t size,
                   uint8_t *sealed_out, uint8_t tag_out[GCM_BLOCK])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int length;

    assert_int_equal(EVP_EncryptInit_ex(context, ground->theirs, NULL, ground->key, ground->nonce),
                     1);
    if (associated_size > 0)
        assert_int_equal(
            EVP_EncryptUpdate(context, NULL, &length, ground->associated, (int)associated_size), 1);
    if (size > 0)
        assert_int_equal(EVP_EncryptUpdate(context, sealed_out, &length, ground->plain, (int)size),
                         1);
    assert_int_equal(EVP_EncryptFinal_ex(context, sealed_out, &length), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_BLOCK, tag_out), 1);
    EVP_CIPHER_CTX_free(context);
}

/* Both ways, wherever the bytes lie, in place too; and not one byte behind them is touched. */
static void agree(struct ground *ground, size_t associated_size, size_t size)
{
    const struct slice associated = {ground->associated, associated_size};
    uint8_t *expected = malloc(size + 1);
    uint8_t expected_tag[GCM_BLOCK], tag[GCM_BLOCK];
    struct gcm_key key;

    expect(ground, associated_size, size, expected, expected_tag);
    gcm_key_init(&key, ground->key);
    ground->sealed[size] = ground->opened[size] = 0x5a;
    gcm_seal(&key, ground->nonce, associated, ground->plain, ground->sealed, size, tag);
    assert_memory_equal(ground->sealed, expected, size);
    assert_memory_equal(tag, expected_tag, GCM_BLOCK);
    gcm_open(&key, ground->nonce, associated, ground->sealed, ground->opened, size, tag);
    assert_memory_equal(ground->opened, ground->plain, size);
    assert_memory_equal(tag, expected_tag, GCM_BLOCK);
    gcm_open(&key, ground->nonce, associated, ground->sealed, ground->sealed, size, tag);
    assert_memory_equal(ground->sealed, ground->plain, size);
    assert_memory_equal(tag, expected_tag, GCM_BLOCK);
    gcm_seal(&key, ground->nonce, associated, ground->sealed, ground->sealed, size, tag);
    assert_memory_equal(ground->sealed, expected, size);
    assert_memory_equal(tag, expected_tag, GCM_BLOCK);
    assert_int_equal(ground->sealed[size], 0x5a);
    assert_int_equal(ground->opened[size], 0x5a);
    free(expected);
}

static void test_every_length(void **state)
{
    static const size_t long_ones[] = {4095, 4096, RECORD - 1, RECORD, RECORD + 1, LONGEST};
    struct ground *ground = *state;

    if (!gcm_is_there())
        skip();
    for (uint32_t size = 0; size < 1100; size++) {
        fill_all(ground, size);
        agree(ground, 5, size);
    }
    for (size_t i = 0; i < sizeof(long_ones) / sizeof(long_ones[0]); i++)
        agree(ground, 5, long_ones[i]);
}

static void test_associated_bytes(void **state)
{
    struct ground *ground = *state;

    if (!gcm_is_there())
        skip();
    for (uint32_t size = 0; size <= sizeof(ground->associated); size++) {
        fill_all(ground, 7 * size);
        agree(ground, size, 300);
    }
}

/* Test case 2 of the specification (McGrew, Viega: The Galois/Counter Mode of Operation). */
static void test_known_answer(void **state)
{
    static const uint8_t sealed[] = {0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92,
                                     0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78};
    static const uint8_t proof[] = {0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec, 0x13, 0xbd,
                                    0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf};
    uint8_t made[GCM_BLOCK], tag[GCM_BLOCK];
    struct gcm_key key;

    (void)state;
    if (!gcm_is_there())
        skip();
    gcm_key_init(&key, zeros);
    gcm_seal(&key, zeros, (struct slice){NULL, 0}, zeros, made, sizeof(zeros), tag);
    assert_memory_equal(made, sealed, sizeof(sealed));
    assert_memory_equal(tag, proof, sizeof(proof));
}

/* ---- as OpenSSL calls it ---- */

static void test_cipher(void **state)
{
    const struct ground *ground = *state;

    if (!gcm_is_there()) {
        assert_null(ground->provider);
        skip();
    }
    assert_non_null(ground->ours);
    assert_string_equal(OSSL_PROVIDER_get0_name(EVP_CIPHER_get0_provider(ground->ours)), "hune");
    assert_int_equal(EVP_CIPHER_get_key_length(ground->ours), GCM_KEY);
    assert_int_equal(EVP_CIPHER_get_iv_length(ground->ours), GCM_NONCE);
    assert_int_equal(EVP_CIPHER_get_block_size(ground->ours), 1);
    assert_int_equal(EVP_CIPHER_get_mode(ground->ours), EVP_CIPH_GCM_MODE);
    assert_true(EVP_CIPHER_get_flags(ground->ours) & EVP_CIPH_FLAG_AEAD_CIPHER);
}

static EVP_CIPHER_CTX *context_new(const struct ground *ground, int seals)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    assert_int_equal(EVP_CipherInit_ex(context, ground->ours, NULL, ground->key, NULL, seals), 1);
    return context;
}

static void begin(EVP_CIPHER_CTX *context, const struct ground *ground, int seals)
{
    int length;

    assert_int_equal(EVP_CipherInit_ex(context, NULL, NULL, NULL, ground->nonce, seals), 1);
    assert_int_equal(EVP_CipherUpdate(context, NULL, &length, ground->associated, 5), 1);
}

static void seal_record(EVP_CIPHER_CTX *context, struct ground *ground, int size,
                        uint8_t tag_out[GCM_BLOCK])
{
    int length;

    begin(context, ground, 1);
    assert_int_equal(EVP_CipherUpdate(context, ground->sealed, &length, ground->plain, size), 1);
    assert_int_equal(length, size);
    assert_int_equal(EVP_CipherFinal_ex(context, ground->sealed + size, &length), 1);
    assert_int_equal(length, 0);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_BLOCK, tag_out), 1);
}

/* Whether it is believed. */
static bool open_record(EVP_CIPHER_CTX *context, struct ground *ground, int size,
                        uint8_t tag[GCM_BLOCK])
{
    int length;

    begin(context, ground, 0);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, GCM_BLOCK, tag), 1);
    assert_int_equal(EVP_CipherUpdate(context, ground->opened, &length, ground->sealed, size), 1);
    return EVP_CipherFinal_ex(context, ground->opened + size, &length) == 1;
}

/* Record after record with one key; of a forged one, nothing but the last bit is wrong. */
static void test_records(void **state)
{
    struct ground *ground = *state;
    EVP_CIPHER_CTX *sealing, *opening;

    if (!ground->ours)
        skip();
    fill_all(ground, 1);
    sealing = context_new(ground, 1);
    opening = context_new(ground, 0);
    for (uint32_t i = 0; i < 20; i++) {
        uint8_t expected[LONGEST], tag[GCM_BLOCK], expected_tag[GCM_BLOCK];
        int size = (int)(i * 900);

        fill(ground->nonce, sizeof(ground->nonce), i);
        expect(ground, 5, (size_t)size, expected, expected_tag);
        seal_record(sealing, ground, size, tag);
        assert_memory_equal(ground->sealed, expected, (size_t)size);
        assert_memory_equal(tag, expected_tag, GCM_BLOCK);
        assert_true(open_record(opening, ground, size, tag));
        assert_memory_equal(ground->opened, ground->plain, (size_t)size);
        tag[GCM_BLOCK - 1] ^= 1;
        assert_false(open_record(opening, ground, size, tag));
        tag[GCM_BLOCK - 1] ^= 1;
        ground->associated[4] ^= 0x80;
        assert_false(open_record(opening, ground, size, tag));
        ground->associated[4] ^= 0x80;
    }
    EVP_CIPHER_CTX_free(sealing);
    EVP_CIPHER_CTX_free(opening);
}

/* Nothing is made of what would not be safe. */
static void test_misuse(void **state)
{
    struct ground *ground = *state;
    uint8_t tag[GCM_BLOCK];
    EVP_CIPHER_CTX *context;
    int length;

    if (!ground->ours)
        skip();
    fill_all(ground, 2);
    /* No nonce. */
    context = context_new(ground, 1);
    assert_int_equal(EVP_CipherUpdate(context, ground->sealed, &length, ground->plain, 100), 0);
    /* The tag before the text, */
    begin(context, ground, 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, GCM_BLOCK, tag), 0);
    /* the associated bytes, or the text, in two pieces, */
    assert_int_equal(EVP_CipherUpdate(context, NULL, &length, ground->associated, 5), 0);
    assert_int_equal(EVP_CipherUpdate(context, ground->sealed, &length, ground->plain, 100), 1);
    assert_int_equal(EVP_CipherUpdate(context, ground->sealed, &length, ground->plain, 100), 0);
    /* one nonce twice, */
    assert_int_equal(EVP_CipherInit_ex(context, NULL, NULL, NULL, NULL, 1), 1);
    assert_int_equal(EVP_CipherUpdate(context, ground->sealed, &length, ground->plain, 100), 0);
    /* one of another length. */
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 16, NULL), 0);
    EVP_CIPHER_CTX_free(context);
    /* Believed without a tag. */
    context = context_new(ground, 0);
    begin(context, ground, 0);
    assert_int_equal(EVP_CipherUpdate(context, ground->opened, &length, ground->sealed, 100), 1);
    assert_int_equal(EVP_CipherFinal_ex(context, ground->opened, &length), 0);
    /* A tag that is too short to prove anything. */
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 4, tag), 0);
    EVP_CIPHER_CTX_free(context);
    ERR_clear_error();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length), cmocka_unit_test(test_associated_bytes),
        cmocka_unit_test(test_known_answer), cmocka_unit_test(test_cipher),
        cmocka_unit_test(test_records),      cmocka_unit_test(test_misuse),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
