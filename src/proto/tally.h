/* The sum of a long stream: SHA-256 over the SHA-256 of its pieces, so that pieces can be summed
 * beside each other (lanes.h). What is not in pieces goes into the outer sum as it is.
 *
 *   sum = SHA-256( what was given to tally_add(), and for each tally_add_pieces() the SHA-256 of
 *                  every TALLY_PIECE bytes, and of the rest ) in that order
 */
#pragma once

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/crypto.h"

enum { TALLY_PIECE = 16 * 1024 };

struct tally {
    EVP_MD *method;
    EVP_MD_CTX *outer, *inner;
    int error; /* stays */
};

/* Returns 0, -ENOMEM or -EIO. */
int tally_init(struct tally *tally);
void tally_add(struct tally *tally, const void *bytes, size_t size);
void tally_add_pieces(struct tally *tally, const uint8_t *bytes, size_t size);
/* The same of bytes that somebody may change meanwhile: they are copied, and what is summed is the
 * copy. */
void tally_copy_pieces(struct tally *tally, const uint8_t *bytes, size_t size, uint8_t *copy_out);
/* Returns 0 or -EIO. */
int tally_finish(struct tally *tally, uint8_t sum_out[SHA256_SIZE]);
/* Zeroed or released, a tally may be released again. */
void tally_deinit(struct tally *tally);
