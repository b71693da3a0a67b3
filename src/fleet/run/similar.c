/* See similar.h. One scanner cuts a text into fixed parts and slots; both functions above stand on
 * it, so that they cannot disagree. */
#include "fleet/run/similar.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/home/i18n.h"

enum part_kind { PART_FIXED, PART_BLANK, PART_VALUE, PART_NAME };

struct scanner {
    const uint8_t *text;
    size_t size;
    size_t at;
    const char *names[3]; /* own name, its first label, host; the rest NULL */
    char label[256];
};

struct part {
    enum part_kind kind;
    size_t begin;
    size_t size;
};

static void scanner_init(struct scanner *scanner, const uint8_t *text, size_t size,
                         const struct similar_speaker *speaker)
{
    size_t count = 0;
    const char *name = speaker ? speaker->name : NULL;

    *scanner = (struct scanner){.text = text, .size = size};
    if (name && *name) {
        scanner->names[count++] = name;
        text_copy(scanner->label, sizeof(scanner->label), name);
        scanner->label[strcspn(scanner->label, ".")] = '\0';
        if (*scanner->label && strcmp(scanner->label, name) != 0)
            scanner->names[count++] = scanner->label;
    }
    if (speaker && speaker->host && *speaker->host)
        scanner->names[count] = speaker->host;
}

static bool is_word(uint8_t byte)
{
    return isalnum(byte) || byte == '_' || byte >= 0x80;
}

/* The machine's own name here, as a whole word. Returns its length or 0. */
static size_t own_name(const struct scanner *scanner)
{
    for (size_t i = 0; i < ELEMENTS_OF(scanner->names); i++) {
        size_t length = scanner->names[i] ? strlen(scanner->names[i]) : 0;
        size_t end = scanner->at + length;

        if (length > 0 && end <= scanner->size &&
            memcmp(scanner->text + scanner->at, scanner->names[i], length) == 0 &&
            (end == scanner->size || !is_word(scanner->text[end])))
            return length;
    }
    return 0;
}

/* Sun..Sat and Jan..Dec: they stand in times. */
static bool is_time_word(const uint8_t *word, size_t size)
{
    static const char words[] = "SunMonTueWedThuFriSatJanFebMarAprMayJunJulAugSepOctNovDec";

    if (size != 3)
        return false;
    for (size_t i = 0; i + 3 < sizeof(words); i += 3)
        if (memcmp(word, words + i, 3) == 0)
            return true;
    return false;
}

/* A word that is no word of a language: a number with or without a unit, a hash, a part of an
 * address. */
static bool is_value_word(const uint8_t *word, size_t size, bool by_colon)
{
    size_t digits = 0, hex = 0, leading = 0;

    for (size_t i = 0; i < size; i++) {
        digits += isdigit(word[i]) != 0;
        hex += isxdigit(word[i]) != 0;
        if (digits == i + 1)
            leading = digits;
    }
    /* A part of a MAC or an IPv6 address has short words: fe80::1, aa:bb:cc. */
    if (hex == size && size > 0 && size <= 4 && by_colon)
        return true;
    if (digits == 0)
        return is_time_word(word, size);
    if (hex == size && (digits == size || size >= 6))
        return true;
    /* 12G, 3.5MiB, 20ms, 05T10, 64bit, 0x1f */
    return (leading > 0 && size - leading <= 3) || (size > 2 && word[0] == '0' && word[1] == 'x');
}

static size_t word_length(const struct scanner *scanner, size_t at)
{
    size_t end = at;

    while (end < scanner->size && is_word(scanner->text[end]))
        end++;
    return end - at;
}

