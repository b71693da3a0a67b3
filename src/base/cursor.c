/* See cursor.h. */
#include "base/cursor.h"

#include <errno.h>
#include <string.h>

bool slice_is_text(struct slice slice, const char *text)
{
    return slice.size == strlen(text) &&
           (slice.size == 0 || memcmp(slice.bytes, text, slice.size) == 0);
}

const uint8_t *reader_bytes(struct reader *reader, size_t size)
{
    const uint8_t *at = reader->at;

    if (reader->failed || size > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return NULL;
    }
    if (size > 0)
        reader->at += size;
    return at;
}

void reader_copy(struct reader *reader, void *to, size_t size)
{
    const uint8_t *from = reader_bytes(reader, size);

    if (from && size)
        memcpy(to, from, size);
    else
        memset(to, 0, size);
}

static uint64_t reader_integer(struct reader *reader, size_t size)
{
    const uint8_t *bytes = reader_bytes(reader, size);
    uint64_t value = 0;

    for (size_t i = 0; bytes && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t reader_u8(struct reader *reader)
{
    return (uint8_t)reader_integer(reader, 1);
}

uint16_t reader_u16(struct reader *reader)
{
    return (uint16_t)reader_integer(reader, 2);
}

uint32_t reader_u32(struct reader *reader)
{
    return (uint32_t)reader_integer(reader, 4);
}

uint64_t reader_u64(struct reader *reader)
{
    return reader_integer(reader, 8);
}

static struct slice reader_slice(struct reader *reader, size_t size, size_t max)
{
    const uint8_t *bytes;

    if (size > max)
        reader->failed = true;
    bytes = reader_bytes(reader, size);
    return (struct slice){.bytes = bytes, .size = bytes ? size : 0};
}

struct slice reader_slice8(struct reader *reader, size_t max)
{
    return reader_slice(reader, reader_u8(reader), max);
}

struct slice reader_slice32(struct reader *reader, size_t max)
{
    return reader_slice(reader, reader_u32(reader), max);
}

bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t size)
{
    if (!writer->error)
        writer->error = buffer_append(writer->to, bytes, size);
}

static void writer_integer(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    writer_bytes(writer, bytes, size);
}

void writer_u8(struct writer *writer, uint8_t value)
{
    writer_integer(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value)
{
    writer_integer(writer, value, 2);
}

void writer_u32(struct writer *writer, uint32_t value)
{
    writer_integer(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value)
{
    writer_integer(writer, value, 8);
}

void writer_slice8(struct writer *writer, const void *bytes, size_t size)
{
    if (size > UINT8_MAX && !writer->error)
        writer->error = -EMSGSIZE;
    writer_u8(writer, (uint8_t)size);
    writer_bytes(writer, bytes, size);
}

void writer_slice32(struct writer *writer, const void *bytes, size_t size)
{
    if (size > UINT32_MAX && !writer->error)
        writer->error = -EMSGSIZE;
    writer_u32(writer, (uint32_t)size);
    writer_bytes(writer, bytes, size);
}
