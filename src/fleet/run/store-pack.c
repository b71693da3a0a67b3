/* See store-pack.h. */
#include "fleet/run/store-pack.h"

#include <errno.h>
#include <zstd.h>

#include "base/cleanup.h"

enum {
    WORTH_PACKING = 512, /* below that a row is a row */
    LEVEL = 1,           /* some hundred MB/s, and lines become a tenth all the same */
};

int store_pack(struct slice plain, struct buffer *packed_out)
{
    size_t bound = ZSTD_compressBound(plain.size), size;
    uint8_t *room;

    if (plain.size < WORTH_PACKING)
        return 1;
    if (buffer_reserve(packed_out, bound, &room))
        return -ENOMEM;
    size = ZSTD_compress(room, bound, plain.bytes, plain.size, LEVEL);
    if (ZSTD_isError(size) || size > plain.size / 8 * 7)
        return 1;
    buffer_commit(packed_out, size);
    return 0;
}

int store_unpack(struct slice packed, size_t plain_size, struct buffer *plain_out)
{
    uint8_t *room;

    if (buffer_reserve(plain_out, plain_size, &room))
        return -ENOMEM;
    if (ZSTD_decompress(room, plain_size, packed.bytes, packed.size) != plain_size)
        return 1;
    buffer_commit(plain_out, plain_size);
    return 0;
}
