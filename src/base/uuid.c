/* See uuid.h. */
#include "base/uuid.h"

#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"

int uuid_make(uint8_t uuid_out[UUID_SIZE])
{
    uint64_t now = clock_wall_ms();
    int r;

    r = random_bytes(uuid_out, UUID_SIZE);
    if (r)
        return r;
    for (int i = 0; i < 6; i++)
        uuid_out[i] = (uint8_t)(now >> (8 * (5 - i)));
    uuid_out[6] = (uint8_t)(0x70 | (uuid_out[6] & 0x0f));
    uuid_out[8] = (uint8_t)(0x80 | (uuid_out[8] & 0x3f));
    return 0;
}

void uuid_format(const uint8_t uuid[UUID_SIZE], char text_out[UUID_TEXT_SIZE])
{
    static const uint8_t groups[] = {4, 2, 2, 2, 6};
    char *at = text_out;

    for (size_t group = 0, byte = 0; group < ELEMENTS_OF(groups); group++) {
        if (group > 0)
            *at++ = '-';
        hex_encode(uuid + byte, groups[group], at);
        at += 2 * groups[group];
        byte += groups[group];
    }
}

bool uuid_parse(const char *text, uint8_t uuid_out[UUID_SIZE])
{
    size_t byte = 0;

    if (strlen(text) != UUID_TEXT_SIZE - 1)
        return false;
    for (size_t at = 0; at < UUID_TEXT_SIZE - 1;) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text[at++] != '-')
                return false;
            continue;
        }
        if (!hex_decode(text + at, 2, uuid_out + byte++))
            return false;
        at += 2;
    }
    return true;
}
