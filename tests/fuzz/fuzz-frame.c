/* A stream of frames must read the same whatever the pieces in which it comes. */
#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "fuzz.h"
#include "proto/frame.h"

/* What a reader told, to be compared: every header and every byte of payload. */
static int read_in_steps(const uint8_t *bytes, size_t size, size_t step, struct buffer *told)
{
    struct frame_reader reader = {0};

    while (size > 0) {
        const uint8_t *at = bytes;
        size_t left = step < size ? step : size;
        struct frame_piece piece;
        int r;

        bytes += left;
        size -= left;
        while ((r = frame_reader_next(&reader, &at, &left, &piece)) == 1) {
            uint8_t header[FRAME_HEADER_SIZE];

            must(piece.offset + piece.size <= piece.header.length);
            frame_header_encode(&piece.header, header);
            if (piece.offset == 0)
                must(buffer_append(told, header, sizeof(header)) == 0);
            must(buffer_append(told, piece.bytes, piece.size) == 0);
        }
        if (r)
            return r;
        must(left == 0);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    _cleanup_buffer_ struct buffer whole = BUFFER_INIT;
    int expected = read_in_steps(bytes, size, size, &whole);

    must(expected == 0 || expected == -EBADMSG);
    must(buffer_length(&whole) <= size);
    must(buffer_length(&whole) == 0 ||
         memcmp(buffer_bytes(&whole), bytes, buffer_length(&whole)) == 0);
    for (size_t step = 1; step < size && step < 32; step = step * 2 + 1) {
        _cleanup_buffer_ struct buffer told = BUFFER_INIT;

        must(read_in_steps(bytes, size, step, &told) == expected);
        must(buffer_length(&told) == buffer_length(&whole));
        must(buffer_length(&told) == 0 ||
             memcmp(buffer_bytes(&told), buffer_bytes(&whole), buffer_length(&told)) == 0);
    }
    return 0;
}
