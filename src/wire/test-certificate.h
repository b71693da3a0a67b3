/* For tests and tools: a fresh Ed25519 key and a self-signed certificate over it. */
#pragma once

#include "base/buffer.h"

/* Appends both as DER. Returns 0 or -EIO. */
int test_certificate_make(struct buffer *certificate_out, struct buffer *key_out);
/* The same over another kind of key: "RSA" (of 2048 bits) or "EC" (P-256). */
int test_certificate_make_of(const char *kind, struct buffer *certificate_out,
                             struct buffer *key_out);
