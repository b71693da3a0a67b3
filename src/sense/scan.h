/* Walking through the text that the kernel prints: lines, fields, numbers. Nothing is copied and
 * nothing is changed; a span points into the text and is not terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stands for a number that the machine does not tell. */
#define SENSE_UNKNOWN UINT64_MAX

struct span {
    const char *at;
    size_t length;
};

static inline bool span_is_empty(struct span span)
{
    return span.length == 0;
}

struct span span_of(const char *text);
bool span_equal(struct span span, const char *text);
bool span_same(struct span a, struct span b);
bool span_starts(struct span span, const char *prefix);
/* Without the white space at both ends. */
struct span span_strip(struct span span);
/* Everything before the first `separator`; `rest_out` is what follows it. Without a separator the
 * result is the whole span, the rest is empty, and false is returned. */
bool span_cut(struct span span, char separator, struct span *before_out, struct span *rest_out);

/* The next line without its newline, moving `text` behind it; false at the end. */
bool scan_line(struct span *text, struct span *line_out);
/* The next run of characters other than blanks, moving `line` behind it; false if there is none. */
bool scan_field(struct span *line, struct span *field_out);

/* The whole span as one decimal number; SENSE_UNKNOWN if it is none or does not fit. */
uint64_t span_number(struct span span);
/* The same for 1 to 16 hexadecimal digits. */
uint64_t span_hex(struct span span);
/* The next field as a number; SENSE_UNKNOWN if it is none. */
uint64_t scan_number(struct span *line);
/* Digits with an optional fraction of which six digits count, as /proc/loadavg has them: no locale
 * takes part. Negative if it is no such number. */
double span_decimal(struct span span);

/* Product and sum of numbers either of which may be SENSE_UNKNOWN; an overflow is unknown too. */
uint64_t known_product(uint64_t a, uint64_t b);
uint64_t known_sum(uint64_t a, uint64_t b);
/* a - b, not below 0. */
uint64_t known_difference(uint64_t a, uint64_t b);
/* The kernel's clock ticks, of which all its times since boot are sums. */
uint64_t known_ticks_to_ms(uint64_t ticks);
