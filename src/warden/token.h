/* Bearer tokens for scrapers: random, kept only as their SHA-256, and never more than a right to
 * observe. */
#pragma once

#include <stdint.h>

#include "base/buffer.h"
#include "warden/place.h"

enum { TOKEN_HASH_SIZE = 32, TOKEN_TEXT_SIZE = 5 + 43 + 1 }; /* "hune_" and base64url */

/* Makes a token called `label` and keeps its hash. Returns 0 or -errno. */
int token_make(const struct place *place, const char *label, char text_out[TOKEN_TEXT_SIZE]);
/* Removes the tokens of that label. Returns how many, or -errno. */
int token_revoke(const struct place *place, const char *label);
/* Appends a line `label  date` per token. Returns 0 or -errno. */
int token_list(const struct place *place, struct buffer *out);
/* The rights that go with the hash: RIGHT_OBSERVE, or none. Reads the file each time: scrapes are
 * rare. */
uint16_t token_rights(const struct place *place, const uint8_t hash[TOKEN_HASH_SIZE]);
