/* See machine.h. */
#include "warden/test-support.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proto/crypto.h"
#include "warden/machine.h"

static struct config defaults(void)
{
    struct config config;

    config_init(&config);
    return config;
}

static void load(struct machine *machine, const struct folder *folder)
{
    struct config config = defaults();

    assert_int_equal(machine_load(machine, &folder->place, &config), 0);
}

static void test_made_once(void **state)
{
    struct folder *folder = *state;
    struct machine first;
    struct machine second;

    load(&first, folder);
    load(&second, folder);
    assert_memory_equal(first.id, second.id, MACHINE_ID_SIZE);
    assert_int_equal(buffer_length(&first.certificate), buffer_length(&second.certificate));
    assert_memory_equal(buffer_bytes(&first.certificate), buffer_bytes(&second.certificate),
                        buffer_length(&first.certificate));
    assert_memory_equal(buffer_bytes(&first.key), buffer_bytes(&second.key),
                        buffer_length(&first.key));
    machine_deinit(&first);
    machine_deinit(&second);
}

/* The id is what a console pins: the hash of the key in the certificate. */
static void test_id_is_of_the_certificate(void **state)
{
    struct folder *folder = *state;
    uint8_t expected[SHA256_SIZE];
    const uint8_t *at;
    struct machine machine;

    X509 *certificate;
    uint8_t *spki = NULL;
    int size;

    load(&machine, folder);
    at = buffer_bytes(&machine.certificate);
    certificate = d2i_X509(NULL, &at, (long)buffer_length(&machine.certificate));
    assert_non_null(certificate);
    size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    assert_true(size > 0);
    assert_int_equal(crypto_sha256(spki, (size_t)size, expected), 0);
    assert_memory_equal(machine.id, expected, MACHINE_ID_SIZE);
    assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(certificate)), -1);
    assert_int_equal(X509_cmp_current_time(X509_get0_notAfter(certificate)), 1);
    OPENSSL_free(spki);
    X509_free(certificate);
    machine_deinit(&machine);
}

static mode_t mode_of(const struct folder *folder, const char *name)
{
    _cleanup_free_ char *path = place_path(folder->path, name);
    struct stat info;

    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 0777;
}

static void test_key_is_private(void **state)
{
    struct folder *folder = *state;
    struct machine machine;

    load(&machine, folder);
    assert_int_equal(mode_of(folder, "state/machine.key"), 0600);
    assert_int_equal(mode_of(folder, "state/machine.binding"), 0600);
    machine_deinit(&machine);
}

/* The disk was copied to another computer: its binding is another one's. */
static void test_clone(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer original = BUFFER_INIT;
    _cleanup_buffer_ struct buffer aside = BUFFER_INIT;
    struct machine first;
    struct machine clone;
    struct machine again;

    load(&first, folder);
    folder_read(folder, "state/machine.key", &original);
    folder_write(folder, "state/machine.binding", "0123", 4);
    load(&clone, folder);
    assert_memory_not_equal(first.id, clone.id, MACHINE_ID_SIZE);
    /* The original's key is kept, and not used again. */
    folder_read(folder, "state/machine.key.of-another-computer", &aside);
    assert_string_equal(buffer_text(&aside), buffer_text(&original));
    assert_int_equal(mode_of(folder, "state/machine.key.of-another-computer"), 0600);
    load(&again, folder);
    assert_memory_equal(clone.id, again.id, MACHINE_ID_SIZE);
    machine_deinit(&first);
    machine_deinit(&clone);
    machine_deinit(&again);
}

/* A key without a binding was put there by somebody who knew why: it is used. */
static void test_no_binding(void **state)
{
    struct folder *folder = *state;
    _cleanup_free_ char *path = NULL;
    struct machine first;
    struct machine second;

    load(&first, folder);
    path = place_path(folder->path, "state/machine.binding");
    assert_int_equal(unlink(path), 0);
    load(&second, folder);
    assert_memory_equal(first.id, second.id, MACHINE_ID_SIZE);
    machine_deinit(&first);
    machine_deinit(&second);
}

