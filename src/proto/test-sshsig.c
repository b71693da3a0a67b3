/* See sshsig.h. tests/e2e/test_sshsig.py holds the same code against the real ssh-keygen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "base/text.h"
#include "proto/crypto.h"
#include "proto/sshsig.h"
#include "proto/test-keys.h"

static const char message[] = "the message";
enum { MESSAGE_SIZE = sizeof(message) - 1 };

static struct sshkey_private plain_key(void)
{
    struct sshkey_private key;

    assert_int_equal(sshkey_private_parse(&key, plain_private, strlen(plain_private)), 0);
    return key;
}

static void dearmor(const char *text, struct buffer *blob)
{
    assert_int_equal(sshsig_dearmor(text, strlen(text), blob), 0);
}

static int verify(const struct buffer *blob, const struct sshkey *key)
{
    int r = sshsig_verify(buffer_slice(blob), key, message, MESSAGE_SIZE);

    assert_int_equal(ERR_peek_error(), 0);
    return r;
}

static int verify_text(const char *text)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = plain_key();

    dearmor(text, &blob);
    return verify(&blob, &key.key);
}

static void test_made_by_ssh_keygen(void **state)
{
    (void)state;
    assert_int_equal(verify_text(signature_sha512), 0);
    assert_int_equal(verify_text(signature_sha256), 0);
    assert_int_equal(verify_text(signature_file), SSHSIG_E_NAMESPACE);
    assert_int_equal(verify_text(signature_ecdsa), SSHSIG_E_KEY);
}

/* Ed25519 is deterministic: the same key and message make the same file. */
static void test_sign_as_ssh_keygen_does(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key = plain_key();

    (void)state;
    assert_int_equal(sshsig_sign(&key, message, MESSAGE_SIZE, &blob), 0);
    assert_int_equal(sshsig_armor(buffer_slice(&blob), &text), 0);
    assert_string_equal(buffer_text(&text), signature_sha512);
}

static void test_empty_message(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = plain_key();

    (void)state;
    assert_int_equal(sshsig_sign(&key, NULL, 0, &blob), 0);
    assert_int_equal(sshsig_verify(buffer_slice(&blob), &key.key, "", 0), 0);
    assert_int_equal(verify(&blob, &key.key), SSHSIG_E_WRONG);
}

static void test_other_message_and_key(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = plain_key();
    struct sshkey_private other;
    struct sshkey claimed;

    (void)state;
    assert_int_equal(sshkey_generate(&other, ""), 0);
    dearmor(signature_sha512, &blob);
    assert_int_equal(sshsig_verify(buffer_slice(&blob), &key.key, message, MESSAGE_SIZE - 1),
                     SSHSIG_E_WRONG);
    assert_int_equal(sshsig_verify(buffer_slice(&blob), &key.key, "The message", MESSAGE_SIZE),
                     SSHSIG_E_WRONG);
    assert_int_equal(verify(&blob, &other.key), SSHSIG_E_WRONG);
    assert_int_equal(sshsig_key(buffer_slice(&blob), &claimed), 0);
    assert_true(sshkey_equal(&claimed, &key.key));
    /* Made by another key, claiming to be this one. */
    memcpy(other.key.point, key.key.point, ED25519_SIZE);
    buffer_clear(&blob);
    assert_int_equal(sshsig_sign(&other, message, MESSAGE_SIZE, &blob), 0);
    assert_int_equal(verify(&blob, &key.key), SSHSIG_E_WRONG);
}

