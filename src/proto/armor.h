/* The armour of OpenSSH's files: base64 in lines of 70 between "-----BEGIN LABEL-----" and
 * "-----END LABEL-----". What passes through may be a private key, so every copy is wiped. */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

/* Appends the armoured text. Returns 0 or -ENOMEM. */
int armor_append(struct buffer *out, const char *label, const void *bytes, size_t size);
/* Appends the bytes within the armour; white space around and between the lines is skipped, other
 * text is not. Returns 0, -ENOMEM, or 1 for text that is not armoured with this label. */
int armor_remove(const char *text, size_t size, const char *label, struct buffer *bytes_out);
