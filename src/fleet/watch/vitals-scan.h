/* Walking through a line as agents write it: no white space, members in one order. What is written
 * otherwise is not an error here, only not plain. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct vitals_scan {
    const char *at;
    const char *end;
};

static inline struct vitals_scan scan_of(const char *text, size_t length)
{
    return (struct vitals_scan){text, text + length};
}

static inline bool scan_is_done(const struct vitals_scan *scan)
{
    return scan->at == scan->end;
}

/* Goes on behind `text` if it stands here. */
bool scan_text(struct vitals_scan *scan, const char *text);
/* A JSON number, or null, which is NAN. Numbers of up to 15 digits are exact. */
bool scan_value(struct vitals_scan *scan, double *value_out);
