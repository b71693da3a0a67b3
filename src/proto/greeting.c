/* See greeting.h. */
#include "proto/greeting.h"

#include <string.h>

enum { GREETING_FORM = 1 };

void greeting_encode(const struct greeting *greeting, uint8_t bytes_out[GREETING_SIZE])
{
    uint8_t *at = bytes_out;

    *at++ = GREETING_FORM;
    memcpy(at, greeting->epoch, EPOCH_SIZE);
    at += EPOCH_SIZE;
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(greeting->boot_ms >> shift);
}

bool greeting_decode(struct greeting *greeting_out, struct slice bytes)
{
    struct reader reader = reader_init(bytes.bytes, bytes.size);
    uint8_t form = reader_u8(&reader);

    reader_copy(&reader, greeting_out->epoch, EPOCH_SIZE);
    greeting_out->boot_ms = reader_u64(&reader);
    return reader_done(&reader) && form == GREETING_FORM && greeting_out->boot_ms <= INT64_MAX;
}
