/* A page of OpenMetrics text in the making (openmetrics.io, version 1.0): families, samples,
 * labels. A page that ran out of memory stays failed: one look at the end tells. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sense/scan.h"

struct page {
    struct buffer *out;
    const char *family;
    const char *suffix; /* of its samples: "_total" for counters */
    bool labelled;
    int error; /* 0 or -ENOMEM */
};

enum page_type { PAGE_GAUGE, PAGE_COUNTER, PAGE_UNKNOWN };

/* A family begins; `name` (borrowed) is without _total. */
void page_family(struct page *page, const char *name, enum page_type type, const char *help);
/* A sample: begin, labels, then one of the ends. */
void page_sample(struct page *page);
void page_label(struct page *page, const char *key, struct span value);
/* number / 10^decimals; a number that is not known makes a NaN. */
void page_number(struct page *page, uint64_t number, unsigned decimals);
/* A whole family of one sample without labels, if the number is known. */
void page_single(struct page *page, const char *name, enum page_type type, const char *help,
                 uint64_t number, unsigned decimals);
/* Returns 0 or -ENOMEM. */
int page_end(struct page *page);