/* What is kept of the key before must never speak for another. */
static void test_the_key_before(void **state)
{
    struct crypto_last last = {.key = NULL};
    struct sshkey_private keys[2];
    struct buffer blobs[2] = {BUFFER_INIT, BUFFER_INIT};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sshkey_generate(&keys[i], ""), 0);
        assert_int_equal(sshsig_sign(&keys[i], message, MESSAGE_SIZE, &blobs[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        struct slice blob = buffer_slice(&blobs[i / 2 % 2]);
        struct sshkey_private *key = &keys[i / 2 % 2];

        assert_int_equal(sshsig_verify_next(&last, blob, &key->key, message, MESSAGE_SIZE), 0);
        assert_int_equal(sshsig_verify_next(&last, blob, &key->key, message, MESSAGE_SIZE - 1),
                         SSHSIG_E_WRONG);
        assert_memory_equal(last.point, key->key.point, ED25519_SIZE);
    }
    /* Made by the one, claiming to be the other. */
    memcpy(keys[0].key.point, keys[1].key.point, ED25519_SIZE);
    buffer_clear(&blobs[0]);
    assert_int_equal(sshsig_sign(&keys[0], message, MESSAGE_SIZE, &blobs[0]), 0);
    assert_int_equal(
        sshsig_verify_next(&last, buffer_slice(&blobs[0]), &keys[1].key, message, MESSAGE_SIZE),
        SSHSIG_E_WRONG);
    crypto_last_deinit(&last);
    assert_null(last.key);
    for (size_t i = 0; i < 2; i++)
        buffer_deinit(&blobs[i]);
}

static void test_every_byte_counts(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = plain_key();
    size_t size;

    (void)state;
    dearmor(signature_sha512, &blob);
    size = buffer_length(&blob);
    for (size_t at = 0; at < size; at++) {
        buffer_bytes(&blob)[at] ^= 1;
        assert_true(verify(&blob, &key.key) > 0);
        buffer_bytes(&blob)[at] ^= 1;
    }
    for (blob.end = 0; blob.end < size; blob.end++) {
        _cleanup_free_ uint8_t *copy = malloc(blob.end ? blob.end : 1);

        assert_non_null(copy);
        memcpy(copy, blob.data, blob.end);
        assert_int_equal(sshsig_verify((struct slice){copy, blob.end}, &key.key, message, 1),
                         SSHSIG_E_FORMAT);
        assert_int_equal(sshsig_key((struct slice){copy, blob.end}, &key.key), SSHSIG_E_FORMAT);
    }
    assert_int_equal(verify(&blob, &key.key), 0);
    assert_int_equal(buffer_append(&blob, "", 1), 0);
    assert_int_equal(verify(&blob, &key.key), SSHSIG_E_FORMAT);
}

/* What a blob says, for blobs that ssh-keygen does not make. */
struct shape {
    const char *magic;
    uint32_t version;
    const char *namespace;
    const char *reserved;
    const char *hash;
    const char *inner_type;
    size_t signature_size;
    const char *tail; /* behind the signature, within its string */
};

static const struct shape good_shape = {
    .magic = "SSHSIG",
    .version = 1,
    .namespace = "order@hune",
    .reserved = "",
    .hash = "sha512",
    .inner_type = "ssh-ed25519",
    .signature_size = 64,
    .tail = "",
};

static void write_text(struct writer *writer, const char *text)
{
    writer_slice32(writer, text, strlen(text));
}

/* The bytes are signed as the shape says them, so that only the shape can be what is wrong. */
static int verify_shape(struct shape shape)
{
    _cleanup_buffer_ struct buffer to_sign = BUFFER_INIT;
    _cleanup_buffer_ struct buffer key_blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer raw = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct writer writer = writer_init(&to_sign);
    struct sshkey_private key = plain_key();
    uint8_t signature[65] = {0};
    uint8_t hash[SHA512_SIZE];

    assert_int_equal(crypto_sha512(message, MESSAGE_SIZE, hash), 0);
    writer_bytes(&writer, shape.magic, 6);
    write_text(&writer, shape.namespace);
    write_text(&writer, shape.reserved);
    write_text(&writer, shape.hash);
    writer_slice32(&writer, hash, sizeof(hash));
    assert_int_equal(
        crypto_ed25519_sign(key.seed, buffer_bytes(&to_sign), buffer_length(&to_sign), signature),
        0);
    writer = writer_init(&raw);
    write_text(&writer, shape.inner_type);
    writer_slice32(&writer, signature, shape.signature_size);
    writer_bytes(&writer, shape.tail, strlen(shape.tail));
    assert_int_equal(sshkey_encode(&key.key, &key_blob), 0);
    writer = writer_init(&blob);
    writer_bytes(&writer, shape.magic, 6);
    writer_u32(&writer, shape.version);
    writer_slice32(&writer, buffer_bytes(&key_blob), buffer_length(&key_blob));
    write_text(&writer, shape.namespace);
    write_text(&writer, shape.reserved);
    write_text(&writer, shape.hash);
    writer_slice32(&writer, buffer_bytes(&raw), buffer_length(&raw));
    return verify(&blob, &key.key);
}

#define SHAPE_WITH(member, value)         \
    ({                                    \
        struct shape shape_ = good_shape; \
        shape_.member = (value);          \
        shape_;                           \
    })

static void test_refusals(void **state)
{
    (void)state;
    assert_int_equal(verify_shape(good_shape), 0);
    assert_int_equal(verify_shape(SHAPE_WITH(magic, "SSHSIH")), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(version, 0)), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(version, 2)), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(namespace, "")), SSHSIG_E_NAMESPACE);
    assert_int_equal(verify_shape(SHAPE_WITH(namespace, "order@hune2")), SSHSIG_E_NAMESPACE);
    assert_int_equal(verify_shape(SHAPE_WITH(namespace, "order@hun")), SSHSIG_E_NAMESPACE);
    assert_int_equal(verify_shape(SHAPE_WITH(reserved, "x")), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(hash, "sha1")), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(hash, "")), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(hash, "sha256")), SSHSIG_E_WRONG);
    assert_int_equal(verify_shape(SHAPE_WITH(inner_type, "ssh-rsa")), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(inner_type, "sk-ssh-ed25519@openssh.com")),
                     SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(signature_size, 63)), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(signature_size, 65)), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(signature_size, 0)), SSHSIG_E_FORMAT);
    assert_int_equal(verify_shape(SHAPE_WITH(tail, "x")), SSHSIG_E_FORMAT);
}

