/* The key file on disk: found, judged, read, made. signer.h is what others use. */
#pragma once

#include "fleet/home/fault.h"
#include "proto/sshkey.h"

/* Reads a private key file. Returns 0, -errno, SIGNER_E_MISSING, SIGNER_E_MODE (group or others can
 * read it), SIGNER_E_FORMAT, SIGNER_E_TYPE or SIGNER_E_ENCRYPTED. The caller wipes `key_out`. */
int identity_read(const char *path, struct sshkey_private *key_out, struct fault *fault);
/* Reads a public key file ("ssh-ed25519 AAAA... comment"). Returns 0, -errno, SIGNER_E_MISSING,
 * SIGNER_E_FORMAT or SIGNER_E_TYPE. */
int identity_read_public(const char *path, struct sshkey *key_out, char comment_out[128],
                         struct fault *fault);
/* Makes a key and writes `path` (0600) and `path`.pub (0644), the directory too (0700). A key that
 * is there already is never overwritten: -EEXIST. Returns 0 or -errno. */
int identity_make(const char *path, struct sshkey_private *key_out, struct fault *fault);