static void test_existing_only(void **state)
{
    struct folder *folder = *state;
    struct config config = defaults();
    struct machine machine;
    struct machine made;

    assert_int_equal(machine_load_existing(&machine, &folder->place, &config), -ENOENT);
    machine_deinit(&machine);
    load(&made, folder);
    assert_int_equal(machine_load_existing(&machine, &folder->place, &config), 0);
    assert_memory_equal(machine.id, made.id, MACHINE_ID_SIZE);
    machine_deinit(&machine);
    machine_deinit(&made);
}

/* A damaged or foreign key is an error; another one made silently would lock every console out. */
static void test_damaged(void **state)
{
    struct folder *folder = *state;
    _cleanup_buffer_ struct buffer key = BUFFER_INIT;
    _cleanup_buffer_ struct buffer other = BUFFER_INIT;
    struct config config = defaults();
    struct machine machine;
    struct folder elsewhere;

    folder_make(&elsewhere);
    load(&machine, folder);
    machine_deinit(&machine);
    load(&machine, &elsewhere);
    machine_deinit(&machine);
    folder_read(folder, "state/machine.key", &key);
    folder_read(&elsewhere, "state/machine.key", &other);

    const struct slice bad[] = {
        buffer_slice(&other), {buffer_bytes(&key), buffer_length(&key) / 2}, {NULL, 0}};

    for (size_t i = 0; i < ELEMENTS_OF(bad); i++) {
        folder_write(folder, "state/machine.key", bad[i].bytes, bad[i].size);
        assert_int_equal(machine_load(&machine, &folder->place, &config), -EBADMSG);
        machine_deinit(&machine);
    }
    folder_write(folder, "state/machine.key", buffer_bytes(&key), buffer_length(&key));
    assert_int_equal(machine_load(&machine, &folder->place, &config), 0);
    machine_deinit(&machine);
    folder_remove(&elsewhere);
}

/* The organisation's own certificate, from where the configuration says. */
static void test_configured_certificate(void **state)
{
    struct folder *folder = *state;
    struct config config = defaults();
    struct machine made;
    struct machine used;
    struct folder elsewhere;

    folder_make(&elsewhere);
    load(&made, &elsewhere);
    snprintf(config.key, sizeof(config.key), "%s/machine.key", elsewhere.place.state);
    snprintf(config.certificate, sizeof(config.certificate), "%s/machine.crt",
             elsewhere.place.state);
    assert_int_equal(machine_load(&used, &folder->place, &config), 0);
    assert_memory_equal(used.id, made.id, MACHINE_ID_SIZE);
    machine_deinit(&used);
    /* Nothing is made in its place when it is missing. */
    snprintf(config.key, sizeof(config.key), "/nonexistent");
    assert_int_equal(machine_load(&used, &folder->place, &config), -ENOENT);
    machine_deinit(&used);
    machine_deinit(&made);
    folder_remove(&elsewhere);
}

static void test_long_name(void **state)
{
    struct config config = defaults();
    struct machine machine;
    struct folder *folder = *state;

    memset(config.name, 'n', sizeof(config.name) - 1);
    assert_int_equal(machine_load(&machine, &folder->place, &config), 0);
    machine_deinit(&machine);
}

static void test_no_name(void **state)
{
    struct config config = defaults();
    struct machine machine;
    struct folder *folder = *state;

    memset(config.name, 0, sizeof(config.name));
    assert_int_equal(machine_load(&machine, &folder->place, &config), 0);
    machine_deinit(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(test_made_once),      folder_test(test_id_is_of_the_certificate),
        folder_test(test_key_is_private), folder_test(test_clone),
        folder_test(test_no_binding),     folder_test(test_existing_only),
        folder_test(test_damaged),        folder_test(test_configured_certificate),
        folder_test(test_long_name),      folder_test(test_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
