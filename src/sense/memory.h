/* The main memory: how much there is, and what it is used for. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "sense/scan.h"

/* {"total","available","used","free","cached","buffers","swap_total","swap_free","limit"}, counted
 * as free(1) does: used = total - available. Returns 0 or -ENOMEM. */
int memory_collect(const char *root, json_t **json_out);

/* In bytes; SENSE_UNKNOWN for what the text does not say. */
struct meminfo {
    uint64_t total;
    uint64_t available;
    uint64_t free;
    uint64_t buffers;
    uint64_t cached;      /* page cache alone */
    uint64_t reclaimable; /* kernel caches that are given back when needed */
    uint64_t swap_total;
    uint64_t swap_free;
};
void meminfo_parse(struct span text, struct meminfo *info_out);
