/* See right.h. */
#include "proto/right.h"

#include <string.h>

#include "base/cursor.h"

static const struct {
    enum right right;
    const char *word;
} rights_table[] = {
#define X(bit, name, word_) {RIGHT_##name, word_},
    HUNE_RIGHTS(X)
#undef X
};

#define X(bit, name, word) | RIGHT_##name
_Static_assert(RIGHTS_ALL == (0u HUNE_RIGHTS(X)), "RIGHTS_ALL holds every right of the table");
#undef X

/* No bit for a word that is unknown. */
static uint16_t rights_of_word(struct slice word)
{
    if (slice_is_text(word, "all"))
        return RIGHTS_ALL;
    for (size_t i = 0; i < ELEMENTS_OF(rights_table); i++) {
        if (slice_is_text(word, rights_table[i].word))
            return (uint16_t)rights_table[i].right;
    }
    return RIGHTS_NONE;
}

bool rights_parse(const char *text, size_t length, uint16_t *rights_out)
{
    const char *end = text + length;
    uint16_t rights = RIGHTS_NONE;

    for (;;) {
        const char *comma = text < end ? memchr(text, ',', (size_t)(end - text)) : NULL;
        const char *stop = comma ? comma : end;
        uint16_t found = rights_of_word(
            (struct slice){(const uint8_t *)text, (size_t)(stop - text)});

        if (found == RIGHTS_NONE)
            return false;
        rights |= found;
        if (!comma)
            break;
        text = comma + 1;
    }
    *rights_out = rights;
    return true;
}

int rights_append(struct buffer *out, uint16_t rights)
{
    const char *separator = "";
    int r = 0;

    for (size_t i = 0; !r && i < ELEMENTS_OF(rights_table); i++) {
        if (!(rights & rights_table[i].right))
            continue;
        r = buffer_printf(out, "%s%s", separator, rights_table[i].word);
        separator = ",";
    }
    return r;
}

const char *right_name(enum right right)
{
    for (size_t i = 0; i < ELEMENTS_OF(rights_table); i++) {
        if (rights_table[i].right == right)
            return rights_table[i].word;
    }
    return "unknown";
}
