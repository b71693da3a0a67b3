/* SSHSIG signatures (PROTOCOL.sshsig), namespace "order@hune": what `ssh-keygen -Y verify` checks.
 *
 * The message is hashed with SHA-512; the signed blob is "SSHSIG", namespace, "", "sha512", hash.
 * A FIDO signature is Ed25519 over SHA256(application) | flags | counter | SHA256(signed blob), and
 * must say that a user was present.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "proto/crypto.h"
#include "proto/sshkey.h"

#define SSHSIG_NAMESPACE "order@hune"

enum sshsig_error {
    SSHSIG_E_FORMAT = 1, /* not a signature blob of this version, or bytes are left over */
    SSHSIG_E_NAMESPACE,  /* made for another purpose */
    SSHSIG_E_KEY,        /* a key type that Hune does not take */
    SSHSIG_E_PRESENCE,   /* a FIDO key signed without a touch */
    SSHSIG_E_WRONG,      /* the signature does not fit */
};

/* The bytes that a key (or ssh-agent) signs for `message`. Returns 0, -ENOMEM or -EIO. */
int sshsig_to_sign(const void *message, size_t size, struct buffer *out);
/* The blob for a raw signature as ssh-agent returns it ({string type, string signature, ...}).
 * Returns 0 or -ENOMEM. */
int sshsig_wrap(const struct sshkey *key, struct slice raw_signature, struct buffer *blob_out);
/* Both steps with a private key at hand. Returns 0, -ENOMEM or -EIO. */
int sshsig_sign(const struct sshkey_private *key, const void *message, size_t size,
                struct buffer *blob_out);

/* Whose signature it claims to be; nothing is verified. Returns 0 or an enum sshsig_error. */
int sshsig_key(struct slice blob, struct sshkey *key_out);
/* Whether `blob` is a signature by exactly `key` over exactly `message` in Hune's namespace.
 * Returns 0, an enum sshsig_error, or -ENOMEM / -EIO. */
int sshsig_verify(struct slice blob, const struct sshkey *key, const void *message, size_t size);
/* The same for who verifies many signatures by few keys. `last` may be NULL. */
int sshsig_verify_next(struct crypto_last *last, struct slice blob, const struct sshkey *key,
                       const void *message, size_t size);

/* The armoured file form ("-----BEGIN SSH SIGNATURE-----"), for ssh-keygen and the audit trail. */
int sshsig_armor(struct slice blob, struct buffer *out);
/* Returns 0, -ENOMEM or SSHSIG_E_FORMAT. */
int sshsig_dearmor(const char *text, size_t size, struct buffer *blob_out);
