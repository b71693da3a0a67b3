/* The operator's signing key: a file of ours, a file that was named, or a key held by ssh-agent. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/home/fault.h"
#include "proto/sshkey.h"

struct signer;

enum signer_error {
    SIGNER_E_MISSING = 1, /* no such file, and it was named by the operator */
    SIGNER_E_MODE,        /* others can read the private key */
    SIGNER_E_FORMAT,      /* not a key file */
    SIGNER_E_TYPE,        /* neither Ed25519 nor FIDO Ed25519 */
    SIGNER_E_ENCRYPTED,   /* behind a passphrase, and ssh-agent does not hold it */
    SIGNER_E_NO_AGENT,    /* SSH_AUTH_SOCK is unset, or nobody answers there */
    SIGNER_E_NOT_HELD,    /* the agent runs, but does not hold this key */
    SIGNER_E_REFUSED,     /* the agent would not sign (locked, not confirmed, not touched) */
    SIGNER_E_AGENT,       /* the agent answered nonsense, or not in time */
};

/* Opens a key.
 *   identity NULL      the key at `own_path` (paths.identity), made there at first use
 *   identity FILE      that private key; if it is encrypted or a FIDO key's handle, ssh-agent signs
 *   identity FILE.pub  the public key in it; ssh-agent must hold its private half
 * Returns 0, -errno, or an enum signer_error; `fault` (may be NULL) has the sentence and the way
 * out.
 */
int signer_open(const char *identity, const char *own_path, struct signer **signer_out,
                struct fault *fault);
struct signer *signer_free(struct signer *signer);
void signer_cleanup(struct signer **signer);
#define _cleanup_signer_ _cleanup_(signer_cleanup)

/* Signs an order's bytes; appends the SSHSIG blob. A FIDO key waits here for the touch (at most a
 * minute), a confirming agent for its user. Not from two threads at once. Returns 0, -errno, or an
 * enum signer_error; signer_fault() then has the sentence. */
int signer_sign(struct signer *signer, const void *bytes, size_t size,
                struct buffer *sshsig_blob_out);
/* Of the last signer_sign() that failed. Never NULL. */
const struct fault *signer_fault(const struct signer *signer);

const struct sshkey *signer_key(const struct signer *signer);
/* "SHA256:...", as ssh-keygen -l shows it. */
const char *signer_fingerprint(const struct signer *signer);
/* What stands behind the key in its file: usually user@host. May be "". */
const char *signer_comment(const struct signer *signer);
/* Where the key is: a path, or "ssh-agent". */
const char *signer_origin(const struct signer *signer);
/* Whether signer_open() has just made the key. */
bool signer_is_new(const struct signer *signer);
/* Appends the line (no newline) that gives this key rights when added to a machine's operators
 * file: may="observe,run",as="root" ssh-ed25519 AAAA... comment. `may` or `as` NULL leaves that
 * option out. Returns 0 or -ENOMEM. */
int signer_operators_line(const struct signer *signer, const char *may, const char *as,
                          struct buffer *out);
