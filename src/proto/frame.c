/* See frame.h. */
#include "proto/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (8 * (3 - i)));
}

static uint32_t take_u32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static bool kind_is_known(uint8_t kind)
{
    switch (kind) {
#define X(number, name, word) case FRAME_##name:
        HUNE_FRAMES(X)
#undef X
        return true;
    default: return false;
    }
}

void frame_header_encode(const struct frame_header *header, uint8_t bytes_out[FRAME_HEADER_SIZE])
{
    put_u32(bytes_out, (uint32_t)header->kind << 24);
    put_u32(bytes_out + 4, header->length);
    put_u32(bytes_out + 8, header->ms);
}

int frame_header_decode(struct frame_header *header_out, const uint8_t bytes[FRAME_HEADER_SIZE])
{
    uint32_t length = take_u32(bytes + 4);

    if (!kind_is_known(bytes[0]) || bytes[1] || bytes[2] || bytes[3] || length > LIMIT_FRAME)
        return 1;
    *header_out = (struct frame_header){
        .kind = (enum frame_kind)bytes[0],
        .length = length,
        .ms = take_u32(bytes + 8),
    };
    return 0;
}

/* Takes the front of `*bytes` as payload; a frame that waits for payload never gets an empty piece.
 */
static int reader_take_payload(struct frame_reader *reader, const uint8_t **bytes, size_t *size,
                               struct frame_piece *piece_out)
{
    size_t taken = *size < reader->payload_left ? *size : reader->payload_left;

    *piece_out = (struct frame_piece){
        .header = reader->header,
        .offset = reader->header.length - reader->payload_left,
        .bytes = *bytes,
        .size = taken,
    };
    reader->payload_left -= (uint32_t)taken;
    *bytes += taken;
    *size -= taken;
    return 1;
}

int frame_reader_next(struct frame_reader *reader, const uint8_t **bytes, size_t *size,
                      struct frame_piece *piece_out)
{
    size_t missing;

    if (reader->payload_left == 0) {
        missing = FRAME_HEADER_SIZE - reader->partial_size;
        if (missing > *size)
            missing = *size;
        if (missing > 0) {
            memcpy(reader->partial + reader->partial_size, *bytes, missing);
            reader->partial_size += missing;
            *bytes += missing;
            *size -= missing;
        }
        if (reader->partial_size < FRAME_HEADER_SIZE)
            return 0;
        /* A bad header stays in `partial`, so that every later call fails as well. */
        if (frame_header_decode(&reader->header, reader->partial))
            return -EBADMSG;
        reader->partial_size = 0;
        reader->payload_left = reader->header.length;
        if (reader->header.length == 0)
            return reader_take_payload(reader, bytes, size, piece_out);
    }
    return *size > 0 ? reader_take_payload(reader, bytes, size, piece_out) : 0;
}
