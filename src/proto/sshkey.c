/* See sshkey.h. The private file format is in sshkey-private.c. */
#include "proto/sshkey.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"
#include "proto/crypto.h"

_Static_assert((int)ED25519_SIZE == (int)ED25519_POINT_SIZE, "one size under two names");
_Static_assert((int)FINGERPRINT_SIZE == (int)SHA256_SIZE, "a fingerprint is a SHA-256");

static const char *const type_names[] = {
    [SSHKEY_ED25519] = "ssh-ed25519",
    [SSHKEY_SK_ED25519] = "sk-ssh-ed25519@openssh.com",
};

enum {
    SSHKEY_TYPE_NAME_MAX = 64, /* RFC 4251, section 6 */
    FINGERPRINT_DIGITS = 43,   /* unpadded base64 of 32 bytes */
};

#define FINGERPRINT_PREFIX "SHA256:"

const char *sshkey_type_name(enum sshkey_type type)
{
    return type_names[type];
}

/* RFC 4251, section 6: names are printable US-ASCII without white space. */
static bool slice_is_name(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.bytes[i] <= 0x20 || name.bytes[i] >= 0x7f)
            return false;
    }
    return name.size > 0;
}

int sshkey_decode(struct sshkey *key_out, struct slice blob)
{
    struct reader reader = reader_init(blob.bytes, blob.size);
    struct slice name = reader_slice32(&reader, SSHKEY_TYPE_NAME_MAX);
    struct slice point;
    struct slice application = {0};
    struct sshkey key = {0};

    if (reader.failed || !slice_is_name(name))
        return SSHKEY_E_FORMAT;
    if (slice_is_text(name, type_names[SSHKEY_ED25519]))
        key.type = SSHKEY_ED25519;
    else if (slice_is_text(name, type_names[SSHKEY_SK_ED25519]))
        key.type = SSHKEY_SK_ED25519;
    else
        return SSHKEY_E_TYPE;
    point = reader_slice32(&reader, ED25519_SIZE);
    if (key.type == SSHKEY_SK_ED25519)
        application = reader_slice32(&reader, SSHKEY_APPLICATION_MAX);
    if (!reader_done(&reader) || point.size != ED25519_SIZE)
        return SSHKEY_E_FORMAT;
    if (key.type == SSHKEY_SK_ED25519 && !slice_is_name(application))
        return SSHKEY_E_FORMAT;
    memcpy(key.point, point.bytes, ED25519_SIZE);
    if (application.size > 0)
        memcpy(key.application, application.bytes, application.size);
    *key_out = key;
    return 0;
}

int sshkey_encode(const struct sshkey *key, struct buffer *blob_out)
{
    struct writer writer = writer_init(blob_out);
    const char *name = type_names[key->type];

    writer_slice32(&writer, name, strlen(name));
    writer_slice32(&writer, key->point, ED25519_SIZE);
    if (key->type == SSHKEY_SK_ED25519)
        writer_slice32(&writer, key->application, strlen(key->application));
    return writer.error;
}

int sshkey_parse_line(struct sshkey *key_out, const char *line, const char **comment_out)
{
    static const char space[] = " \t\r\n";
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    const char *name = line + strspn(line, space);
    size_t name_length = strcspn(name, space);
    const char *digits = name + name_length + strspn(name + name_length, space);
    size_t digits_length = strcspn(digits, space);
    int r;

    if (name_length == 0 || digits_length == 0)
        return SSHKEY_E_FORMAT;
    r = base64_decode(digits, digits_length, &blob);
    if (r)
        return r < 0 ? r : SSHKEY_E_FORMAT;
    r = sshkey_decode(key_out, buffer_slice(&blob));
    if (r)
        return r;
    /* The word before the blob is only for people, so it must not say anything else than the blob.
     */
    if (!slice_is_text((struct slice){(const uint8_t *)name, name_length},
                       type_names[key_out->type]))
        return SSHKEY_E_FORMAT;
    if (comment_out)
        *comment_out = digits + digits_length + strspn(digits + digits_length, space);
    return 0;
}

int sshkey_append_line(const struct sshkey *key, struct buffer *out)
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    int r = sshkey_encode(key, &blob);

    if (!r)
        r = buffer_printf(out, "%s ", type_names[key->type]);
    return r ? r : base64_encode(buffer_bytes(&blob), buffer_length(&blob), true, out);
}

bool sshkey_equal(const struct sshkey *a, const struct sshkey *b)
{
    return a->type == b->type && memcmp(a->point, b->point, ED25519_SIZE) == 0 &&
           (a->type != SSHKEY_SK_ED25519 || strcmp(a->application, b->application) == 0);
}

int sshkey_fingerprint(const struct sshkey *key, uint8_t fingerprint_out[FINGERPRINT_SIZE])
{
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    int r = sshkey_encode(key, &blob);

    return r ? r : crypto_sha256(buffer_bytes(&blob), buffer_length(&blob), fingerprint_out);
}

void fingerprint_format(const uint8_t fingerprint[FINGERPRINT_SIZE],
                        char text_out[FINGERPRINT_TEXT_SIZE])
{
    unsigned char padded[FINGERPRINT_DIGITS + 2]; /* one `=` and a NUL */
    size_t prefix_length = sizeof(FINGERPRINT_PREFIX) - 1;

    EVP_EncodeBlock(padded, fingerprint, FINGERPRINT_SIZE);
    memcpy(text_out, FINGERPRINT_PREFIX, prefix_length);
    memcpy(text_out + prefix_length, padded, FINGERPRINT_DIGITS);
    text_out[prefix_length + FINGERPRINT_DIGITS] = '\0';
}

bool fingerprint_parse(const char *text, uint8_t fingerprint_out[FINGERPRINT_SIZE])
{
    unsigned char padded[FINGERPRINT_DIGITS + 1];
    uint8_t bytes[FINGERPRINT_SIZE + 1]; /* OpenSSL decodes the padding to a zero */
    char again[FINGERPRINT_TEXT_SIZE];

    if (strlen(text) != FINGERPRINT_TEXT_SIZE - 1 || !text_starts(text, FINGERPRINT_PREFIX))
        return false;
    memcpy(padded, text + sizeof(FINGERPRINT_PREFIX) - 1, FINGERPRINT_DIGITS);
    padded[FINGERPRINT_DIGITS] = '=';
    if (EVP_DecodeBlock(bytes, padded, sizeof(padded)) != (int)sizeof(bytes))
        return false;
    /* OpenSSL forgives spaces and stray bits; an id has one spelling. */
    fingerprint_format(bytes, again);
    if (strcmp(again, text) != 0)
        return false;
    memcpy(fingerprint_out, bytes, FINGERPRINT_SIZE);
    return true;
}
