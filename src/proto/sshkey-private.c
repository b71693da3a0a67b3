/* Private keys: made here, and kept in OpenSSH's file format (PROTOCOL.key):
 *
 *   "openssh-key-v1\0"  string cipher  string kdf  string kdf options  u32 1  string public blob
 *   string { u32 check, u32 check, string type, string point, string seed | point, string comment,
 *            padding 1, 2, 3... to a multiple of 8 }
 *
 * Only files without a passphrase are read; for the others ssh-agent signs. */
#include <errno.h>
#include <string.h>

#include "base/random.h"
#include "proto/armor.h"
#include "proto/crypto.h"
#include "proto/sshkey.h"

#define PRIVATE_LABEL "OPENSSH PRIVATE KEY"
#define PRIVATE_MAGIC "openssh-key-v1" /* with its NUL */

enum {
    PRIVATE_BLOCK = 8, /* the block size of cipher "none" */
    PRIVATE_WORD_MAX = 64,
    PRIVATE_SECTION_MAX = 64 * 1024,
};

_Static_assert((int)ED25519_SIZE == (int)ED25519_SEED_SIZE, "one size under two names");

int sshkey_generate(struct sshkey_private *key_out, const char *comment)
{
    size_t length = strnlen(comment, sizeof(key_out->comment) - 1);

    *key_out = (struct sshkey_private){.key.type = SSHKEY_ED25519};
    memcpy(key_out->comment, comment, length);
    if (random_bytes(key_out->seed, ED25519_SIZE))
        return -EIO;
    return crypto_ed25519_point(key_out->seed, key_out->key.point);
}

/* The private section, whose every byte is accounted for. */
static int section_parse(struct sshkey_private *key, struct slice section)
{
    struct reader reader = reader_init(section.bytes, section.size);
    uint32_t check = reader_u32(&reader);
    uint32_t check_again = reader_u32(&reader);
    struct slice name = reader_slice32(&reader, PRIVATE_WORD_MAX);
    struct slice point = reader_slice32(&reader, ED25519_SIZE);
    struct slice pair = reader_slice32(&reader, 2 * ED25519_SIZE);
    struct slice comment = reader_slice32(&reader, PRIVATE_SECTION_MAX);
    size_t padding = reader_left(&reader);
    size_t kept = comment.size;
    uint8_t derived[ED25519_SIZE];
    int r;

    if (reader.failed || check != check_again ||
        !slice_is_text(name, sshkey_type_name(SSHKEY_ED25519)) || point.size != ED25519_SIZE ||
        pair.size != 2 * ED25519_SIZE || section.size % PRIVATE_BLOCK || padding >= PRIVATE_BLOCK)
        return SSHKEY_E_FORMAT;
    for (size_t i = 1; i <= padding; i++) {
        if (reader_u8(&reader) != i)
            return SSHKEY_E_FORMAT;
    }
    r = crypto_ed25519_point(pair.bytes, derived);
    if (r)
        return r;
    /* A seed beside somebody else's point would make signatures that give the seed away. */
    if (memcmp(point.bytes, derived, ED25519_SIZE) != 0 ||
        memcmp(pair.bytes + ED25519_SIZE, derived, ED25519_SIZE) != 0 ||
        memcmp(key->key.point, derived, ED25519_SIZE) != 0)
        return SSHKEY_E_FORMAT;
    memcpy(key->seed, pair.bytes, ED25519_SIZE);
    if (kept > sizeof(key->comment) - 1)
        kept = sizeof(key->comment) - 1;
    if (kept > 0)
        memcpy(key->comment, comment.bytes, kept);
    return 0;
}

