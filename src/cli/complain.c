#include "cli/complain.h"

#include <string.h>

#include "base/text.h"
#include "cli/grid.h"
#include "fleet/home/i18n.h"
#include "fleet/home/signer.h"
#include "fleet/link/trouble.h"

/* A hint may have several lines (a key's line among them): each is indented. */
static void put_hint(struct output *error, const char *hint)
{
    while (*hint) {
        size_t length = strcspn(hint, "\n");

        output_print(error, "  ");
        if (text_append_printable_line(&error->pending, hint, length) < 0)
            error->closed = true;
        output_print(error, "\n");
        hint += length;
        if (*hint == '\n')
            hint++;
    }
}

void complain(struct output *error, const char *about, const char *text, const char *detail,
              const char *hint)
{
    output_print(error, "%shune:%s ", output_colour(error, COLOUR_RED), output_plain(error));
    if (about && *about) {
        output_safe(error, about);
        output_print(error, ": ");
    }
    output_safe(error, text);
    if (detail && *detail) {
        output_print(error, " (");
        output_safe(error, detail);
        output_print(error, ")");
    }
    output_print(error, "\n");
    if (hint)
        put_hint(error, hint);
    output_flush(error);
}

void complain_fault(struct output *error, const char *about, const struct fault *fault)
{
    _cleanup_buffer_ struct buffer place_text = BUFFER_INIT;

    if (about && fault->line > 0 && buffer_printf(&place_text, "%s:%u", about, fault->line) == 0)
        about = buffer_text(&place_text);
    complain(error, about, fault->text, NULL, fault->hint);
}

/* The beginning of the character that a byte belongs to. */
static size_t character_at(const char *text, size_t at)
{
    while (at > 0 && ((uint8_t)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static void put_mark(struct output *error, const char *text, size_t place)
{
    enum { AROUND = 36 };
    size_t length = strlen(text);
    size_t from = place > AROUND ? character_at(text, place - AROUND) : 0;
    size_t end = length - place > AROUND ? character_at(text, place + AROUND) : length;
    _cleanup_buffer_ struct buffer before = BUFFER_INIT, after = BUFFER_INIT;

    if (text_append_printable_line(&before, text + from, place - from) ||
        text_append_printable_line(&after, text + place, end - place))
        return;
    output_print(error, "    %s", from > 0 ? "…" : "");
    output_bytes(error, buffer_bytes(&before), buffer_length(&before));
    output_bytes(error, buffer_bytes(&after), buffer_length(&after));
    output_print(error, "%s\n    %*s%s^%s\n", end < length ? "…" : "",
                 (int)text_width((const char *)buffer_bytes(&before), buffer_length(&before)) +
                     (from > 0),
                 "", output_colour(error, COLOUR_RED), output_plain(error));
}

void complain_marked(struct output *error, const char *text, const struct fault *fault)
{
    size_t place = fault->column - (fault->column > 0);

    complain(error, NULL, fault->text, NULL, NULL);
    /* Of what begins wrong, the sentence says enough. */
    if (place > 0 && place <= strlen(text))
        put_mark(error, text, place);
    put_hint(error, fault->hint);
    output_flush(error);
}

void complain_say(struct output *error, const char *hint, const char *format, ...)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    if (result == 0 && buffer_text(&text))
        complain(error, NULL, buffer_text(&text), NULL, hint);
}

void complain_no_memory(struct output *error)
{
    complain(error, NULL, _("There is not enough memory."), NULL, NULL);
}

int complain_hint(struct buffer *hint, const struct trouble *trouble, const struct signer *signer)
{
    return trouble_advise(trouble, signer, hint);
}

/* "web1 (192.0.2.7:10000)"; the machine's name alone where the trouble tells no place. */
static const char *place(struct buffer *out, const char *machine, const char *where)
{
    int error;

    if (!machine)
        return where;
    if (!*where)
        return machine;
    error = buffer_printf(out, strchr(where, '(') ? "%s, %s" : "%s (%s)", machine, where);
    return error ? machine : buffer_text(out);
}

void complain_shorten(struct trouble *trouble)
{
    trouble_shorten(trouble);
}

void complain_trouble(struct output *error, const char *machine, const struct trouble *trouble,
                      const struct signer *signer)
{
    _cleanup_buffer_ struct buffer about = BUFFER_INIT;
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    _cleanup_buffer_ struct buffer hint = BUFFER_INIT;
    struct trouble elsewhere = *trouble;

    elsewhere.where[0] = '\0'; /* told in front, beside the machine's name */
    elsewhere.has_pinned = elsewhere.has_seen = false; /* shown below */
    complain_shorten(&elsewhere);
    if (trouble_describe(&elsewhere, &text) < 0 || !buffer_text(&text))
        return;
    if (complain_hint(&hint, trouble, signer) < 0)
        return;
    complain(error, place(&about, machine, trouble->where), buffer_text(&text), NULL,
             buffer_text(&hint));
}
