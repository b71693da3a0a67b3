/* See sshsig.h. */
#include "proto/sshsig.h"

#include <errno.h>
#include <string.h>

#include "proto/armor.h"
#include "proto/crypto.h"
#include "proto/limits.h"

#define SSHSIG_MAGIC "SSHSIG" /* six bytes, without a NUL */
#define SSHSIG_LABEL "SSH SIGNATURE"

enum {
    SSHSIG_MAGIC_SIZE = sizeof(SSHSIG_MAGIC) - 1,
    SSHSIG_VERSION = 1,
    SK_USER_PRESENT = 0x01, /* WebAuthn, section 6.1 */
    /* application hash, flags, counter, message hash */
    SK_SIGNED_SIZE = SHA256_SIZE + 1 + 4 + SHA256_SIZE,
};

/* A parsed blob; everything points into it. */
struct signature {
    struct sshkey key;
    const char *hash_name;
    struct slice bytes;
    uint8_t flags; /* FIDO only */
    uint32_t counter;
};

static int to_sign(const void *message, size_t size, const char *hash_name, struct buffer *out)
{
    struct writer writer = writer_init(out);
    uint8_t hash[SHA512_SIZE];
    bool is_sha512 = strcmp(hash_name, "sha512") == 0;
    int r = is_sha512 ? crypto_sha512(message, size, hash) : crypto_sha256(message, size, hash);

    if (r)
        return r;
    writer_bytes(&writer, SSHSIG_MAGIC, SSHSIG_MAGIC_SIZE);
    writer_slice32(&writer, SSHSIG_NAMESPACE, strlen(SSHSIG_NAMESPACE));
    writer_slice32(&writer, NULL, 0);
    writer_slice32(&writer, hash_name, strlen(hash_name));
    writer_slice32(&writer, hash, is_sha512 ? SHA512_SIZE : SHA256_SIZE);
    return writer.error;
}

int sshsig_to_sign(const void *message, size_t size, struct buffer *out)
{
    return to_sign(message, size, "sha512", out);
}

int sshsig_wrap(const struct sshkey *key, struct slice raw_signature, struct buffer *blob_out)
{
    _cleanup_buffer_ struct buffer key_blob = BUFFER_INIT;
    struct writer writer = writer_init(blob_out);
    int r = sshkey_encode(key, &key_blob);

    if (r)
        return r;
    writer_bytes(&writer, SSHSIG_MAGIC, SSHSIG_MAGIC_SIZE);
    writer_u32(&writer, SSHSIG_VERSION);
    writer_slice32(&writer, buffer_bytes(&key_blob), buffer_length(&key_blob));
    writer_slice32(&writer, SSHSIG_NAMESPACE, strlen(SSHSIG_NAMESPACE));
    writer_slice32(&writer, NULL, 0);
    writer_slice32(&writer, "sha512", strlen("sha512"));
    writer_slice32(&writer, raw_signature.bytes, raw_signature.size);
    return writer.error;
}

int sshsig_sign(const struct sshkey_private *key, const void *message, size_t size,
                struct buffer *blob_out)
{
    _cleanup_buffer_ struct buffer signed_bytes = BUFFER_INIT;
    _cleanup_buffer_ struct buffer raw = BUFFER_INIT;
    struct writer writer = writer_init(&raw);
    const char *name = sshkey_type_name(SSHKEY_ED25519);
    uint8_t signature[ED25519_SIGNATURE_SIZE];
    int r = sshsig_to_sign(message, size, &signed_bytes);

    if (!r)
        r = crypto_ed25519_sign(key->seed, buffer_bytes(&signed_bytes),
                                buffer_length(&signed_bytes), signature);
    if (r)
        return r;
    writer_slice32(&writer, name, strlen(name));
    writer_slice32(&writer, signature, sizeof(signature));
    if (writer.error)
        return writer.error;
    return sshsig_wrap(&key->key, buffer_slice(&raw), blob_out);
}

/* The innermost string: {string type, string signature}, and for FIDO {u8 flags, u32 counter}. */
static int raw_parse(struct signature *signature, struct slice raw)
{
    struct reader reader = reader_init(raw.bytes, raw.size);
    struct slice name = reader_slice32(&reader, LIMIT_SIGNATURE);

    signature->bytes = reader_slice32(&reader, ED25519_SIGNATURE_SIZE);
    if (signature->key.type == SSHKEY_SK_ED25519) {
        signature->flags = reader_u8(&reader);
        signature->counter = reader_u32(&reader);
    }
    if (!reader_done(&reader) || signature->bytes.size != ED25519_SIGNATURE_SIZE ||
        !slice_is_text(name, sshkey_type_name(signature->key.type)))
        return SSHSIG_E_FORMAT;
    return 0;
}

