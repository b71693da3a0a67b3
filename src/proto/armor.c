/* See armor.h. */
#include "proto/armor.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { ARMOR_LINE = 70 };

int armor_append(struct buffer *out, const char *label, const void *bytes, size_t size)
{
    _cleanup_wipe_ struct buffer text = BUFFER_INIT;
    int r = base64_encode(bytes, size, true, &text);

    if (!r)
        r = buffer_printf(out, "-----BEGIN %s-----\n", label);
    while (!r && buffer_length(&text) > 0) {
        size_t length = buffer_length(&text) < ARMOR_LINE ? buffer_length(&text) : ARMOR_LINE;

        r = buffer_append(out, buffer_bytes(&text), length);
        if (!r)
            r = buffer_append(out, "\n", 1);
        buffer_consume(&text, length);
    }
    return r ? r : buffer_printf(out, "-----END %s-----\n", label);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Moves `*text` behind the marker line `-----WORD LABEL-----` if it stands there. */
static bool skip_marker(const char **text, const char *end, const char *word, const char *label)
{
    const char *parts[] = {"-----", word, " ", label, "-----"};
    const char *at = *text;

    for (size_t i = 0; i < ELEMENTS_OF(parts); i++) {
        size_t length = strlen(parts[i]);

        if ((size_t)(end - at) < length || memcmp(at, parts[i], length) != 0)
            return false;
        at += length;
    }
    *text = at;
    return true;
}

static void skip_space(const char **text, const char *end)
{
    while (*text < end && is_space(**text))
        ++*text;
}

int armor_remove(const char *text, size_t size, const char *label, struct buffer *bytes_out)
{
    _cleanup_wipe_ struct buffer digits = BUFFER_INIT;
    const char *end = text + size;
    int r;

    skip_space(&text, end);
    if (!skip_marker(&text, end, "BEGIN", label))
        return 1;
    skip_space(&text, end);
    while (text < end && *text != '-') {
        const char *start = text;

        while (text < end && *text != '-' && !is_space(*text))
            text++;
        r = buffer_append(&digits, start, (size_t)(text - start));
        if (r)
            return r;
        skip_space(&text, end);
    }
    if (!skip_marker(&text, end, "END", label))
        return 1;
    skip_space(&text, end);
    if (text != end || buffer_length(&digits) == 0)
        return 1;
    return base64_decode((const char *)buffer_bytes(&digits), buffer_length(&digits), bytes_out);
}
