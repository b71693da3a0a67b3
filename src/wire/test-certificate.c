/* See test-certificate.h. */
#include "wire/test-certificate.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/error.h"

static X509 *certificate_sign(EVP_PKEY *key)
{
    static const unsigned char name[] = "hune test";
    X509 *certificate = X509_new();
    X509_NAME *subject;

    if (!certificate)
        return NULL;
    subject = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600L) &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
        X509_sign(certificate, key, NULL) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static EVP_PKEY *key_of(const char *kind)
{
    if (strcmp(kind, "RSA") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048);
    if (strcmp(kind, "EC") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind, "P-256");
    return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

int test_certificate_make(struct buffer *certificate_out, struct buffer *key_out)
{
    return test_certificate_make_of("ED25519", certificate_out, key_out);
}

int test_certificate_make_of(const char *kind, struct buffer *certificate_out,
                             struct buffer *key_out)
{
    EVP_PKEY *key = key_of(kind);
    X509 *certificate = key ? certificate_sign(key) : NULL;
    unsigned char *certificate_der = NULL;
    unsigned char *key_der = NULL;
    int r = -EIO;

    if (certificate) {
        int certificate_size = i2d_X509(certificate, &certificate_der);
        int key_size = i2d_PrivateKey(key, &key_der);

        if (certificate_size > 0 && key_size > 0 &&
            !buffer_append(certificate_out, certificate_der, (size_t)certificate_size) &&
            !buffer_append(key_out, key_der, (size_t)key_size))
            r = 0;
    }
    OPENSSL_free(certificate_der);
    OPENSSL_free(key_der);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return r;
}
