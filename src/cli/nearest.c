#include "cli/nearest.h"

#include <string.h>

enum { WORD_MAX = 32 };

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Optimal string alignment: insertions, deletions, changes, and two neighbours swapped. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *older = rows[0], *old = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        old[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *free_row = older;

        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = a[i - 1] != b[j - 1];

            now[j] = smallest(old[j] + 1, now[j - 1] + 1, old[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                older[j - 2] + 1 < now[j])
                now[j] = older[j - 2] + 1;
        }
        older = old;
        old = now;
        now = free_row;
    }
    return old[b_length];
}

struct nearest nearest_begin(const char *typed)
{
    size_t length = strlen(typed);

    /* A third of the word may be wrong, one letter at least; more would suggest anything. */
    return (struct nearest){.typed = typed, .distance = (length < 3 ? 1 : (length + 2) / 3) + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t typed_length = strlen(nearest->typed);
    size_t length = strlen(candidate);
    size_t found;

    if (typed_length > WORD_MAX || length > WORD_MAX || typed_length == 0)
        return;
    found = distance(nearest->typed, typed_length, candidate, length);
    if (found < nearest->distance && found < length) {
        nearest->distance = found;
        nearest->best = candidate;
    }
}
