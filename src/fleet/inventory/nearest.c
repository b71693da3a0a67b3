/* See nearest.h. Distance is the number of characters inserted, left out, exchanged or swapped with
 * their neighbour (optimal string alignment); case counts for nothing. */
#include "fleet/inventory/nearest.h"

#include <ctype.h>
#include <string.h>

enum { NEAREST_LENGTH_MAX = 64, FAR = 255 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

unsigned nearest_distance(const char *a, size_t a_length, const char *b, size_t b_length,
                          unsigned limit)
{
    unsigned rows[3][NEAREST_LENGTH_MAX + 1];

    if (a_length > NEAREST_LENGTH_MAX || b_length > NEAREST_LENGTH_MAX ||
        (a_length > b_length ? a_length - b_length : b_length - a_length) > limit)
        return FAR;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3];
        const unsigned *two_above = rows[(i + 1) % 3];
        unsigned least = row[0] = (unsigned)i;

        for (size_t j = 1; j <= b_length; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) &&
                two_above[j - 2] + 1 < row[j])
                row[j] = two_above[j - 2] + 1;
            least = row[j] < least ? row[j] : least;
        }
        if (least > limit)
            return FAR;
    }
    return rows[a_length % 3][b_length];
}

/* A third of a short word, at most two: "db1" is not meant by "web1". */
static unsigned limit_for(size_t length)
{
    return length < 3 ? 1 : 2;
}

uint32_t nearest_machine(const struct fleet *fleet, const char *name)
{
    size_t length = strlen(name);
    unsigned limit = limit_for(length);
    uint32_t nearest = FLEET_NONE;

    for (uint32_t i = 0; i < fleet->count; i++) {
        const char *other = fleet->machines[i].name;
        unsigned far = nearest_distance(name, length, other, strlen(other), limit);

        if (far > limit)
            continue;
        nearest = i;
        if (far == 0)
            break;
        limit = far - 1;
    }
    return nearest;
}

bool nearest_tag(const struct fleet *fleet, const char *tag, size_t length,
                 char nearest_out[MACHINE_NAME_MAX + 1])
{
    unsigned limit = limit_for(length);
    bool found = false;

    for (uint32_t i = 0; i < fleet->count; i++) {
        for (const char *at = fleet->machines[i].tags; *at; at += at[0] == ',') {
            size_t size = strcspn(at, ",");
            unsigned far = nearest_distance(tag, length, at, size, limit);

            if (far <= limit) {
                memcpy(nearest_out, at, size);
                nearest_out[size] = '\0';
                found = true;
                if (far == 0)
                    return true;
                limit = far - 1;
            }
            at += size;
        }
    }
    return found;
}
