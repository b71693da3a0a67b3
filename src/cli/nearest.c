#include "cli/nearest.h"

#include <string.h>

#include "fleet/inventory/nearest.h"

struct nearest nearest_begin(const char *typed)
{
    unsigned length = (unsigned)strlen(typed);

    /* A third of the word may be wrong, one letter at least; more would suggest anything. */
    return (struct nearest){.typed = typed, .distance = (length < 3 ? 1 : (length + 2) / 3) + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t length = strlen(candidate);
    unsigned far = nearest_distance(nearest->typed, strlen(nearest->typed), candidate, length,
                                    nearest->distance - 1);

    if (*nearest->typed && far < nearest->distance && far < length) {
        nearest->distance = far;
        nearest->best = candidate;
    }
}
