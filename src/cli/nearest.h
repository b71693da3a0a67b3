/* "Did you mean ...?": the word of a list that is nearest to what was typed. */
#pragma once

#include <stddef.h>

struct nearest {
    const char *typed;
    const char *best; /* borrowed from what was offered; NULL while nothing is near enough */
    size_t distance;
};

struct nearest nearest_begin(const char *typed);
void nearest_offer(struct nearest *nearest, const char *candidate);
