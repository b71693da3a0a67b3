/* Vital signs as text. See vitals.h. Written by hand: a sample a second for thousands of readers
 * is not to be a tree of objects first. */
#include "sense/vitals.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* How many digits behind the point say something, by unit. */
static int decimals_of(enum vital vital)
{
    switch (vital_info(vital)->unit) {
    case VITAL_UNIT_PERCENT:
    case VITAL_UNIT_PER_SECOND:
    case VITAL_UNIT_CELSIUS: return 1;
    case VITAL_UNIT_LOAD:
    case VITAL_UNIT_CORES: return 2;
    case VITAL_UNIT_NUMBER:
    case VITAL_UNIT_BYTES:
    case VITAL_UNIT_BYTES_PER_SECOND:
    case VITAL_UNIT_SECONDS: return 0;
    }
    return 0;
}

/* printf() would ask the locale and take ten times as long. Below 2^63, no exponent. */
static size_t number_format(double value, int decimals, char text_out[32])
{
    static const double scales[] = {1, 10, 100};
    char digits[24];
    size_t length = 0;
    size_t used = 0;
    uint64_t whole;

    if (value < 0) {
        value = -value;
        text_out[used++] = '-';
    }
    value *= scales[decimals];
    whole = (uint64_t)(value < 4503599627370496.0 ? value + 0.5 : value); /* 2^52 */
    while (decimals > 0 && whole % 10 == 0) { /* 12.0 says no more than 12 */
        whole /= 10;
        decimals--;
    }
    do {
        digits[length++] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0 || length < (size_t)decimals + 1);
    while (length > 0) {
        text_out[used++] = digits[--length];
        if (length > 0 && length == (size_t)decimals)
            text_out[used++] = '.';
    }
    return used;
}

int vitals_append_value(enum vital vital, double value, struct buffer *out)
{
    char text[32];

    if (!(fabs(value) < 9e16)) /* NAN too */
        return buffer_append(out, "null", 4);
    return buffer_append(out, text, number_format(value, decimals_of(vital), text));
}

/* ---- walking through the columns of some fields, in their one order ---- */

typedef int (*column_visit)(const struct vital_column *column, double value, void *user);

static int thing_columns(const struct vitals *vitals, enum vital_label label, size_t index,
                         column_visit visit, void *user)
{
    const struct vitals_things *things = &vitals->things[label];
    size_t width = vital_label_width(label);
    struct vital_column column = {.labelled = true};
    size_t place = 0;
    int r = 0;

    memcpy(column.thing, things->names[index], sizeof(column.thing));
    for (unsigned v = 0; v < VITAL_COUNT && !r; v++) {
        if (vital_info((enum vital)v)->label != label)
            continue;
        column.vital = (enum vital)v;
        r = visit(&column, things->values[index * width + place++], user);
    }
    return r;
}

static int each_column(const struct vitals *vitals, const struct vital_fields *fields,
                       column_visit visit, void *user)
{
    int r = 0;

    for (unsigned v = 0; v < VITAL_COUNT && !r; v++) {
        struct vital_column column = {.vital = (enum vital)v};

        if (fields->vitals & (1ull << v))
            r = visit(&column, vitals->value[v], user);
    }
    for (unsigned label = 0; label < VITAL_LABEL_COUNT && !r; label++) {
        if (!(fields->labels & (1u << label)))
            continue;
        for (size_t i = 0; i < vitals->things[label].count && !r; i++)
            r = thing_columns(vitals, (enum vital_label)label, i, visit, user);
    }
    return r;
}

struct writing {
    struct buffer *out;
    bool begun;
};

static int separate(struct writing *writing)
{
    if (writing->begun)
        return buffer_append(writing->out, ",", 1);
    writing->begun = true;
    return 0;
}

static int write_name(const struct vital_column *column, double value, void *user)
{
    _cleanup_buffer_ struct buffer name = BUFFER_INIT;
    struct writing *writing = user;
    int r = separate(writing);

    (void)value;
    if (!r)
        r = vital_column_append(column, &name);
    return r ? r : text_append_json(writing->out, buffer_bytes(&name), buffer_length(&name));
}

static int write_value(const struct vital_column *column, double value, void *user)
{
    struct writing *writing = user;
    int r = separate(writing);

    return r ? r : vitals_append_value(column->vital, value, writing->out);
}

static int write_member(const struct vital_column *column, double value, void *user)
{
    struct writing *writing = user;
    int r;

    if (isnan(value))
        return 0;
    r = write_name(column, value, user);
    if (!r)
        r = buffer_append(writing->out, ":", 1);
    return r ? r : vitals_append_value(column->vital, value, writing->out);
}

/* ---- the forms ---- */

static uint64_t hash_text(uint64_t hash, const char *text)
{
    do /* FNV-1a, the final NUL too */
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
    while (*text++);
    return hash;
}

uint64_t vitals_shape(const struct vitals *vitals, const struct vital_fields *fields)
{
    uint64_t hash = 0xcbf29ce484222325ull;

    for (unsigned label = 0; label < VITAL_LABEL_COUNT; label++) {
        if (!(fields->labels & (1u << label)))
            continue;
        for (size_t i = 0; i < vitals->things[label].count; i++)
            hash = hash_text(hash, vitals->things[label].names[i]);
        hash = hash_text(hash, "");
    }
    return hash;
}

int vitals_append_head(const struct vitals *vitals, const struct vital_fields *fields,
                       uint64_t every_ms, struct buffer *out)
{
    struct writing writing = {.out = out};
    int r = buffer_append_text(out, "{\"columns\":[");

    if (!r)
        r = each_column(vitals, fields, write_name, &writing);
    return r ? r : buffer_printf(out, "],\"every_ms\":%" PRIu64 "}\n", every_ms);
}

int vitals_append_sample(const struct vitals *vitals, const struct vital_fields *fields,
                         const struct buffer *processes, struct buffer *out)
{
    struct writing writing = {.out = out};
    int r = buffer_printf(out, "{\"t\":%" PRIu64 ",\"i\":%" PRIu32 ",\"v\":[", vitals->wall_ms,
                          vitals->interval_ms);

    if (!r)
        r = each_column(vitals, fields, write_value, &writing);
    if (!r)
        r = buffer_append(out, "]", 1);
    if (!r && processes)
        r = buffer_append_text(out, ",\"p\":");
    if (!r && processes)
        r = buffer_append(out, buffer_bytes(processes), buffer_length(processes));
    return r ? r : buffer_append_text(out, "}\n");
}

int vitals_append_document(const struct vitals *vitals, const struct vital_fields *fields,
                           const struct buffer *processes, struct buffer *out)
{
    struct writing writing = {.out = out, .begun = true};
    int r = buffer_printf(out, "{\"time_ms\":%" PRIu64 ",\"interval_ms\":%" PRIu32, vitals->wall_ms,
                          vitals->interval_ms);

    if (!r)
        r = each_column(vitals, fields, write_member, &writing);
    if (!r && processes)
        r = buffer_append_text(out, ",\"processes\":");
    if (!r && processes)
        r = buffer_append(out, buffer_bytes(processes), buffer_length(processes));
    return r ? r : buffer_append_text(out, "}");
}
