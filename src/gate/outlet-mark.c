/* How far a job's output may be released: arithmetic alone. See outlet.h. */
#include "gate/outlet.h"

void outlet_mark_acknowledge(struct outlet_mark *mark, uint64_t acknowledged)
{
    uint64_t given = mark->at - mark->from;

    /* A peer that claims more than it was sent has what it was sent. */
    mark->held = mark->from + (acknowledged < given ? acknowledged : given);
}

uint64_t outlet_held_by_all(const struct list *marks, uint64_t offset)
{
    const struct outlet_mark *mark;

    list_for_each (marks, const struct outlet_mark, link, mark)
        if (mark->held < offset)
            offset = mark->held;
    return offset;
}

uint64_t outlet_release_to(const struct list *marks, uint64_t released)
{
    uint64_t least = outlet_held_by_all(marks, UINT64_MAX);

    return least == UINT64_MAX || least < released ? released : least;
}
