/* Who may do what: the operators file, in authorized_keys syntax with Hune's options.
 *
 *   may="observe,run",as="root,www-data" ssh-ed25519 AAAA... alice@laptop
 *
 * A bare key may only observe. The file is read again when it changed. A bad line is reported with
 * its number and grants nothing; it never takes a right from the other lines.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "proto/invite.h"
#include "proto/limits.h"
#include "proto/sshkey.h"

enum { OPERATOR_AS_MAX = 1023 };

struct operator_entry {
    struct sshkey key;
    uint8_t fingerprint[FINGERPRINT_SIZE];
    uint16_t rights;
    char as[OPERATOR_AS_MAX + 1]; /* comma-separated users, the default first; "*" allows any */
    char name[INVITE_LABEL_MAX + 1];
    int line;
};

struct keyring {
    char *path; /* borrowed */
    struct operator_entry *operators;
    size_t count;
    size_t bad;       /* lines that grant nothing */
    struct stat seen; /* of the file that was read */
    /* Told of each operator who lost a right, or all of them, at a refresh; may be NULL. */
    void (*on_lessened)(const struct operator_entry *before, void *user);
    void *user;
};

/* One line of the file. Returns 0, 1 for an empty line or a comment, 2 with the reason in *why_out,
 * or -errno. */
int operator_parse(struct operator_entry *operator_out, const char *line, const char **why_out);
/* Appends the line, newline included. Returns 0 or -ENOMEM. */
int operator_format(const struct operator_entry *who, struct buffer *out);

void keyring_init(struct keyring *keyring, char *path);
void keyring_deinit(struct keyring *keyring);
/* Reads the file again if it changed, and logs its bad lines. Without a file there are no
 * operators. Returns 0 or -errno; on error nobody is known, which is the safe side. */
int keyring_refresh(struct keyring *keyring);
/* NULL for a key that is not there. Valid until the next refresh. */
const struct operator_entry *keyring_find(const struct keyring *keyring, const struct sshkey *key);
/* Adds the who, or gives a key that is there already the new line. Returns 0 or -errno. */
int keyring_add(struct keyring *keyring, const struct operator_entry *who);

/* Whether `user` (already the default if the order named none) is allowed by `as`. */
bool operator_may_run_as(const struct operator_entry *who, const char *user);
