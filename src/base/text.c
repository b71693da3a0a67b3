/* See text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool text_to_u64(const char *text, uint64_t max, uint64_t *value_out)
{
    uint64_t value = 0;

    if (!text || !*text)
        return false;
    for (; *text; text++) {
        unsigned digit = (unsigned char)*text - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *value_out = value;
    return true;
}

/* Digits and at most one unit letter; the factors stand beside the letters. */
static bool text_to_quantity(const char *text, const char *units, const uint64_t *factors,
                             uint64_t max, uint64_t *value_out)
{
    char digits[24];
    size_t length = text ? strlen(text) : 0;
    uint64_t factor = 1;
    uint64_t value;

    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, text, length + 1);
    if (!isdigit((unsigned char)digits[length - 1])) {
        const char *unit = strchr(units, digits[length - 1]);

        if (!unit)
            return false;
        factor = factors[unit - units];
        digits[length - 1] = '\0';
    }
    if (!text_to_u64(digits, max / factor, &value))
        return false;
    *value_out = value * factor;
    return true;
}

bool text_to_seconds(const char *text, uint64_t *seconds_out)
{
    static const uint64_t factors[] = {1, 60, 3600, 86400};

    return text_to_quantity(text, "smhd", factors, 3660ull * 86400, seconds_out);
}

bool text_to_size(const char *text, uint64_t *bytes_out)
{
    static const uint64_t factors[] = {1ull << 10, 1ull << 20, 1ull << 30, 1ull << 40};

    return text_to_quantity(text, "KMGT", factors, UINT64_MAX, bytes_out);
}

void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size);

    if (length == size) {
        length--;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(to, from, length);
    to[length] = '\0';
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

char *text_strip(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

void hex_encode(const uint8_t *bytes, size_t size, char *text_out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *text_out++ = digits[bytes[i] >> 4];
        *text_out++ = digits[bytes[i] & 15];
    }
    *text_out = '\0';
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool hex_decode(const char *text, size_t digits, uint8_t *bytes_out)
{
    for (size_t i = 0; i < digits; i += 2) {
        int high = hex_value(text[i]);
        int low = high < 0 ? -1 : hex_value(text[i + 1]);

        if (low < 0)
            return false;
        *bytes_out++ = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_encode(const void *bytes, size_t size, bool padded, struct buffer *text_out)
{
    const uint8_t *from = bytes;
    uint8_t *room;
    uint8_t *at;
    int r;

    if (size > SIZE_MAX / 8)
        return -ENOMEM;
    r = buffer_reserve(text_out, (size + 2) / 3 * 4, &room);
    if (r)
        return r;
    at = room;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i < 3 ? size - i : 3;
        uint32_t group = (uint32_t)from[i] << 16;

        if (left > 1)
            group |= (uint32_t)from[i + 1] << 8;
        if (left > 2)
            group |= from[i + 2];
        for (size_t digit = 0; digit <= left; digit++)
            *at++ = (uint8_t)base64_alphabet[group >> (18 - 6 * digit) & 63];
        for (size_t digit = left; padded && digit < 3; digit++)
            *at++ = '=';
    }
    buffer_commit(text_out, (size_t)(at - room));
    return 0;
}

int base64_decode(const char *text, size_t length, struct buffer *bytes_out)
{
    uint32_t group = 0;
    unsigned bits = 0;
    uint8_t *room;
    size_t size = 0;
    size_t padding = 0;
    int r;

    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    if (padding > 0 && length % 4 != 0)
        return 1;
    length -= padding;
    if (length % 4 == 1)
        return 1;
    r = buffer_reserve(bytes_out, length / 4 * 3 + 3, &room);
    if (r)
        return r;
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] ? strchr(base64_alphabet, text[i]) : NULL;

        if (!digit)
            return 1;
        group = group << 6 | (uint32_t)(digit - base64_alphabet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            room[size++] = (uint8_t)(group >> bits);
        }
    }
    /* Bits left over must be zero, or two texts would stand for the same bytes. */
    if (bits > 0 && (group & ((1u << bits) - 1)) != 0)
        return 1;
    buffer_commit(bytes_out, size);
    return 0;
}

size_t utf8_character(const uint8_t *bytes, size_t size, uint32_t *code_out)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code;
    size_t length;

    if (size == 0)
        return 0;
    if (bytes[0] < 0x80)
        length = 1;
    else if ((bytes[0] & 0xe0) == 0xc0)
        length = 2;
    else if ((bytes[0] & 0xf0) == 0xe0)
        length = 3;
    else if ((bytes[0] & 0xf8) == 0xf0)
        length = 4;
    else
        return 0;
    if (length > size)
        return 0;
    code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3fu);
    }
    if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *code_out = code;
    return length;
}

/* Characters that would move a terminal's cursor, change its state, or reorder what is read. */
static bool character_is_unsafe(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

static int append_printable(struct buffer *out, const void *bytes, size_t size, const char *allowed)
{
    const uint8_t *at = bytes;
    const uint8_t *end = at + size;
    const uint8_t *plain = at; /* start of the run that needs no change */
    int r;

    while (at < end) {
        uint32_t code = 0;
        size_t length = utf8_character(at, (size_t)(end - at), &code);

        if (length > 0 &&
            (!character_is_unsafe(code) || (code && code < 0x20 && strchr(allowed, (int)code)))) {
            at += length;
            continue;
        }
        r = buffer_append(out, plain, (size_t)(at - plain));
        if (!r && code == '\r' && end - at > 1 && at[1] == '\n' && strchr(allowed, '\n')) {
            plain = ++at; /* how terminals, and other systems, end a line */
            continue;
        }
        if (!r && length > 1)
            r = buffer_printf(out, "\\u%04x", code);
        else if (!r)
            r = buffer_printf(out, "\\x%02x", *at);
        if (r)
            return r;
        at += length ? length : 1;
        plain = at;
    }
    return buffer_append(out, plain, (size_t)(at - plain));
}

int text_append_printable(struct buffer *out, const void *bytes, size_t size)
{
    return append_printable(out, bytes, size, "\t\n");
}

int text_append_printable_line(struct buffer *out, const void *bytes, size_t size)
{
    return append_printable(out, bytes, size, "");
}

int text_append_json(struct buffer *out, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    const uint8_t *end = at + size;
    int r = buffer_append(out, "\"", 1);

    while (!r && at < end) {
        uint32_t code = 0;
        size_t length = utf8_character(at, (size_t)(end - at), &code);

        if (length == 0)
            r = buffer_append_text(out, "\xef\xbf\xbd");
        else if (code == '"' || code == '\\')
            r = buffer_printf(out, "\\%c", (char)code);
        else if (code == '\n')
            r = buffer_append_text(out, "\\n");
        else if (code < 0x20 || code == 0x7f)
            r = buffer_printf(out, "\\u%04x", code);
        else
            r = buffer_append(out, at, length);
        at += length ? length : 1;
    }
    return r ? r : buffer_append(out, "\"", 1);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    unsigned difference = 0;

    for (size_t i = 0; i < size; i++)
        difference |= (unsigned)(left[i] ^ right[i]);
    return difference == 0;
}
