/* See sshkey.h. */
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
#include "proto/sshkey.h"
#include "proto/test-keys.h"

static struct sshkey plain_key(void)
{
    struct sshkey key;

    assert_int_equal(sshkey_parse_line(&key, plain_public, NULL), 0);
    return key;
}

static struct sshkey sk_key(void)
{
    struct sshkey key = plain_key();

    key.type = SSHKEY_SK_ED25519;
    memcpy(key.application, "ssh:", 5);
    return key;
}

static void test_line(void **state)
{
    _cleanup_buffer_ struct buffer line = BUFFER_INIT;
    const char *comment = NULL;
    struct sshkey key;

    (void)state;
    assert_int_equal(sshkey_parse_line(&key, plain_public, &comment), 0);
    assert_int_equal(key.type, SSHKEY_ED25519);
    assert_string_equal(comment, "test key");
    assert_int_equal(sshkey_append_line(&key, &line), 0);
    assert_memory_equal(buffer_text(&line), plain_public, buffer_length(&line));
    assert_int_equal(sshkey_parse_line(&key, buffer_text(&line), &comment), 0);
    assert_string_equal(comment, "");
    buffer_clear(&line);
    assert_int_equal(buffer_printf(&line, "\t %s\n", plain_public), 0);
    assert_int_equal(sshkey_parse_line(&key, buffer_text(&line), &comment), 0);
    assert_string_equal(comment, "test key\n");
}

static void check_bad_line(const char *line, int expected)
{
    struct sshkey key;

    assert_int_equal(sshkey_parse_line(&key, line, NULL), expected);
}

static void test_bad_lines(void **state)
{
    (void)state;
    check_bad_line("", SSHKEY_E_FORMAT);
    check_bad_line("   ", SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed25519", SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed25519 ", SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed25519 !", SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed25519 AAAA", SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf", SSHKEY_E_FORMAT);
    check_bad_line(ecdsa_public, SSHKEY_E_TYPE);
    /* The word says another type than the blob. */
    check_bad_line("sk-ssh-ed25519@openssh.com "
                   "AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf6fWtKE/veXzIhtyoPceN17rxX5TDmMr9",
                   SSHKEY_E_FORMAT);
    check_bad_line("ssh-ed2551 "
                   "AAAAC3NzaC1lZDI1NTE5AAAAIC420NSle0Tf6fWtKE/veXzIhtyoPceN17rxX5TDmMr9",
                   SSHKEY_E_FORMAT);
}

static void check_truncated(const struct sshkey *key)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct sshkey decoded;

    assert_int_equal(sshkey_encode(key, &blob), 0);
    for (size_t size = 0; size < buffer_length(&blob); size++) {
        _cleanup_free_ uint8_t *copy = malloc(size ? size : 1);

        assert_non_null(copy);
        memcpy(copy, buffer_bytes(&blob), size);
        assert_int_equal(sshkey_decode(&decoded, (struct slice){copy, size}), SSHKEY_E_FORMAT);
    }
    assert_int_equal(sshkey_decode(&decoded, buffer_slice(&blob)), 0);
    assert_true(sshkey_equal(&decoded, key));
    assert_int_equal(buffer_append(&blob, "", 1), 0);
    assert_int_equal(sshkey_decode(&decoded, buffer_slice(&blob)), SSHKEY_E_FORMAT);
}

static void test_blobs(void **state)
{
    struct sshkey plain = plain_key();
    struct sshkey sk = sk_key();

    (void)state;
    check_truncated(&plain);
    check_truncated(&sk);
    memset(sk.application, 'a', SSHKEY_APPLICATION_MAX);
    check_truncated(&sk);
}

static int decode_written(const char *name, size_t point, const char *application, size_t length)
{
    static const uint8_t filler[64] = {1};
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct writer writer = writer_init(&blob);
    struct sshkey key;

    writer_slice32(&writer, name, strlen(name));
    writer_slice32(&writer, filler, point);
    if (application)
        writer_slice32(&writer, application, length);
    assert_int_equal(writer.error, 0);
    return sshkey_decode(&key, buffer_slice(&blob));
}