/* A value and what follows it as long as signs join values: 10:04:59, 2026-11-26, 1.5, fe80::1. */
static size_t value_length(const struct scanner *scanner)
{
    size_t length = word_length(scanner, scanner->at);
    size_t end = scanner->at + length;
    /* "face: 1" is a word and a number, "fe80::1" an address. */
    bool by_colon = end + 1 < scanner->size && scanner->text[end] == ':' &&
                    !isspace(scanner->text[end + 1]);

    if (!is_value_word(scanner->text + scanner->at, length, by_colon))
        return 0;
    for (;;) {
        size_t next = scanner->at + length;
        size_t signs = 0, more;

        while (next < scanner->size && signs < 2 && memchr(".:,-+/", scanner->text[next], 6)) {
            next++;
            signs++;
        }
        more = signs ? word_length(scanner, next) : 0;
        by_colon = signs && scanner->text[next - 1] == ':';
        if (more == 0 || !is_value_word(scanner->text + next, more, by_colon))
            return length;
        length = next + more - scanner->at;
    }
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool next_part(struct scanner *scanner, struct part *part_out)
{
    struct part part = {.kind = PART_FIXED, .begin = scanner->at};

    if (scanner->at == scanner->size)
        return false;
    if (is_blank(scanner->text[scanner->at])) {
        part.kind = PART_BLANK;
        while (scanner->at < scanner->size && is_blank(scanner->text[scanner->at]))
            scanner->at++;
    } else if (!is_word(scanner->text[scanner->at])) {
        scanner->at++;
    } else if ((part.size = own_name(scanner))) {
        part.kind = PART_NAME;
        scanner->at += part.size;
    } else if ((part.size = value_length(scanner))) {
        part.kind = PART_VALUE;
        scanner->at += part.size;
    } else {
        scanner->at += word_length(scanner, scanner->at);
    }
    part.size = scanner->at - part.begin;
    *part_out = part;
    return true;
}

int similar_fixed(const uint8_t *text, size_t size, const struct similar_speaker *speaker,
                  struct buffer *out)
{
    struct scanner scanner;
    struct part part;
    int error = 0;

    scanner_init(&scanner, text, size, speaker);
    while (!error && next_part(&scanner, &part)) {
        switch (part.kind) {
        case PART_FIXED: error = buffer_append(out, text + part.begin, part.size); break;
        case PART_BLANK: error = buffer_append(out, " ", 1); break;
        case PART_VALUE: error = buffer_append(out, "\x01", 1); break;
        case PART_NAME: error = buffer_append(out, "\x02", 1); break;
        }
    }
    return error;
}

/* ---- what they hold together ---- */

void similar_deinit(struct similar *similar)
{
    buffer_deinit(&similar->first);
    buffer_deinit(&similar->values);
    free(similar->slots);
    *similar = (struct similar){0};
}

/* Digits with at most one point between them, in every locale. */
static bool to_number(const uint8_t *text, size_t size, double *value_out)
{
    double value = 0, places = 1;
    bool has_point = false;

    for (size_t i = 0; i < size; i++) {
        if (text[i] == '.' && !has_point && i > 0 && i + 1 < size) {
            has_point = true;
            continue;
        }
        if (!isdigit(text[i]))
            return false;
        value = value * 10 + (text[i] - '0');
        places *= has_point ? 10 : 1;
    }
    *value_out = value / places;
    return true;
}

static int new_slot(struct similar *similar, const struct part *part, const uint8_t *value)
{
    struct similar_slot *slots;
    struct similar_slot *slot;

    if ((similar->count & (similar->count - 1)) == 0) {
        uint32_t room = similar->count ? similar->count * 2 : 1;

        slots = reallocarray(similar->slots, room, sizeof(*slots));
        if (!slots)
            return -ENOMEM;
        similar->slots = slots;
    }
    slot = &similar->slots[similar->count++];
    *slot = (struct similar_slot){
        .begin = (uint32_t)part->begin,
        .size = (uint32_t)part->size,
        .is_name = part->kind == PART_NAME,
        .least_begin = (uint32_t)buffer_length(&similar->values),
        .least_size = (uint32_t)part->size,
    };
    slot->is_number = to_number(value, part->size, &slot->least);
    slot->most = slot->least;
    slot->most_begin = slot->least_begin;
    slot->most_size = slot->least_size;
    return buffer_append(&similar->values, value, part->size);
}

static int widen(struct similar *similar, struct similar_slot *slot, const uint8_t *value,
                 size_t size)
{
    double number;

    if (slot->size == size && memcmp(buffer_bytes(&similar->first) + slot->begin, value, size) == 0)
        return 0;
    slot->others++;
    if (!slot->is_number)
        return 0;
    slot->is_number = to_number(value, size, &number);
    if (!slot->is_number || (number >= slot->least && number <= slot->most))
        return 0;
    if (number < slot->least) {
        slot->least = number;
        slot->least_begin = (uint32_t)buffer_length(&similar->values);
        slot->least_size = (uint32_t)size;
    } else {
        slot->most = number;
        slot->most_begin = (uint32_t)buffer_length(&similar->values);
        slot->most_size = (uint32_t)size;
    }
    return buffer_append(&similar->values, value, size);
}

int similar_add(struct similar *similar, const uint8_t *text, size_t size,
                const struct similar_speaker *speaker)
{
    struct scanner scanner;
    struct part part;
    uint32_t slot = 0;
    int error = 0;

    if (similar->texts == 0)
        error = buffer_append(&similar->first, text, size);
    scanner_init(&scanner, text, size, speaker);
    while (!error && next_part(&scanner, &part)) {
        if (part.kind != PART_VALUE && part.kind != PART_NAME)
            continue;
        if (similar->texts == 0)
            error = new_slot(similar, &part, text + part.begin);
        else if (slot == similar->count)
            return 1;
        else
            error = widen(similar, &similar->slots[slot], text + part.begin, part.size);
        slot++;
    }
    if (!error && slot != similar->count)
        return 1;
    similar->texts += !error;
    return error;
}

static int put_varying(const struct similar *similar, const struct similar_slot *slot,
                       int (*put)(const uint8_t *bytes, size_t size, bool varies, void *user),
                       void *user)
{
    _cleanup_buffer_ struct buffer mark = BUFFER_INIT;
    const uint8_t *values = buffer_bytes(&similar->values);
    int error = buffer_append_text(&mark, "‹");

    if (!error && slot->is_name) {
        error = buffer_append_text(&mark, _("name"));
    } else if (!error && slot->is_number) {
        error = buffer_append(&mark, values + slot->least_begin, slot->least_size);
        if (!error)
            error = buffer_append_text(&mark, "…");
        if (!error)
            error = buffer_append(&mark, values + slot->most_begin, slot->most_size);
    } else if (!error) {
        error = buffer_append_text(&mark, "…");
    }
    if (!error)
        error = buffer_append_text(&mark, "›");
    return error ? error : put(buffer_bytes(&mark), buffer_length(&mark), true, user);
}

int similar_show(const struct similar *similar,
                 int (*put)(const uint8_t *bytes, size_t size, bool varies, void *user), void *user)
{
    const uint8_t *text = buffer_bytes(&similar->first);
    size_t size = buffer_length(&similar->first);
    size_t at = 0;
    int result = 0;

    for (uint32_t i = 0; i < similar->count && !result; i++) {
        const struct similar_slot *slot = &similar->slots[i];

        if (slot->others == 0)
            continue;
        if (slot->begin > at)
            result = put(text + at, slot->begin - at, false, user);
        if (!result)
            result = put_varying(similar, slot, put, user);
        at = slot->begin + slot->size;
    }
    return !result && at < size ? put(text + at, size - at, false, user) : result;
}
