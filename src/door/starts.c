/* See starts.h. */
#include "door/starts.h"

#include <string.h>

/* How many of them lie before `offset`. */
static size_t count_before(const struct starts *starts, uint64_t offset)
{
    size_t low = 0;
    size_t high = starts->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (starts->offsets[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_room(struct starts *starts, uint64_t first)
{
    size_t gone = count_before(starts, first);
    size_t kept = 0;

    starts->count -= gone;
    memmove(starts->offsets, starts->offsets + gone, starts->count * sizeof(starts->offsets[0]));
    if (starts->count <= STARTS_MAX / 2)
        return;
    starts->step *= 2;
    for (size_t i = 0; i < starts->count; i += 2)
        starts->offsets[kept++] = starts->offsets[i];
    starts->count = kept;
}

void starts_add(struct starts *starts, uint64_t offset, uint64_t first)
{
    if (starts->step == 0)
        starts->step = STARTS_FIRST_STEP;
    if (starts->count > 0 && offset - starts->offsets[starts->count - 1] < starts->step)
        return;
    if (starts->count == STARTS_MAX)
        make_room(starts, first);
    starts->offsets[starts->count++] = offset;
}

uint64_t starts_from(const struct starts *starts, uint64_t offset, uint64_t none)
{
    size_t at = count_before(starts, offset);

    return at < starts->count ? starts->offsets[at] : none;
}

uint64_t starts_before(const struct starts *starts, uint64_t offset, uint64_t none)
{
    size_t at = count_before(starts, offset);

    if (at < starts->count && starts->offsets[at] == offset)
        return offset;
    return at > 0 ? starts->offsets[at - 1] : none;
}
