/* See sshkey.h: files with private keys, and keys that are made here. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/failing-malloc.h"
#include "base/text.h"
#include "proto/armor.h"
#include "proto/sshkey.h"
#include "proto/test-keys.h"

static struct sshkey plain_key(void)
{
    struct sshkey key;

    assert_int_equal(sshkey_parse_line(&key, plain_public, NULL), 0);
    return key;
}

static void test_private_parse(void **state)
{
    struct sshkey expected = plain_key();
    struct sshkey_private key;

    (void)state;
    assert_int_equal(sshkey_private_parse(&key, plain_private, strlen(plain_private)), 0);
    assert_true(sshkey_equal(&key.key, &expected));
    assert_string_equal(key.comment, "test key");
    /* Line ends of another system, and none at the end. */
    assert_int_equal(sshkey_private_parse(&key, plain_private, strlen(plain_private) - 1), 0);
}

static void test_private_refusals(void **state)
{
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    struct sshkey_private key;

    (void)state;
    assert_int_equal(sshkey_private_parse(&key, encrypted_private, strlen(encrypted_private)),
                     SSHKEY_E_ENCRYPTED);
    assert_int_equal(sshkey_private_parse(&key, ecdsa_private, strlen(ecdsa_private)),
                     SSHKEY_E_TYPE);
    assert_int_equal(sshkey_private_parse(&key, plain_public, strlen(plain_public)),
                     SSHKEY_E_FORMAT);
    assert_int_equal(sshkey_private_parse(&key, pem, strlen(pem)), SSHKEY_E_FORMAT);
    assert_int_equal(sshkey_private_parse(&key, "", 0), SSHKEY_E_FORMAT);
    for (size_t size = 0; size < strlen(plain_private) - 1; size++) {
        _cleanup_free_ char *copy = malloc(size ? size : 1);

        assert_non_null(copy);
        memcpy(copy, plain_private, size);
        assert_int_equal(sshkey_private_parse(&key, copy, size), SSHKEY_E_FORMAT);
    }
}

/* Takes the armour off the plain key's file. */
static void plain_bytes(struct buffer *bytes)
{
    assert_int_equal(
        armor_remove(plain_private, strlen(plain_private), "OPENSSH PRIVATE KEY", bytes), 0);
}

static int parse_bytes(const struct buffer *bytes)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key;

    assert_int_equal(
        armor_append(&text, "OPENSSH PRIVATE KEY", buffer_bytes(bytes), buffer_length(bytes)), 0);
    return sshkey_private_parse(&key, (const char *)buffer_bytes(&text), buffer_length(&text));
}

/* Only the comment is free: a change or a cut anywhere else is noticed. */
static void test_private_every_byte_counts(void **state)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    size_t size;
    size_t comment;

    (void)state;
    plain_bytes(&bytes);
    size = buffer_length(&bytes);
    comment = size - 5 - strlen("test key");
    for (size_t at = 0; at < size; at++) {
        buffer_bytes(&bytes)[at] ^= 1;
        if (at < comment || at >= size - 5)
            assert_int_not_equal(parse_bytes(&bytes), 0);
        else
            assert_int_equal(parse_bytes(&bytes), 0);
        buffer_bytes(&bytes)[at] ^= 1;
    }
    for (bytes.end = 1; bytes.end < size; bytes.end++)
        assert_int_equal(parse_bytes(&bytes), SSHKEY_E_FORMAT);
    assert_int_equal(parse_bytes(&bytes), 0);
    assert_int_equal(buffer_append(&bytes, "", 1), 0);
    assert_int_equal(parse_bytes(&bytes), SSHKEY_E_FORMAT);
}

static void test_private_kdf_options(void **state)
{
    enum { AT_OPTIONS = 15 + 2 * (4 + 4) }; /* behind the magic, "none" and "none" */
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer changed = BUFFER_INIT;

    (void)state;
    plain_bytes(&bytes);
    assert_int_equal(buffer_append(&changed, buffer_bytes(&bytes), AT_OPTIONS), 0);
    assert_int_equal(buffer_append(&changed, "\0\0\0\1x", 5), 0);
    buffer_consume(&bytes, AT_OPTIONS + 4);
    assert_int_equal(buffer_append(&changed, buffer_bytes(&bytes), buffer_length(&bytes)), 0);
    assert_int_equal(parse_bytes(&changed), SSHKEY_E_FORMAT);
}

static void test_generate_and_write(void **state)
{
    (void)state;
    /* Comments of every length, so that each amount of padding is met. */
    for (size_t length = 0; length < 140; length += 9) {
        _cleanup_wipe_ struct buffer text = BUFFER_INIT;
        struct sshkey_private key;
        struct sshkey_private parsed;
        char comment[140] = {0};

        memset(comment, 'c', length);
        assert_int_equal(sshkey_generate(&key, comment), 0);
        assert_int_equal(strlen(key.comment), length < 127 ? length : 127);
        assert_int_equal(sshkey_private_write(&key, &text), 0);
        assert_int_equal(
            sshkey_private_parse(&parsed, (const char *)buffer_bytes(&text), buffer_length(&text)),
            0);
        assert_memory_equal(parsed.seed, key.seed, ED25519_SIZE);
        assert_true(sshkey_equal(&parsed.key, &key.key));
        assert_string_equal(parsed.comment, key.comment);
    }
}

/* A seed that stands beside the point of another key would make signatures that give it away. */
static void test_a_foreign_point(void **state)
{
    struct sshkey_private key;
    struct sshkey_private other;
    struct sshkey_private parsed;

    (void)state;
    assert_int_equal(sshkey_generate(&key, ""), 0);
    assert_int_equal(sshkey_generate(&other, ""), 0);
    assert_memory_not_equal(key.seed, other.seed, ED25519_SIZE);
    for (size_t turn = 0; turn < 2; turn++) {
        _cleanup_wipe_ struct buffer text = BUFFER_INIT;

        assert_int_equal(sshkey_private_write(&key, &text), 0);
        assert_int_equal(
            sshkey_private_parse(&parsed, (const char *)buffer_bytes(&text), buffer_length(&text)),
            turn == 0 ? 0 : SSHKEY_E_FORMAT);
        memcpy(key.key.point, other.key.point, ED25519_SIZE);
    }
    assert_memory_equal(&parsed, &(struct sshkey_private){0}, sizeof(parsed)); /* nothing stays */
}

static int use_keys(void *argument)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    struct sshkey_private key;
    int r = sshkey_private_parse(&key, plain_private, strlen(plain_private));

    (void)argument;
    if (!r)
        r = sshkey_private_write(&key, &text);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static void test_without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(use_keys, NULL) >= 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_private_parse),
        cmocka_unit_test(test_private_refusals),
        cmocka_unit_test(test_private_every_byte_counts),
        cmocka_unit_test(test_private_kdf_options),
        cmocka_unit_test(test_generate_and_write),
        cmocka_unit_test(test_a_foreign_point),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
