/* A text found in another one, whatever the case of its letters. Nothing here knows of windows, so
 * that it can be done in any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct find_text {
    const char *wanted;   /* UTF-8; borrowed */
    size_t size;          /* its bytes */
    bool is_ascii;        /* then any bytes can be looked through, else only UTF-8 */
    size_t shifts[256];   /* is_ascii: how far the next place is, by the last byte of this one */
    unsigned *characters; /* else: the text in small letters */
    size_t count;
};

void find_text_init(struct find_text *find, const char *wanted);
void find_text_clear(struct find_text *find);
/* The first or the last place, in bytes; false if there is none. An empty text is nowhere. */
bool find_text_in(const struct find_text *find, const char *text, size_t size, bool last,
                  size_t *at_out, size_t *size_out);
