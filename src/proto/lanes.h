/* SHA-256 of sixteen pieces of equal length at once, one per lane of the processor's widest
 * vectors: on processors that have them (AVX-512) nearly twice as fast as one after the other with
 * the SHA instructions. What comes out is what OpenSSL would say of each piece. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/crypto.h"

enum { LANES = 16, LANES_BLOCK = 64 };

/* Whether this processor can. */
bool lanes_are_there(void);
/* Only if they are. `bytes` are the pieces in a row, of `size` bytes each, a multiple of
 * LANES_BLOCK. Unless `copy_out` is NULL, they go there, too: each byte is looked at once, so the
 * sums are those of the copy even if somebody changes the bytes meanwhile. */
void lanes_sum(const uint8_t *bytes, size_t size, uint8_t *copy_out,
               uint8_t sums_out[LANES][SHA256_SIZE]);
