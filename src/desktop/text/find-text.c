/* See find-text.h. Horspool's way for ASCII: most bytes are never looked at. */
#include "desktop/text/find-text.h"

#include <string.h>

#include <glib.h>

static unsigned char small(char byte)
{
    return (unsigned char)g_ascii_tolower(byte);
}

static void set_shifts(struct find_text *find)
{
    for (size_t i = 0; i < G_N_ELEMENTS(find->shifts); i++)
        find->shifts[i] = find->size;
    for (size_t i = 0; i + 1 < find->size; i++) {
        find->shifts[small(find->wanted[i])] = find->size - 1 - i;
        find->shifts[(unsigned char)g_ascii_toupper(find->wanted[i])] = find->size - 1 - i;
    }
}

void find_text_init(struct find_text *find, const char *wanted)
{
    *find = (struct find_text){.wanted = wanted, .size = strlen(wanted)};
    find->is_ascii = g_str_is_ascii(wanted);
    if (find->is_ascii) {
        set_shifts(find);
        return;
    }
    find->characters = g_new(unsigned, find->size);
    for (const char *at = wanted; *at; at = g_utf8_next_char(at))
        find->characters[find->count++] = g_unichar_tolower(g_utf8_get_char(at));
}

void find_text_clear(struct find_text *find)
{
    g_free(find->characters);
    *find = (struct find_text){0};
}

static bool is_here(const struct find_text *find, const char *text)
{
    for (size_t i = 0; i < find->size; i++) {
        if (small(text[i]) != small(find->wanted[i]))
            return false;
    }
    return true;
}

/* From byte `at` on. */
static bool next_ascii(const struct find_text *find, const char *text, size_t size, size_t at,
                       size_t *at_out)
{
    while (at + find->size <= size) {
        const char *place = text + at;

        if (small(place[find->size - 1]) == small(find->wanted[find->size - 1]) &&
            is_here(find, place)) {
            *at_out = at;
            return true;
        }
        at += find->shifts[(unsigned char)place[find->size - 1]];
    }
    return false;
}

/* How many bytes it takes here; 0: it is not here. */
static size_t length_here(const struct find_text *find, const char *text, const char *end)
{
    const char *at = text;

    for (size_t i = 0; i < find->count; i++, at = g_utf8_next_char(at)) {
        if (at >= end || g_unichar_tolower(g_utf8_get_char(at)) != find->characters[i])
            return 0;
    }
    return (size_t)(at - text);
}

static bool next_utf8(const struct find_text *find, const char *text, size_t size, size_t at,
                      size_t *at_out, size_t *size_out)
{
    const char *end = text + size;

    for (const char *place = text + at; place < end; place = g_utf8_next_char(place)) {
        size_t length = length_here(find, place, end);

        if (length > 0) {
            *at_out = (size_t)(place - text);
            *size_out = length;
            return true;
        }
    }
    return false;
}

bool find_text_in(const struct find_text *find, const char *text, size_t size, bool last,
                  size_t *at_out, size_t *size_out)
{
    size_t from = 0;
    bool found = false;
    size_t at, length = find->size;

    if (find->size == 0)
        return false;
    while (find->is_ascii ? next_ascii(find, text, size, from, &at)
                          : next_utf8(find, text, size, from, &at, &length)) {
        *at_out = at;
        *size_out = length;
        found = true;
        if (!last)
            break;
        from = at + length;
    }
    return found;
}
