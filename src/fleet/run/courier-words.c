/* See courier-words.h. A line is "NAME: Sentence (system's word)", where each part may be missing
 * (parcel/trouble.h). The name may hold anything: the line is read from its end. */
#include "fleet/run/courier-words.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/home/i18n.h"
#include "parcel/trouble.h"

/* More than there are on any system. */
enum { ERRORS_MAX = 200 };

static const char *const sentences[] = {
#define X(name, sentence) sentence,
    HUNE_PARCEL_TROUBLES(X)
#undef X
};

/* Whether the first `*size` bytes end with `end`, behind a name or nothing; takes it off. */
static bool take_end(const char *line, size_t *size, const char *end, bool is_part)
{
    size_t length = strlen(end);
    size_t before;

    if (length == 0 || *size < length || memcmp(line + *size - length, end, length) != 0)
        return false;
    before = *size - length;
    if (is_part && before > 0 && (before < 2 || memcmp(line + before - 2, ": ", 2) != 0))
        return false;
    *size = before;
    return true;
}

static const char *take_sentence(const char *line, size_t *size)
{
    for (size_t i = 0; i < ELEMENTS_OF(sentences); i++) {
        if (take_end(line, size, sentences[i], true))
            return _(sentences[i]);
    }
    return NULL;
}

/* The system's word in the reader's language, if it stands at the end as a part of its own. */
static const char *take_error(const char *line, size_t *size)
{
    for (int error = 1; error < ERRORS_MAX; error++) {
        const char *word = strerrordesc_np(error);

        if (word && take_end(line, size, word, true))
            return strerror(error);
    }
    return NULL;
}

/* The same in parentheses, behind a sentence. */
static const char *take_bracketed(const char *line, size_t *size)
{
    for (int error = 1; error < ERRORS_MAX; error++) {
        const char *word = strerrordesc_np(error);
        size_t left = *size;

        if (word && take_end(line, &left, ")", false) && take_end(line, &left, word, false) &&
            take_end(line, &left, " (", false)) {
            *size = left;
            return strerror(error);
        }
    }
    return NULL;
}

int courier_words(const char *line, size_t size, struct buffer *out)
{
    size_t left = size;
    const char *error = take_bracketed(line, &left);
    const char *sentence = take_sentence(line, &left);
    int r;

    if (!sentence) {
        left = size;
        sentence = take_error(line, &left);
        error = NULL;
    }
    r = buffer_append(out, line, left);
    if (!r && sentence)
        r = buffer_append_text(out, sentence);
    if (!r && sentence && error)
        r = buffer_printf(out, " (%s)", error);
    return r;
}
