/* See machine.h. */
#include "warden/machine.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "proto/sshkey.h"
#define LOG_TAG "machine"
#include "base/log.h"

enum { MACHINE_FILE_MAX = 64 * 1024, CERTIFICATE_DAYS = 36500 };

static void cleanup_pkey(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void cleanup_x509(X509 **certificate)
{
    X509_free(*certificate);
}

static void cleanup_bio(BIO **bio)
{
    BIO_free_all(*bio);
}

void machine_deinit(struct machine *machine)
{
    buffer_deinit(&machine->certificate);
    buffer_wipe(&machine->key);
}

/* What makes this computer this computer: the installation's id, and the board's where root may
 * read it. */
static int machine_binding(struct buffer *out)
{
    _cleanup_buffer_ struct buffer all = BUFFER_INIT;
    uint8_t digest[32];
    char text[2 * sizeof(digest) + 1];

    file_read("/etc/machine-id", MACHINE_FILE_MAX, &all);
    if (geteuid() == 0)
        file_read("/sys/class/dmi/id/product_uuid", MACHINE_FILE_MAX, &all);
    if (!EVP_Digest(buffer_bytes(&all), buffer_length(&all), digest, NULL, EVP_sha256(), NULL))
        return -EIO;
    hex_encode(digest, sizeof(digest), text);
    return buffer_append_text(out, text);
}

static int machine_take(struct machine *machine, EVP_PKEY *key, X509 *certificate)
{
    uint8_t *der = NULL;
    uint8_t *spki = NULL;
    int size;
    int r;

    size = i2d_X509(certificate, &der);
    r = size < 0 ? -EIO : buffer_append(&machine->certificate, der, (size_t)size);
    OPENSSL_free(der);
    if (r)
        return r;
    der = NULL;
    size = i2d_PrivateKey(key, &der);
    r = size < 0 ? -EIO : buffer_append(&machine->key, der, (size_t)size);
    OPENSSL_clear_free(der, size < 0 ? 0 : (size_t)size);
    if (r)
        return r;
    size = i2d_PUBKEY(key, &spki);
    if (size < 0 || !EVP_Digest(spki, (size_t)size, machine->id, NULL, EVP_sha256(), NULL))
        r = -EIO;
    OPENSSL_free(spki);
    return r;
}

static int machine_read(struct machine *machine, const char *key_path, const char *certificate_path)
{
    _cleanup_wipe_ struct buffer key_text = BUFFER_INIT;
    _cleanup_buffer_ struct buffer certificate_text = BUFFER_INIT;
    _cleanup_(cleanup_pkey) EVP_PKEY *key = NULL;
    _cleanup_(cleanup_x509) X509 *certificate = NULL;
    _cleanup_(cleanup_bio) BIO *key_bio = NULL;
    _cleanup_(cleanup_bio) BIO *certificate_bio = NULL;
    int r;

    r = file_read(key_path, MACHINE_FILE_MAX, &key_text);
    if (!r)
        r = file_read(certificate_path, MACHINE_FILE_MAX, &certificate_text);
    if (r)
        return r;
    key_bio = BIO_new_mem_buf(buffer_bytes(&key_text), (int)buffer_length(&key_text));
    certificate_bio = BIO_new_mem_buf(buffer_bytes(&certificate_text),
                                      (int)buffer_length(&certificate_text));
    if (!key_bio || !certificate_bio)
        return -ENOMEM;
    key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    certificate = PEM_read_bio_X509(certificate_bio, NULL, NULL, NULL);
    if (!key || !certificate || X509_check_private_key(certificate, key) != 1)
        return -EBADMSG;
    return machine_take(machine, key, certificate);
}

/* One name for all machines, so that a program which must check a name, as scrapers do, can be
 * given the certificate itself to trust and this name to expect. */
static bool certificate_add_name(X509 *certificate)
{
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:hune");
    bool added = names && X509_add_ext(certificate, names, -1);

    X509_EXTENSION_free(names);
    return added;
}

static X509 *certificate_make(EVP_PKEY *key, const char *name)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;
    uint64_t serial;

    if (!certificate || random_bytes(&serial, sizeof(serial)))
        goto fail;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
    /* The id is pinned, not the dates: a clock that stands in 1970 must not lock anybody out. */
    ASN1_TIME_set_string(X509_getm_notBefore(certificate), "19700101000000Z");
    X509_gmtime_adj(X509_getm_notAfter(certificate), 60L * 60 * 24 * CERTIFICATE_DAYS);
    if (!X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                    -1, 0) ||
        !certificate_add_name(certificate) || !X509_set_issuer_name(certificate, subject) ||
        !X509_set_pubkey(certificate, key) || !X509_sign(certificate, key, NULL))
        goto fail;
    return certificate;
