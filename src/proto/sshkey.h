/* Keys in OpenSSH's formats: public lines, authorized_keys blobs, openssh-key-v1 private files
 * (PROTOCOL.key), Ed25519 and FIDO Ed25519 only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"

enum sshkey_type {
    SSHKEY_ED25519,    /* ssh-ed25519 */
    SSHKEY_SK_ED25519, /* sk-ssh-ed25519@openssh.com */
};

enum {
    ED25519_SIZE = 32,
    SSHKEY_APPLICATION_MAX = 64,
    FINGERPRINT_SIZE = 32,      /* SHA-256 of the key blob */
    FINGERPRINT_TEXT_SIZE = 51, /* "SHA256:" and 43 characters of base64, NUL */
};

struct sshkey {
    enum sshkey_type type;
    uint8_t point[ED25519_SIZE];
    char application[SSHKEY_APPLICATION_MAX + 1]; /* FIDO only, e.g. "ssh:" */
};

enum sshkey_error {
    SSHKEY_E_FORMAT = 1, /* not a key in that format */
    SSHKEY_E_TYPE,       /* a key of a type that Hune does not take */
    SSHKEY_E_ENCRYPTED,  /* a private key behind a passphrase: ssh-agent must sign */
};

/* The wire blob, as base64-decoded from a public line. Returns 0 or an enum sshkey_error. */
int sshkey_decode(struct sshkey *key_out, struct slice blob);
int sshkey_encode(const struct sshkey *key, struct buffer *blob_out);
/* "ssh-ed25519 AAAA... comment"; the comment is optional and points into `line`.
 * Returns 0, -ENOMEM, or an enum sshkey_error. */
int sshkey_parse_line(struct sshkey *key_out, const char *line, const char **comment_out);
/* Appends "ssh-ed25519 AAAA..." without comment. Returns 0 or -ENOMEM. */
int sshkey_append_line(const struct sshkey *key, struct buffer *out);
bool sshkey_equal(const struct sshkey *a, const struct sshkey *b);
const char *sshkey_type_name(enum sshkey_type type);

/* SHA-256 of the key blob; its text is what ssh-keygen -l shows. Returns 0 or -ENOMEM / -EIO. */
int sshkey_fingerprint(const struct sshkey *key, uint8_t fingerprint_out[FINGERPRINT_SIZE]);
/* "SHA256:" + unpadded base64, for key fingerprints and machine ids alike. */
void fingerprint_format(const uint8_t fingerprint[FINGERPRINT_SIZE],
                        char text_out[FINGERPRINT_TEXT_SIZE]);
bool fingerprint_parse(const char *text, uint8_t fingerprint_out[FINGERPRINT_SIZE]);

/* A private Ed25519 key: 32 bytes of seed. Wipe it with explicit_bzero(). */
struct sshkey_private {
    struct sshkey key;
    uint8_t seed[ED25519_SIZE];
    char comment[128];
};

/* A new key. Returns 0 or -EIO. */
int sshkey_generate(struct sshkey_private *key_out, const char *comment);
/* The text of an OpenSSH private key file. Returns 0, -ENOMEM, or an enum sshkey_error. */
int sshkey_private_parse(struct sshkey_private *key_out, const char *text, size_t size);
/* Appends the file's text, as ssh-keygen writes it without a passphrase. Returns 0 or -ENOMEM,
 * -EIO. */
int sshkey_private_write(const struct sshkey_private *key, struct buffer *out);
