/* See tally.h. */
#include "proto/tally.h"

#include <errno.h>
#include <string.h>

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

/* How much of it the lanes took: nothing of what is too short for all of them. */
static size_t add_lanes(struct tally *tally, const uint8_t *bytes, size_t size, uint8_t *copy)
{
    const size_t step = (size_t)LANES * TALLY_PIECE;
    size_t at = 0;

    while (size - at >= step && lanes_are_there()) {
        uint8_t sums[LANES][SHA256_SIZE];

        lanes_sum(bytes + at, TALLY_PIECE, copy ? copy + at : NULL, sums);
        tally_add(tally, sums, sizeof(sums));
        at += step;
    }
    return at;
}

void tally_add_pieces(struct tally *tally, const uint8_t *bytes, size_t size)
{
    size_t step;

    for (size_t at = add_lanes(tally, bytes, size, NULL); at < size; at += step) {
        step = size - at < TALLY_PIECE ? size - at : TALLY_PIECE;
        add_piece(tally, bytes + at, step);
    }
}

void tally_copy_pieces(struct tally *tally, const uint8_t *bytes, size_t size, uint8_t *copy_out)
{
    size_t done = add_lanes(tally, bytes, size, copy_out);

    memcpy(copy_out + done, bytes + done, size - done);
    tally_add_pieces(tally, copy_out + done, size - done);
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
