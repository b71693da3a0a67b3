/* See left-lines.h. */
#include "desktop/text/left-lines.h"

#include <fribidi.h>
#include <string.h>

#define MARK "\xe2\x80\x8e"
enum { MARK_SIZE = sizeof(MARK) - 1 };

/* All that is written from right to left begins with such a byte, and most of what machines say has
 * none: it is not looked at any closer. */
static gboolean may_be_right(const char *text)
{
    for (; *text; text++) {
        if ((guint8)*text >= 0xd6)
            return TRUE;
    }
    return FALSE;
}

static gsize line_size(const char *line)
{
    const char *end = strchr(line, '\n');

    return end ? (gsize)(end + 1 - line) : strlen(line);
}

/* The first letter tells; FRIBIDI_PAR_ON: there is none. */
static FriBidiParType direction(const char *line, gsize size)
{
    for (const char *at = line; at < line + size; at = g_utf8_next_char(at)) {
        FriBidiCharType type = fribidi_get_bidi_type(g_utf8_get_char(at));

        if (FRIBIDI_IS_STRONG(type))
            return FRIBIDI_IS_RTL(type) ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;
    }
    return FRIBIDI_PAR_ON;
}

static gboolean is_right(const char *line, gsize size)
{
    return direction(line, size) == FRIBIDI_PAR_RTL;
}

char *left_lines(const char *text, gboolean goes_on)
{
    GString *marked = NULL;
    gsize size;

    if (!may_be_right(text))
        return NULL;
    for (const char *line = text; *line; line += size, goes_on = FALSE) {
        size = line_size(line);
        if (!goes_on && is_right(line, size)) {
            if (!marked)
                marked = g_string_new_len(text, line - text);
            g_string_append_len(marked, MARK, MARK_SIZE);
        }
        if (marked)
            g_string_append_len(marked, line, (gssize)size);
    }
    return marked ? g_string_free(marked, FALSE) : NULL;
}

/* Where the mark of this line is; NULL: it has none. What a machine itself put before its own
 * letters looks the same, and cannot be told from it. */
static const char *mark_in(const char *line, gsize size)
{
    const char *mark = g_strstr_len(line, (gssize)size, MARK);
    const char *behind = mark ? mark + MARK_SIZE : NULL;

    return mark && direction(line, (gsize)(mark - line)) == FRIBIDI_PAR_ON &&
                   is_right(behind, size - (gsize)(behind - line))
               ? mark
               : NULL;
}

gsize left_lines_before(const char *marked, gsize characters)
{
    gsize marks = 0, seen = 0, size;

    for (const char *line = marked; *line; line += size) {
        const char *mark;

        size = line_size(line);
        mark = mark_in(line, size);
        if (mark && seen + (gsize)g_utf8_strlen(line, mark - line) <= characters)
            marks++;
        seen += (gsize)g_utf8_strlen(line, (gssize)size) - (mark ? 1 : 0);
        if (seen > characters)
            break;
    }
    return marks;
}

char *left_lines_undo(const char *marked, gsize from)
{
    GString *text = g_string_new(NULL);
    gsize size;

    for (const char *line = marked; *line; line += size) {
        const char *begin = MAX(line, marked + from);
        const char *mark;

        size = line_size(line);
        mark = mark_in(line, size);
        if (mark && mark >= begin) {
            g_string_append_len(text, begin, mark - begin);
            begin = mark + MARK_SIZE;
        }
        if (begin < line + size)
            g_string_append_len(text, begin, line + size - begin);
    }
    return g_string_free(text, FALSE);
}

gboolean left_lines_has_letter(const char *text)
{
    return direction(text, strlen(text)) != FRIBIDI_PAR_ON;
}