static void test_bad_blobs(void **state)
{
    static const char sk_name[] = "sk-ssh-ed25519@openssh.com";
    char long_text[SSHKEY_APPLICATION_MAX + 2];

    (void)state;
    memset(long_text, 'a', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    assert_int_equal(decode_written("ssh-ed25519", 32, NULL, 0), 0);
    assert_int_equal(decode_written("ssh-ed25519", 31, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written("ssh-ed25519", 33, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written("ssh-ed25519", 0, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written("ssh-ed25519", 32, "ssh:", 4), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(sk_name, 32, "ssh:", 4), 0);
    assert_int_equal(decode_written(sk_name, 32, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(sk_name, 32, "", 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(sk_name, 32, "ss\0h", 4), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(sk_name, 32, "ssh\n", 4), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(sk_name, 32, long_text, SSHKEY_APPLICATION_MAX), 0);
    assert_int_equal(decode_written(sk_name, 32, long_text, SSHKEY_APPLICATION_MAX + 1),
                     SSHKEY_E_FORMAT);
    assert_int_equal(decode_written("ssh-rsa", 32, NULL, 0), SSHKEY_E_TYPE);
    assert_int_equal(decode_written("ssh-ed25519-cert-v01@openssh.com", 32, NULL, 0),
                     SSHKEY_E_TYPE);
    assert_int_equal(decode_written("", 32, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written("ssh ed25519", 32, NULL, 0), SSHKEY_E_FORMAT);
    assert_int_equal(decode_written(long_text, 32, NULL, 0), SSHKEY_E_FORMAT);
}

static void test_equal(void **state)
{
    struct sshkey plain = plain_key();
    struct sshkey sk = sk_key();
    struct sshkey other = plain;

    (void)state;
    other.point[31] ^= 1;
    assert_true(sshkey_equal(&plain, &plain));
    assert_false(sshkey_equal(&plain, &other));
    assert_false(sshkey_equal(&plain, &sk));
    other = sk;
    assert_true(sshkey_equal(&sk, &other));
    memcpy(other.application, "ssh:x", 6);
    assert_false(sshkey_equal(&sk, &other));
}

static void test_fingerprint(void **state)
{
    struct sshkey key = plain_key();
    uint8_t fingerprint[FINGERPRINT_SIZE];
    uint8_t parsed[FINGERPRINT_SIZE];
    char text[FINGERPRINT_TEXT_SIZE];

    (void)state;
    assert_int_equal(sshkey_fingerprint(&key, fingerprint), 0);
    fingerprint_format(fingerprint, text);
    assert_string_equal(text, plain_fingerprint);
    assert_true(fingerprint_parse(text, parsed));
    assert_memory_equal(parsed, fingerprint, FINGERPRINT_SIZE);
}

static void check_bad_fingerprint(size_t at, const char *with)
{
    char text[FINGERPRINT_TEXT_SIZE + 4] = {0};
    uint8_t parsed[FINGERPRINT_SIZE];

    memcpy(text, plain_fingerprint, sizeof(plain_fingerprint));
    memcpy(text + at, with, strlen(with) + (at + strlen(with) >= FINGERPRINT_TEXT_SIZE - 2));
    assert_false(fingerprint_parse(text, parsed));
}

static void test_bad_fingerprints(void **state)
{
    uint8_t parsed[FINGERPRINT_SIZE];

    (void)state;
    assert_false(fingerprint_parse("", parsed));
    assert_false(fingerprint_parse("SHA256:", parsed));
    assert_false(fingerprint_parse(plain_fingerprint + 1, parsed));
    check_bad_fingerprint(0, "MD5256:");
    check_bad_fingerprint(0, "sha256:");
    check_bad_fingerprint(20, "!");
    check_bad_fingerprint(20, "=");
    check_bad_fingerprint(20, "-");
    check_bad_fingerprint(7, " ");
    check_bad_fingerprint(20, "\n");
    check_bad_fingerprint(49, "h"); /* bits beyond the last byte */
    check_bad_fingerprint(49, "");
    check_bad_fingerprint(50, "=");
    check_bad_fingerprint(50, "A");
}

static int use_keys(void *argument)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    struct sshkey public;
    int r = sshkey_parse_line(&public, plain_public, NULL);

    (void)argument;
    if (!r)
        r = sshkey_append_line(&public, &out);
    if (!r)
        r = sshkey_fingerprint(&public, fingerprint);
    assert_true(r == 0 || r == -ENOMEM);
    return r;
}

static void test_without_memory(void **state)
{
    (void)state;
    assert_true(failing_malloc_run(use_keys, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_blobs),
        cmocka_unit_test(test_bad_blobs),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_bad_fingerprints),
        cmocka_unit_test(test_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
