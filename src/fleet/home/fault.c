/* See fault.h. */
#include "fleet/home/fault.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "fleet/home/i18n.h"

/* Cuts a text that does not fit, between two characters, and shows that something is missing. */
static void fault_copy(char *to, size_t room, const char *from)
{
    static const char cut[] = "...";
    size_t length = strlen(from);

    if (length >= room) {
        length = room - sizeof(cut);
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80)
            length--;
        memcpy(to, from, length);
        memcpy(to + length, cut, sizeof(cut));
        return;
    }
    memcpy(to, from, length + 1);
}

static void fault_fill(struct fault *fault, const char *hint, const char *text)
{
    _cleanup_buffer_ struct buffer clean = BUFFER_INIT;
    const char *shown = NULL;

    if (text_append_printable_line(&clean, text, strlen(text)) == 0)
        shown = buffer_text(&clean);
    *fault = (struct fault){0};
    fault_copy(fault->text, sizeof(fault->text), shown ? shown : "");
    buffer_clear(&clean);
    if (hint && text_append_printable_line(&clean, hint, strlen(hint)) == 0)
        fault_copy(fault->hint, sizeof(fault->hint), buffer_text(&clean));
}

void fault_set(struct fault *fault, const char *hint, const char *format, ...)
{
    char text[2048];
    va_list arguments;

    if (!fault)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fault_fill(fault, hint, text);
}

void fault_errno(struct fault *fault, int error, const char *hint, const char *format, ...)
{
    char reason[128];
    char text[2048];
    va_list arguments;
    int length;

    if (!fault)
        return;
    va_start(arguments, format);
    length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(text))
        /* TRANSLATORS: what stands between what failed and its reason. */
        snprintf(text + length, sizeof(text) - (size_t)length, _(": %s"),
                 strerror_r(error, reason, sizeof(reason)));
    fault_fill(fault, hint, text);
}

void fault_at(struct fault *fault, uint32_t line, uint32_t column)
{
    if (!fault)
        return;
    fault->line = line;
    fault->column = column;
}
