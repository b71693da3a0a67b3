/* "Did you mean ...?": the word of a list that is nearest to what was typed. */
#pragma once

struct nearest {
    const char *typed;
    const char *best;  /* borrowed from what was offered; NULL while nothing is near enough */
    unsigned distance; /* one more than what is still near enough */
};

struct nearest nearest_begin(const char *typed);
void nearest_offer(struct nearest *nearest, const char *candidate);
