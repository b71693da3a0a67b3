/* See crypto.h, against the vectors of RFC 4231, RFC 8032 and FIPS 180-4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "proto/crypto.h"

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected)
{
    char text[2 * SHA512_SIZE + 1];

    hex_encode(bytes, size, text);
    assert_string_equal(text, expected);
}

static void from_hex(const char *text, uint8_t *bytes_out, size_t size)
{
    assert_int_equal(strlen(text), 2 * size);
    assert_true(hex_decode(text, 2 * size, bytes_out));
}

static void test_hashes(void **state)
{
    uint8_t hash[SHA512_SIZE];

    (void)state;
    assert_int_equal(crypto_sha256("abc", 3, hash), 0);
    assert_hex(hash, SHA256_SIZE,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(crypto_sha256(NULL, 0, hash), 0);
    assert_hex(hash, SHA256_SIZE,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(crypto_sha512("abc", 3, hash), 0);
    assert_hex(hash, SHA512_SIZE,
               "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
               "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* RFC 4231, 4.2 to 4.4 and 4.7: short and long keys, one longer than a block. */
static void test_hmac(void **state)
{
    static const struct {
        char key;
        size_t key_size;
        const char *text;
        const char *mac;
    } cases[] = {
        {0x0b, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {(char)0xaa, 20, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {(char)0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    uint8_t mac[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(cases); i++) {
        char key[131];
        char text[64];
        size_t size = cases[i].text ? strlen(cases[i].text) : 50;

        memset(key, cases[i].key, cases[i].key_size);
        memset(text, 0xdd, sizeof(text));
        if (cases[i].text)
            memcpy(text, cases[i].text, size);
        assert_int_equal(crypto_hmac_sha256(key, cases[i].key_size, text, size, mac), 0);
        assert_hex(mac, sizeof(mac), cases[i].mac);
    }
    assert_int_equal(crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac), 0);
    assert_hex(mac, sizeof(mac),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 8032, 7.1, tests 1 to 3. */
static const struct vector {
    const char *seed;
    const char *point;
    const char *message;
    size_t size;
    const char *signature;
} vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", 0,
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
     "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72", 1,
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82", 2,
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static bool is_good(struct crypto_last *last, const uint8_t *point, const void *bytes, size_t size,
                    const uint8_t *signature)
{
    bool good = true;

    assert_int_equal(crypto_ed25519_verify(last, point, bytes, size, signature, &good), 0);
    assert_int_equal(ERR_peek_error(), 0);
    return good;
}

static void test_ed25519(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS_OF(vectors); i++) {
        const struct vector *vector = &vectors[i];
        uint8_t seed[ED25519_SEED_SIZE];
        uint8_t point[ED25519_POINT_SIZE];
        uint8_t signature[ED25519_SIGNATURE_SIZE];

        from_hex(vector->seed, seed, sizeof(seed));
        assert_int_equal(crypto_ed25519_point(seed, point), 0);
        assert_hex(point, sizeof(point), vector->point);
        assert_int_equal(crypto_ed25519_sign(seed, vector->message, vector->size, signature), 0);
        assert_hex(signature, sizeof(signature), vector->signature);
        assert_true(is_good(NULL, point, vector->message, vector->size, signature));
        for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_false(is_good(NULL, point, vector->message, vector->size, signature));
            signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_false(is_good(NULL, point, "other", 5, signature));
    }
}

/* RFC 8032, 5.1.7: the second half must be below the group's order. Else everybody could make a
 * second signature out of a good one, and what was seen once would not be known again. */
static void test_no_second_signature(void **state)
{
    static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    uint8_t point[ED25519_POINT_SIZE];
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    uint8_t added[32];
    unsigned carry = 0;

    (void)state;
    from_hex(vectors[1].point, point, sizeof(point));
    from_hex(vectors[1].signature, signature, sizeof(signature));
    from_hex(order, added, sizeof(added));
    assert_true(is_good(NULL, point, vectors[1].message, vectors[1].size, signature));
    for (size_t i = 0; i < sizeof(added); i++) {
        carry += signature[32 + i] + added[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(is_good(NULL, point, vectors[1].message, vectors[1].size, signature));
}

/* The point that was kept never speaks for another, and 32 bytes that are no point for nobody. */
static void test_the_last_point(void **state)
{
    struct crypto_last last = {.key = NULL};
    uint8_t points[ELEMENTS_OF(vectors)][ED25519_POINT_SIZE];
    uint8_t signatures[ELEMENTS_OF(vectors)][ED25519_SIGNATURE_SIZE];
    uint8_t none[ED25519_POINT_SIZE];

    (void)state;
    /* y = 2: no x goes with it. */
    memset(none, 0, sizeof(none));
    none[0] = 2;
    for (size_t i = 0; i < ELEMENTS_OF(vectors); i++) {
        from_hex(vectors[i].point, points[i], sizeof(points[i]));
        from_hex(vectors[i].signature, signatures[i], sizeof(signatures[i]));
    }
    for (size_t turn = 0; turn < 4 * ELEMENTS_OF(vectors); turn++) {
        size_t i = turn / 2 % ELEMENTS_OF(vectors);
        size_t other = (i + 1) % ELEMENTS_OF(vectors);

        assert_true(is_good(&last, points[i], vectors[i].message, vectors[i].size, signatures[i]));
        assert_false(
            is_good(&last, points[i], vectors[i].message, vectors[i].size, signatures[other]));
        assert_false(
            is_good(&last, points[other], vectors[i].message, vectors[i].size, signatures[i]));
        assert_false(is_good(&last, none, vectors[i].message, vectors[i].size, signatures[i]));
    }
    crypto_last_deinit(&last);
    assert_null(last.key);
    crypto_last_deinit(&last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),         cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_ed25519),        cmocka_unit_test(test_no_second_signature),
        cmocka_unit_test(test_the_last_point),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
