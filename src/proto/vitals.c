/* See vitals.h. */
#include "proto/vitals.h"

#include <string.h>

#include "base/text.h"

static const struct vital_info infos[] = {
#define X(id, name, unit, kind, label, text) \
    [VITAL_##id] = {(name), VITAL_UNIT_##unit, VITAL_##kind, VITAL_LABEL_##label, (text)},
    HUNE_VITALS(X)
#undef X
};

static const char *const unit_words[] = {
#define X(name, word) [VITAL_UNIT_##name] = (word),
    HUNE_VITAL_UNITS(X)
#undef X
};

static const struct {
    const char *word;
    const char *group;
} labels[] = {
#define X(name, word, group) [VITAL_LABEL_##name] = {(word), (group)},
    HUNE_VITAL_LABELS(X)
#undef X
};

const struct vital_info *vital_info(enum vital vital)
{
    return (unsigned)vital < VITAL_COUNT ? &infos[vital] : NULL;
}

static bool word_is(const char *word, const char *text, size_t length)
{
    return strlen(word) == length && memcmp(word, text, length) == 0;
}

bool vital_parse(const char *name, size_t length, enum vital *vital_out)
{
    for (unsigned i = 0; i < VITAL_COUNT; i++) {
        if (word_is(infos[i].name, name, length)) {
            *vital_out = (enum vital)i;
            return true;
        }
    }
    return false;
}

const char *vital_unit_word(enum vital_unit unit)
{
    return (unsigned)unit < ELEMENTS_OF(unit_words) ? unit_words[unit] : NULL;
}

const char *vital_label_word(enum vital_label label)
{
    return (unsigned)label < VITAL_LABEL_COUNT ? labels[label].word : NULL;
}

const char *vital_label_group(enum vital_label label)
{
    return (unsigned)label < VITAL_LABEL_COUNT ? labels[label].group : NULL;
}

static size_t count_with_label(enum vital_label label, unsigned before)
{
    size_t count = 0;

    for (unsigned i = 0; i < before; i++)
        count += infos[i].label == label;
    return count;
}

size_t vital_label_width(enum vital_label label)
{
    return count_with_label(label, VITAL_COUNT);
}

size_t vital_label_place(enum vital vital)
{
    return count_with_label(infos[vital].label, vital);
}

/* ---- columns ---- */

/* What stands in the quotes, up to and with the `"}` that ends the text. */
static bool thing_parse(const char *text, size_t length, char thing_out[VITAL_THING_MAX])
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char character = text[i];

        if (character == '"') {
            thing_out[used] = '\0';
            return used > 0 && length - i == 2 && text[i + 1] == '}';
        }
        if (character == '\\') {
            if (++i == length || (text[i] != '"' && text[i] != '\\'))
                return false;
            character = text[i];
        }
        if (character == '\0' || used + 1 == VITAL_THING_MAX)
            return false;
        thing_out[used++] = character;
    }
    return false;
}

bool vital_column_parse(const char *text, size_t length, struct vital_column *column_out)
{
    const char *brace = length ? memchr(text, '{', length) : NULL;
    size_t name = brace ? (size_t)(brace - text) : length;
    const char *word;
    size_t word_length;

    *column_out = (struct vital_column){0};
    if (!vital_parse(text, name, &column_out->vital))
        return false;
    if (!brace)
        return true;
    word = vital_label_word(infos[column_out->vital].label);
    if (!word)
        return false;
    word_length = strlen(word);
    length -= name + 1;
    if (length < word_length + 2 || memcmp(brace + 1, word, word_length) != 0 ||
        memcmp(brace + 1 + word_length, "=\"", 2) != 0)
        return false;
    column_out->labelled = true;
    return thing_parse(brace + 1 + word_length + 2, length - word_length - 2, column_out->thing);
}

int vital_column_append(const struct vital_column *column, struct buffer *out)
{
    const struct vital_info *info = &infos[column->vital];
    int r = buffer_append_text(out, info->name);

    if (!column->labelled || r)
        return r;
    r = buffer_printf(out, "{%s=\"", vital_label_word(info->label));
    for (const char *at = column->thing; *at && !r; at++) {
        if (*at == '"' || *at == '\\')
            r = buffer_append(out, "\\", 1);
        if (!r)
            r = buffer_append(out, at, 1);
    }
    return r ? r : buffer_append(out, "\"}", 2);
}

/* ---- fields ---- */

static bool field_add(const char *word, size_t length, struct vital_fields *fields)
{
    const uint64_t every_vital = UINT64_MAX >> (64 - VITAL_COUNT);
    const uint32_t every_label = (1u << VITAL_LABEL_COUNT) - 1;
    enum vital vital;

    if (word_is("summary", word, length)) {
        fields->vitals = every_vital;
        return true;
    }
    if (word_is("all", word, length)) {
        *fields = (struct vital_fields){every_vital, every_label};
        return true;
    }
    for (unsigned i = 0; i < VITAL_LABEL_COUNT; i++) {
        if (word_is(labels[i].group, word, length)) {
            fields->labels |= 1u << i;
            return true;
        }
    }
    if (!vital_parse(word, length, &vital))
        return false;
    fields->vitals |= 1ull << vital;
    return true;
}

int vital_fields_parse(const char *text, struct vital_fields *fields_out, const char **bad_out,
                       size_t *bad_length_out)
{
    *fields_out = (struct vital_fields){0};
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");

        if (!field_add(at, length, fields_out)) {
            *bad_out = at;
            *bad_length_out = length;
            return 1;
        }
        at += length;
        if (!*at)
            return 0;
    }
}

/* ---- times ---- */

bool vital_span_parse(const char *text, uint64_t *ms_out)
{
    size_t length = strlen(text);
    char digits[24];
    uint64_t value;

    if (length > 2 && text_equal(text + length - 2, "ms") && length - 2 < sizeof(digits)) {
        memcpy(digits, text, length - 2);
        digits[length - 2] = '\0';
        return text_to_u64(digits, 3660ull * 86400 * 1000, ms_out);
    }
    if (!text_to_seconds(text, &value))
        return false;
    *ms_out = value * 1000;
    return true;
}