static int signature_parse(struct signature *signature, struct slice blob)
{
    struct reader reader = reader_init(blob.bytes, blob.size);
    const uint8_t *magic = reader_bytes(&reader, SSHSIG_MAGIC_SIZE);
    uint32_t version = reader_u32(&reader);
    struct slice key = reader_slice32(&reader, LIMIT_SIGNATURE);
    struct slice namespace = reader_slice32(&reader, LIMIT_SIGNATURE);
    struct slice reserved = reader_slice32(&reader, 0);
    struct slice hash = reader_slice32(&reader, LIMIT_SIGNATURE);
    struct slice raw = reader_slice32(&reader, LIMIT_SIGNATURE);
    int r;

    (void)reserved;
    if (!reader_done(&reader) || memcmp(magic, SSHSIG_MAGIC, SSHSIG_MAGIC_SIZE) != 0 ||
        version != SSHSIG_VERSION)
        return SSHSIG_E_FORMAT;
    if (!slice_is_text(namespace, SSHSIG_NAMESPACE))
        return SSHSIG_E_NAMESPACE;
    if (slice_is_text(hash, "sha512"))
        signature->hash_name = "sha512";
    else if (slice_is_text(hash, "sha256"))
        signature->hash_name = "sha256";
    else
        return SSHSIG_E_FORMAT;
    r = sshkey_decode(&signature->key, key);
    if (r)
        return r == SSHKEY_E_TYPE ? SSHSIG_E_KEY : SSHSIG_E_FORMAT;
    return raw_parse(signature, raw);
}

int sshsig_key(struct slice blob, struct sshkey *key_out)
{
    struct signature signature = {0};
    int r = signature_parse(&signature, blob);

    if (r)
        return r;
    *key_out = signature.key;
    return 0;
}

/* What a token signs instead of the bytes themselves (PROTOCOL.u2f). */
static int sk_to_sign(const struct signature *signature, const struct buffer *signed_bytes,
                      uint8_t bytes_out[SK_SIGNED_SIZE])
{
    const char *application = signature->key.application;
    uint8_t *at = bytes_out + SHA256_SIZE;
    int r = crypto_sha256(application, strlen(application), bytes_out);

    if (r)
        return r;
    *at++ = signature->flags;
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(signature->counter >> shift);
    return crypto_sha256(buffer_bytes(signed_bytes), buffer_length(signed_bytes), at);
}

int sshsig_verify(struct slice blob, const struct sshkey *key, const void *message, size_t size)
{
    return sshsig_verify_next(NULL, blob, key, message, size);
}

int sshsig_verify_next(struct crypto_last *last, struct slice blob, const struct sshkey *key,
                       const void *message, size_t size)
{
    _cleanup_buffer_ struct buffer signed_bytes = BUFFER_INIT;
    struct signature signature = {0};
    uint8_t sk_bytes[SK_SIGNED_SIZE];
    struct slice covered;
    bool good = false;
    int r = signature_parse(&signature, blob);

    if (r)
        return r;
    if (!sshkey_equal(&signature.key, key))
        return SSHSIG_E_WRONG;
    if (key->type == SSHKEY_SK_ED25519 && !(signature.flags & SK_USER_PRESENT))
        return SSHSIG_E_PRESENCE;
    r = to_sign(message, size, signature.hash_name, &signed_bytes);
    if (r)
        return r;
    covered = buffer_slice(&signed_bytes);
    if (key->type == SSHKEY_SK_ED25519) {
        r = sk_to_sign(&signature, &signed_bytes, sk_bytes);
        if (r)
            return r;
        covered = (struct slice){sk_bytes, sizeof(sk_bytes)};
    }
    r = crypto_ed25519_verify(last, key->point, covered.bytes, covered.size, signature.bytes.bytes,
                              &good);
    if (r)
        return r;
    return good ? 0 : SSHSIG_E_WRONG;
}

int sshsig_armor(struct slice blob, struct buffer *out)
{
    return armor_append(out, SSHSIG_LABEL, blob.bytes, blob.size);
}

int sshsig_dearmor(const char *text, size_t size, struct buffer *blob_out)
{
    int r = armor_remove(text, size, SSHSIG_LABEL, blob_out);

    return r > 0 ? SSHSIG_E_FORMAT : r;
}
