/* See answer-format.h. */
#include "desktop/window/answer-format.h"

#include <string.h>

#include "base/text.h"
#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/table.h"

static const struct {
    const char *name;
    const char *file;
} formats[] = {
    [HUNE_FORMAT_TEXT] = {"text", "answers.txt"},
    [HUNE_FORMAT_CSV] = {"csv", "answers.csv"},
    [HUNE_FORMAT_JSON] = {"json", "answers.jsonl"},
};

enum hune_answer_format hune_answer_format_of(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++) {
        if (g_str_equal(name, formats[i].name))
            return (enum hune_answer_format)i;
    }
    return HUNE_FORMAT_TEXT;
}

const char *hune_answer_format_file(enum hune_answer_format format)
{
    return formats[format].file;
}

/* For programs: the same in every language. */
static char *end_word(const struct hune_answer *answer)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (answer->state != HUNE_ANSWER_ENDED)
        return g_strdup(answer->state == HUNE_ANSWER_WAITING ? "waiting" : "running");
    if (state_append(&text, answer->end) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

static void put_cell(struct buffer *out, const char *text)
{
    table_append_cell(out, text ? text : "", text ? strlen(text) : 0);
    buffer_append_text(out, ",");
}

static void put_member(struct buffer *out, const char *before, const char *text)
{
    buffer_append_text(out, before);
    text_append_json(out, text, strlen(text));
}

void hune_format_head(enum hune_answer_format format, struct buffer *out)
{
    if (format == HUNE_FORMAT_CSV)
        buffer_append_text(out, "machine,state,problem,output,missing\n");
}

void hune_format_begin(enum hune_answer_format format, const struct hune_answer *answer,
                       struct buffer *out)
{
    g_autofree char *end = format == HUNE_FORMAT_TEXT ? hune_answer_kind_text(answer)
                                                      : end_word(answer);

    switch (format) {
    case HUNE_FORMAT_CSV:
        put_cell(out, answer->machine->name);
        put_cell(out, end);
        put_cell(out, answer->sentence);
        buffer_append_text(out, "\"");
        break;
    case HUNE_FORMAT_JSON:
        put_member(out, "{\"machine\":", answer->machine->name);
        put_member(out, ",\"state\":", end);
        if (answer->sentence)
            put_member(out, ",\"problem\":", answer->sentence);
        buffer_append_text(out, ",\"output\":\"");
        break;
    case HUNE_FORMAT_TEXT:
    default: buffer_printf(out, "---- %s: %s\n", answer->machine->name, end);
    }
}

static void put_quoted(struct buffer *out, const char *text, size_t size)
{
    while (size > 0) {
        const char *quote = memchr(text, '"', size);
        size_t part = quote ? (size_t)(quote - text) + 1 : size;

        buffer_append(out, text, part);
        if (quote)
            buffer_append_text(out, "\"");
        text += part;
        size -= part;
    }
}

/* Without its quotes: it goes on. */
static void put_json(struct buffer *out, const char *text, size_t size)
{
    _cleanup_buffer_ struct buffer quoted = BUFFER_INIT;

    if (text_append_json(&quoted, text, size) == 0)
        buffer_append(out, buffer_bytes(&quoted) + 1, buffer_length(&quoted) - 2);
}

void hune_format_piece(enum hune_answer_format format, const char *text, size_t size,
                       struct buffer *out)
{
    switch (format) {
    case HUNE_FORMAT_CSV: put_quoted(out, text, size); break;
    case HUNE_FORMAT_JSON: put_json(out, text, size); break;
    case HUNE_FORMAT_TEXT:
    default: buffer_append(out, text, size);
    }
}

void hune_format_gap(enum hune_answer_format format, guint64 bytes, struct buffer *out)
{
    g_autofree char *size = hune_size_text((double)bytes);

    if (format != HUNE_FORMAT_TEXT)
        return;
    buffer_append_text(out, "\n");
    buffer_printf(out, _("(%s are missing here: they could not be had)"), size);
    buffer_append_text(out, "\n");
}

void hune_format_end(enum hune_answer_format format, const struct hune_answer *answer,
                     guint64 missing, gboolean is_line_open, struct buffer *out)
{
    switch (format) {
    case HUNE_FORMAT_CSV: buffer_printf(out, "\",%" G_GUINT64_FORMAT "\n", missing); break;
    case HUNE_FORMAT_JSON:
        buffer_printf(out, "\",\"missing\":%" G_GUINT64_FORMAT "}\n", missing);
        break;
    case HUNE_FORMAT_TEXT:
    default:
        if (is_line_open)
            buffer_append_text(out, "\n");
        if (answer->sentence)
            buffer_printf(out, "%s\n", answer->sentence);
    }
}
