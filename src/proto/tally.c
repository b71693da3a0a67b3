/* See tally.h. */
#include "proto/tally.h"

#include <errno.h>

#include "proto/lanes.h"

int tally_init(struct tally *tally)
{
    *tally = (struct tally){
        .method = EVP_MD_fetch(NULL, "SHA256", NULL),
        .outer = EVP_MD_CTX_new(),
        .inner = EVP_MD_CTX_new(),
    };
    if (!tally->method || !tally->outer || !tally->inner)
        tally->error = -ENOMEM;
    else if (EVP_DigestInit_ex(tally->outer, tally->method, NULL) != 1)
        tally->error = -EIO;
    return tally->error;
}

void tally_add(struct tally *tally, const void *bytes, size_t size)
{
    if (!tally->error && EVP_DigestUpdate(tally->outer, bytes, size) != 1)
        tally->error = -EIO;
}

static void add_piece(struct tally *tally, const uint8_t *bytes, size_t size)
{
    uint8_t sum[SHA256_SIZE];

    if (!tally->error && (EVP_DigestInit_ex(tally->inner, tally->method, NULL) != 1 ||
                          EVP_DigestUpdate(tally->inner, bytes, size) != 1 ||
                          EVP_DigestFinal_ex(tally->inner, sum, NULL) != 1))
        tally->error = -EIO;
    tally_add(tally, sum, sizeof(sum));
}

void tally_add_pieces(struct tally *tally, const uint8_t *bytes, size_t size)
{
    while (size >= (size_t)LANES * TALLY_PIECE && lanes_are_there()) {
        uint8_t sums[LANES][SHA256_SIZE];

        lanes_sum(bytes, TALLY_PIECE, sums);
        tally_add(tally, sums, sizeof(sums));
        bytes += (size_t)LANES * TALLY_PIECE;
        size -= (size_t)LANES * TALLY_PIECE;
    }
    while (size > 0) {
        size_t step = size < TALLY_PIECE ? size : TALLY_PIECE;

        add_piece(tally, bytes, step);
        bytes += step;
        size -= step;
    }
}

int tally_finish(struct tally *tally, uint8_t sum_out[SHA256_SIZE])
{
    if (!tally->error && EVP_DigestFinal_ex(tally->outer, sum_out, NULL) != 1)
        tally->error = -EIO;
    return tally->error;
}

void tally_deinit(struct tally *tally)
{
    EVP_MD_CTX_free(tally->inner);
    EVP_MD_CTX_free(tally->outer);
    EVP_MD_free(tally->method);
    *tally = (struct tally){0};
}