fail:
    X509_free(certificate);
    return NULL;
}

static int pem_save(const char *path, mode_t mode, BIO *bio)
{
    char *text;
    long size = BIO_get_mem_data(bio, &text);

    return size <= 0 ? -EIO : file_replace(path, mode, text, (size_t)size);
}

static int machine_make(struct machine *machine, const char *key_path, const char *certificate_path,
                        const char *name)
{
    _cleanup_(cleanup_pkey) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    _cleanup_(cleanup_x509) X509 *certificate = NULL;
    _cleanup_(cleanup_bio) BIO *key_bio = BIO_new(BIO_s_secmem());
    _cleanup_(cleanup_bio) BIO *certificate_bio = BIO_new(BIO_s_mem());
    char label[64];
    int r;

    text_copy(label, sizeof(label), *name ? name : "hune"); /* X.520 allows 64 */
    certificate = key ? certificate_make(key, label) : NULL;
    if (!certificate || !key_bio || !certificate_bio ||
        !PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(certificate_bio, certificate))
        return -EIO;
    r = pem_save(certificate_path, 0644, certificate_bio);
    if (!r)
        r = pem_save(key_path, 0600, key_bio);
    return r ? r : machine_take(machine, key, certificate);
}

static bool file_holds(const char *path, const struct buffer *text)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;

    return file_read(path, MACHINE_FILE_MAX, &content) == 0 &&
           buffer_length(&content) == buffer_length(text) &&
           memcmp(buffer_bytes(&content), buffer_bytes(text), buffer_length(text)) == 0;
}

/* The same files on another computer: the key belongs to the original, so it is kept aside. */
static void set_clone_aside(const char *key_path)
{
    _cleanup_free_ char *aside = NULL;

    if (asprintf(&aside, "%s.of-another-computer", key_path) < 0) {
        aside = NULL;
        return;
    }
    log_warning(
        "this disk was copied from another computer: its machine key was set aside as %s and "
        "a new one is made; consoles must add this machine anew",
        aside);
    if (rename(key_path, aside) < 0)
        log_warning("%s: %m", aside);
}

int machine_load_existing(struct machine *machine, const struct place *place,
                          const struct config *config)
{
    _cleanup_free_ char *key_path = place_path(place->state, "machine.key");
    _cleanup_free_ char *certificate_path = place_path(place->state, "machine.crt");

    *machine = (struct machine){0};
    if (!key_path || !certificate_path)
        return -ENOMEM;
    if (*config->certificate)
        return machine_read(machine, config->key, config->certificate);
    return machine_read(machine, key_path, certificate_path);
}

int machine_load(struct machine *machine, const struct place *place, const struct config *config)
{
    _cleanup_free_ char *key_path = place_path(place->state, "machine.key");
    _cleanup_free_ char *certificate_path = place_path(place->state, "machine.crt");
    _cleanup_free_ char *binding_path = place_path(place->state, "machine.binding");
    _cleanup_buffer_ struct buffer binding = BUFFER_INIT;
    char id[FINGERPRINT_TEXT_SIZE];
    int r;

    *machine = (struct machine){0};
    if (!key_path || !certificate_path || !binding_path)
        return -ENOMEM;
    r = machine_binding(&binding);
    if (r)
        return r;
    if (!*config->certificate && access(key_path, F_OK) == 0 && access(binding_path, F_OK) == 0 &&
        !file_holds(binding_path, &binding))
        set_clone_aside(key_path);
    r = machine_load_existing(machine, place, config);
    if (r == -ENOENT && !*config->certificate) {
        machine_deinit(machine);
        r = machine_make(machine, key_path, certificate_path, config->name);
        if (!r)
            r = file_replace(binding_path, 0600, buffer_bytes(&binding), buffer_length(&binding));
        if (!r) {
            fingerprint_format(machine->id, id);
            log_notice("made this machine's key: its id is %s", id);
        }
    }
    return r;
}
