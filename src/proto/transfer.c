/* See transfer.h. */
#include "proto/transfer.h"

#include <errno.h>
#include <string.h>

#include "proto/limits.h"

int transfer_encode(const struct transfer *transfer, const char *const *paths, struct buffer *out)
{
    struct writer writer = writer_init(out);
    size_t size = 1 + 4 + 8 + 8 + 2;
    size_t count = 0;

    for (; paths[count]; count++) {
        size_t length = strlen(paths[count]);

        if (length == 0)
            return -EINVAL;
        if (count == LIMIT_ARGUMENTS || length > LIMIT_ORDER_PAYLOAD)
            return -EMSGSIZE;
        size += 4 + length;
        if (size > LIMIT_ORDER_PAYLOAD)
            return -EMSGSIZE;
    }
    if (count == 0)
        return -EINVAL;
    writer_u8(&writer, transfer->flags);
    writer_u32(&writer, transfer->patience_s);
    writer_u64(&writer, transfer->bytes_max);
    writer_u64(&writer, transfer->entries_max);
    writer_u16(&writer, (uint16_t)count);
    for (size_t i = 0; i < count; i++)
        writer_slice32(&writer, paths[i], strlen(paths[i]));
    return writer.error;
}

int transfer_decode(struct transfer *transfer_out, struct slice payload)
{
    struct reader reader = reader_init(payload.bytes, payload.size);
    struct transfer transfer = {0};
    const uint8_t *start;

    transfer.flags = reader_u8(&reader);
    transfer.patience_s = reader_u32(&reader);
    transfer.bytes_max = reader_u64(&reader);
    transfer.entries_max = reader_u64(&reader);
    transfer.count = reader_u16(&reader);
    if (reader.failed || (transfer.flags & ~TRANSFER_FLAGS_KNOWN) || transfer.count == 0 ||
        transfer.count > LIMIT_ARGUMENTS)
        return 1;
    start = reader.at;
    for (uint16_t i = 0; i < transfer.count; i++) {
        struct slice path = reader_slice32(&reader, LIMIT_ORDER_PAYLOAD);

        if (path.size == 0 || memchr(path.bytes, '\0', path.size))
            return 1;
    }
    if (!reader_done(&reader))
        return 1;
    transfer.paths = (struct slice){start, (size_t)(reader.at - start)};
    *transfer_out = transfer;
    return 0;
}

void transfer_unpack(const struct transfer *transfer, char *storage, char **paths)
{
    struct reader reader = reader_init(transfer->paths.bytes, transfer->paths.size);

    for (uint16_t i = 0; i < transfer->count; i++) {
        struct slice path = reader_slice32(&reader, LIMIT_ORDER_PAYLOAD);

        memcpy(storage, path.bytes, path.size);
        storage[path.size] = '\0';
        paths[i] = storage;
        storage += path.size + 1;
    }
    paths[transfer->count] = NULL;
}