static int file_parse(struct sshkey_private *key, struct slice file)
{
    struct reader reader = reader_init(file.bytes, file.size);
    const uint8_t *magic = reader_bytes(&reader, sizeof(PRIVATE_MAGIC));
    struct slice cipher = reader_slice32(&reader, PRIVATE_WORD_MAX);
    struct slice kdf = reader_slice32(&reader, PRIVATE_WORD_MAX);
    struct slice kdf_options = reader_slice32(&reader, PRIVATE_SECTION_MAX);
    uint32_t keys = reader_u32(&reader);
    struct slice blob = reader_slice32(&reader, PRIVATE_SECTION_MAX);
    struct slice section = reader_slice32(&reader, PRIVATE_SECTION_MAX);
    int r;

    if (!magic || memcmp(magic, PRIVATE_MAGIC, sizeof(PRIVATE_MAGIC)) != 0 || reader.failed ||
        keys != 1)
        return SSHKEY_E_FORMAT;
    r = sshkey_decode(&key->key, blob);
    if (r)
        return r;
    /* A FIDO file holds a handle for the token, which only ssh-agent or ssh-keygen can ask. */
    if (key->key.type != SSHKEY_ED25519)
        return SSHKEY_E_TYPE;
    if (!slice_is_text(cipher, "none") || !slice_is_text(kdf, "none"))
        return SSHKEY_E_ENCRYPTED;
    if (!reader_done(&reader) || kdf_options.size != 0)
        return SSHKEY_E_FORMAT;
    return section_parse(key, section);
}

int sshkey_private_parse(struct sshkey_private *key_out, const char *text, size_t size)
{
    _cleanup_wipe_ struct buffer bytes = BUFFER_INIT;
    int r = armor_remove(text, size, PRIVATE_LABEL, &bytes);

    *key_out = (struct sshkey_private){0};
    if (r)
        return r < 0 ? r : SSHKEY_E_FORMAT;
    r = file_parse(key_out, buffer_slice(&bytes));
    if (r)
        explicit_bzero(key_out, sizeof(*key_out));
    return r;
}

static int section_write(const struct sshkey_private *key, struct buffer *section)
{
    struct writer writer = writer_init(section);
    const char *name = sshkey_type_name(SSHKEY_ED25519);
    uint8_t pair[2 * ED25519_SIZE];
    uint32_t check;

    if (random_bytes(&check, sizeof(check)))
        return -EIO;
    memcpy(pair, key->seed, ED25519_SIZE);
    memcpy(pair + ED25519_SIZE, key->key.point, ED25519_SIZE);
    writer_u32(&writer, check);
    writer_u32(&writer, check);
    writer_slice32(&writer, name, strlen(name));
    writer_slice32(&writer, key->key.point, ED25519_SIZE);
    writer_slice32(&writer, pair, sizeof(pair));
    writer_slice32(&writer, key->comment, strlen(key->comment));
    for (uint8_t i = 1; !writer.error && buffer_length(section) % PRIVATE_BLOCK; i++)
        writer_u8(&writer, i);
    explicit_bzero(pair, sizeof(pair));
    return writer.error;
}

int sshkey_private_write(const struct sshkey_private *key, struct buffer *out)
{
    _cleanup_wipe_ struct buffer section = BUFFER_INIT;
    _cleanup_wipe_ struct buffer file = BUFFER_INIT;
    _cleanup_buffer_ struct buffer blob = BUFFER_INIT;
    struct writer writer = writer_init(&file);
    int r = section_write(key, &section);

    if (!r)
        r = sshkey_encode(&key->key, &blob);
    if (r)
        return r;
    writer_bytes(&writer, PRIVATE_MAGIC, sizeof(PRIVATE_MAGIC));
    writer_slice32(&writer, "none", 4);
    writer_slice32(&writer, "none", 4);
    writer_slice32(&writer, NULL, 0);
    writer_u32(&writer, 1);
    writer_slice32(&writer, buffer_bytes(&blob), buffer_length(&blob));
    writer_slice32(&writer, buffer_bytes(&section), buffer_length(&section));
    if (writer.error)
        return writer.error;
    return armor_append(out, PRIVATE_LABEL, buffer_bytes(&file), buffer_length(&file));
}
