/* See sshsig.h: signing and verifying while memory runs out, here and inside of libcrypto. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/failing-malloc.h"
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

static int sign_and_verify(void *argument)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_buffer_ struct buffer again = BUFFER_INIT;
    const struct sshkey_private *key = argument;
    int r = sshsig_sign(key, message, MESSAGE_SIZE, &blob);

    if (!r)
        r = sshsig_armor(buffer_slice(&blob), &text);
    if (!r)
        r = sshsig_dearmor((const char *)buffer_bytes(&text), buffer_length(&text), &again);
    if (!r)
        r = sshsig_verify(buffer_slice(&again), &key->key, message, MESSAGE_SIZE);
    assert_int_equal(ERR_peek_error(), 0);
    return r;
}

/* Whether the harness counts libcrypto's own allocations as well. */
static bool crypto_is_counted;

static void test_without_memory(void **state)
{
    struct sshkey_private key = plain_key();

    (void)state;
    assert_true(failing_malloc_run(sign_and_verify, &key) >= 7);
}

/* libcrypto goes on after some failures, so here only crashes, leaks and stale errors are looked
 * for. */
static void test_libcrypto_without_memory(void **state)
{
    struct sshkey_private key = plain_key();

    (void)state;
    assert_int_equal(sign_and_verify(&key), 0); /* what libcrypto allocates once and keeps */
    crypto_is_counted = true;
    assert_true(failing_malloc_run_lenient(sign_and_verify, &key) >= 20);
    crypto_is_counted = false;
}

struct forged {
    struct slice blob;
    struct sshkey key;
};

/* A forged signature is not taken for good, whatever libcrypto could not allocate. */
static int verify_forged(void *argument)
{
    const struct forged *forged = argument;
    int r = sshsig_verify(forged->blob, &forged->key, "another message", 15);

    assert_int_not_equal(r, 0);
    return r == SSHSIG_E_WRONG ? 0 : r;
}

static void test_forged_without_memory(void **state)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct forged forged = {.key = plain_key().key};

    (void)state;
    assert_int_equal(sshsig_dearmor(signature_sha512, strlen(signature_sha512), &blob), 0);
    forged.blob = buffer_slice(&blob);
    crypto_is_counted = true;
    failing_malloc_run_lenient(verify_forged, &forged);
    crypto_is_counted = false;
}

/* libcrypto calls these instead of its own malloc(), so that the harness can see its allocations.
 */
static void *crypto_malloc(size_t size, const char *file, int line)
{
    void *made;

    (void)file;
    (void)line;
    failing_malloc_pause(!crypto_is_counted);
    made = malloc(size);
    failing_malloc_pause(false);
    return made;
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
    void *made;

    (void)file;
    (void)line;
    failing_malloc_pause(!crypto_is_counted);
    made = realloc(old, size);
    failing_malloc_pause(false);
    return made;
}

static void crypto_free(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    free(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_libcrypto_without_memory),
        cmocka_unit_test(test_forged_without_memory),
    };

    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
