/* See scan.h. */
#include "sense/scan.h"

#include <string.h>
#include <unistd.h>

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_equal(struct span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

bool span_same(struct span a, struct span b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

bool span_starts(struct span span, const char *prefix)
{
    size_t length = strlen(prefix);

    return span.length >= length && memcmp(span.at, prefix, length) == 0;
}

static bool is_blank(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

struct span span_strip(struct span span)
{
    while (span.length > 0 && is_blank(span.at[0])) {
        span.at++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.at[span.length - 1]))
        span.length--;
    return span;
}

bool span_cut(struct span span, char separator, struct span *before_out, struct span *rest_out)
{
    const char *found = span.length ? memchr(span.at, separator, span.length) : NULL;
    size_t before = found ? (size_t)(found - span.at) : span.length;
    size_t skipped = found ? before + 1 : before;

    *rest_out = (struct span){span.at + skipped, span.length - skipped};
    *before_out = (struct span){span.at, before};
    return found;
}

bool scan_line(struct span *text, struct span *line_out)
{
    if (span_is_empty(*text))
        return false;
    span_cut(*text, '\n', line_out, text);
    return true;
}

bool scan_field(struct span *line, struct span *field_out)
{
    size_t begin = 0;
    size_t end;

    while (begin < line->length && is_blank(line->at[begin]))
        begin++;
    for (end = begin; end < line->length && !is_blank(line->at[end]);)
        end++;
    *field_out = (struct span){line->at + begin, end - begin};
    *line = (struct span){line->at + end, line->length - end};
    return end > begin;
}

uint64_t span_number(struct span span)
{
    uint64_t value = 0;

    if (span_is_empty(span))
        return SENSE_UNKNOWN;
    for (size_t i = 0; i < span.length; i++) {
        unsigned digit = (unsigned char)span.at[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return SENSE_UNKNOWN;
        value = value * 10 + digit;
    }
    return value;
}

uint64_t span_hex(struct span span)
{
    uint64_t value = 0;

    if (span_is_empty(span) || span.length > 16)
        return SENSE_UNKNOWN;
    for (size_t i = 0; i < span.length; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = span.at[i] ? strchr(digits, span.at[i]) : NULL;

        if (!digit)
            return SENSE_UNKNOWN;
        value = value << 4 | (uint64_t)((digit - digits) & 15);
    }
    return value;
}

uint64_t scan_number(struct span *line)
{
    struct span field;

    return scan_field(line, &field) ? span_number(field) : SENSE_UNKNOWN;
}

double span_decimal(struct span span)
{
    struct span whole;
    struct span fraction;
    bool pointed = span_cut(span, '.', &whole, &fraction);
    uint64_t ones = span_number(whole);
    uint64_t parts = 0;
    double scale = 1;

    if (fraction.length > 6)
        fraction.length = 6;
    if (pointed)
        parts = span_number(fraction);
    for (size_t i = 0; i < fraction.length; i++)
        scale *= 10;
    if (ones == SENSE_UNKNOWN || parts == SENSE_UNKNOWN)
        return -1;
    return (double)ones + (double)parts / scale;
}

uint64_t known_product(uint64_t a, uint64_t b)
{
    uint64_t product;

    if (a == SENSE_UNKNOWN || b == SENSE_UNKNOWN || __builtin_mul_overflow(a, b, &product))
        return SENSE_UNKNOWN;
    return product;
}

uint64_t known_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;

    if (a == SENSE_UNKNOWN || b == SENSE_UNKNOWN || __builtin_add_overflow(a, b, &sum))
        return SENSE_UNKNOWN;
    return sum;
}

uint64_t known_difference(uint64_t a, uint64_t b)
{
    if (a == SENSE_UNKNOWN || b == SENSE_UNKNOWN)
        return SENSE_UNKNOWN;
    return a > b ? a - b : 0;
}

uint64_t known_ticks_to_ms(uint64_t ticks)
{
    long per_second = sysconf(_SC_CLK_TCK);

    return per_second > 0 ? known_product(ticks, 1000 / (uint64_t)per_second) : SENSE_UNKNOWN;
}
