/* Text: numbers, encodings, and making foreign text safe to show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* A whole text that is one decimal number of at most `max`: no sign, no space, nothing behind it.
 */
bool text_to_u64(const char *text, uint64_t max, uint64_t *value_out);

/* A length of time: digits and one of s, m, h, d ("90s", "15m"); bare digits are seconds.
 * At most 10 years. */
bool text_to_seconds(const char *text, uint64_t *seconds_out);
/* An amount of bytes: digits and an optional K, M, G, T (binary multiples). */
bool text_to_size(const char *text, uint64_t *bytes_out);

static inline bool text_equal(const char *a, const char *b)
{
    return a && b && __builtin_strcmp(a, b) == 0;
}
/* Copies as much as fits with its NUL, cut between characters. */
void text_copy(char *to, size_t size, const char *from);
bool text_starts(const char *text, const char *prefix);
/* Cuts white space off both ends, in place; returns the first character that is left. */
char *text_strip(char *text);

/* Lower case, two characters a byte, and a NUL: text_out holds 2 * size + 1. */
void hex_encode(const uint8_t *bytes, size_t size, char *text_out);
/* Exactly `digits` (an even number) hexadecimal digits, either case. */
bool hex_decode(const char *text, size_t digits, uint8_t *bytes_out);

/* RFC 4648 base64 without line breaks. */
int base64_encode(const void *bytes, size_t size, bool padded, struct buffer *text_out);
/* Takes padded or unpadded text; appends the bytes. Returns 0, -ENOMEM, or 1 for bad text. */
int base64_decode(const char *text, size_t length, struct buffer *bytes_out);

/* Appends `bytes` as text that is safe on any terminal: valid UTF-8 stays, but control characters
 * (C0 but tab and newline, DEL, C1), bidirectional overrides and invalid bytes become visible
 * escapes such as \x1b; "\r\n" becomes a newline. Returns 0 or -ENOMEM. */
int text_append_printable(struct buffer *out, const void *bytes, size_t size);
/* The same, with tab and newline escaped too: for names and one-line messages. */
int text_append_printable_line(struct buffer *out, const void *bytes, size_t size);
/* Appends a JSON string, quotes included; invalid UTF-8 becomes U+FFFD. Returns 0 or -ENOMEM. */
int text_append_json(struct buffer *out, const void *bytes, size_t size);

/* The length in bytes of the UTF-8 character at `bytes`, or 0 if it is not one (RFC 3629). */
size_t utf8_character(const uint8_t *bytes, size_t size, uint32_t *code_out);

/* Constant-time equality for secrets. */
bool secret_equal(const void *a, const void *b, size_t size);