/* A token in software: signs as PROTOCOL.u2f says, with any flags. */
static void sk_sign(const struct sshkey_private *key, uint8_t flags, uint32_t counter,
                    struct buffer *blob)
{
    _cleanup_buffer_ struct buffer to_sign = BUFFER_INIT;
    _cleanup_buffer_ struct buffer covered = BUFFER_INIT;
    _cleanup_buffer_ struct buffer raw = BUFFER_INIT;
    struct writer writer = writer_init(&covered);
    uint8_t signature[64];
    uint8_t hash[SHA256_SIZE];

    assert_int_equal(crypto_sha256(key->key.application, strlen(key->key.application), hash), 0);
    writer_bytes(&writer, hash, sizeof(hash));
    writer_u8(&writer, flags);
    writer_u32(&writer, counter);
    assert_int_equal(sshsig_to_sign(message, MESSAGE_SIZE, &to_sign), 0);
    assert_int_equal(crypto_sha256(buffer_bytes(&to_sign), buffer_length(&to_sign), hash), 0);
    writer_bytes(&writer, hash, sizeof(hash));
    assert_int_equal(
        crypto_ed25519_sign(key->seed, buffer_bytes(&covered), buffer_length(&covered), signature),
        0);
    writer = writer_init(&raw);
    write_text(&writer, sshkey_type_name(key->key.type));
    writer_slice32(&writer, signature, sizeof(signature));
    writer_u8(&writer, flags);
    writer_u32(&writer, counter);
    assert_int_equal(writer.error, 0);
    assert_int_equal(sshsig_wrap(&key->key, buffer_slice(&raw), blob), 0);
}

static struct sshkey_private sk_key(void)
{
    struct sshkey_private key = plain_key();

    key.key.type = SSHKEY_SK_ED25519;
    memcpy(key.key.application, "ssh:", 5);
    return key;
}

static int sk_verify(uint8_t flags, uint32_t counter)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = sk_key();

    sk_sign(&key, flags, counter, &blob);
    return verify(&blob, &key.key);
}

static void test_fido(void **state)
{
    (void)state;
    assert_int_equal(sk_verify(0x01, 0), 0);
    assert_int_equal(sk_verify(0x05, 0x01020304), 0); /* user verified as well */
    assert_int_equal(sk_verify(0x01, UINT32_MAX), 0);
    assert_int_equal(sk_verify(0x00, 1), SSHSIG_E_PRESENCE);
    assert_int_equal(sk_verify(0x04, 1), SSHSIG_E_PRESENCE);
    assert_int_equal(sk_verify(0xfe, 1), SSHSIG_E_PRESENCE);
}

static void test_fido_every_byte_counts(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey_private key = sk_key();
    struct sshkey other = key.key;
    size_t size;

    (void)state;
    sk_sign(&key, 0x01, 7, &blob);
    size = buffer_length(&blob);
    for (size_t at = 0; at < size; at++) {
        buffer_bytes(&blob)[at] ^= 2; /* not the presence bit */
        assert_true(verify(&blob, &key.key) > 0);
        buffer_bytes(&blob)[at] ^= 2;
    }
    for (blob.end = 0; blob.end < size; blob.end++)
        assert_int_equal(verify(&blob, &key.key), SSHSIG_E_FORMAT);
    assert_int_equal(verify(&blob, &key.key), 0);
    memcpy(other.application, "ssh:x", 6);
    assert_int_equal(verify(&blob, &other), SSHSIG_E_WRONG);
    assert_int_equal(buffer_append(&blob, "", 1), 0);
    assert_int_equal(verify(&blob, &key.key), SSHSIG_E_FORMAT);
}

/* The signature of a plain key must not pass for one of a token, nor the other way round. */
static void test_types_do_not_mix(void **state)
{
    _cleanup_buffer_ struct buffer plain_blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer sk_blob = BUFFER_INIT;
    struct sshkey_private plain = plain_key();
    struct sshkey_private sk = sk_key();

    (void)state;
    sk_sign(&sk, 0x01, 1, &sk_blob);
    dearmor(signature_sha512, &plain_blob);
    assert_int_equal(verify(&sk_blob, &plain.key), SSHSIG_E_WRONG);
    assert_int_equal(verify(&plain_blob, &sk.key), SSHSIG_E_WRONG);
}

static void test_dearmor_refusals(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;

    (void)state;
    assert_int_equal(sshsig_dearmor(plain_private, strlen(plain_private), &blob), SSHSIG_E_FORMAT);
    assert_int_equal(sshsig_dearmor("", 0, &blob), SSHSIG_E_FORMAT);
    for (size_t size = 0; size + 1 < strlen(signature_sha512); size++)
        assert_int_equal(sshsig_dearmor(signature_sha512, size, &blob), SSHSIG_E_FORMAT);
    assert_int_equal(buffer_length(&blob), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_by_ssh_keygen),
        cmocka_unit_test(test_sign_as_ssh_keygen_does),
        cmocka_unit_test(test_empty_message),
        cmocka_unit_test(test_other_message_and_key),
        cmocka_unit_test(test_the_key_before),
        cmocka_unit_test(test_every_byte_counts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_fido),
        cmocka_unit_test(test_fido_every_byte_counts),
        cmocka_unit_test(test_types_do_not_mix),
        cmocka_unit_test(test_dearmor_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
