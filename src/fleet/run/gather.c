/* See gather.h: a hash table over what transcripts say of themselves. */
#include "fleet/run/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fleet/inventory/nodeset.h"

enum { NONE = UINT32_MAX, SLOTS_FIRST = 64 };

void gather_deinit(struct gather *gather)
{
    for (uint32_t i = 0; i < gather->count; i++) {
        transcript_deinit(&gather->groups[i].text);
        free(gather->groups[i].members);
    }
    free(gather->groups);
    free(gather->slots);
    *gather = (struct gather){0};
}

static uint32_t slot_of(const struct gather *gather, const struct transcript *text,
                        uint32_t outcome)
{
    uint64_t key = transcript_key(text) ^ (uint64_t)outcome * 0x9e3779b97f4a7c15u;

    return (uint32_t)(key ^ key >> 32) & gather->mask;
}

static int grow_slots(struct gather *gather)
{
    uint32_t count = gather->slots ? (gather->mask + 1) * 2 : SLOTS_FIRST;
    uint32_t *slots;

    if (gather->slots && gather->count <= gather->mask / 2)
        return 0;
    slots = malloc(count * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    memset(slots, 0xff, count * sizeof(*slots));
    free(gather->slots);
    gather->slots = slots;
    gather->mask = count - 1;
    for (uint32_t i = 0; i < gather->count; i++) {
        struct gather_group *group = &gather->groups[i];
        uint32_t slot = slot_of(gather, &group->text, group->outcome);

        group->next_of_slot = slots[slot];
        slots[slot] = i;
    }
    return 0;
}

static uint32_t find(const struct gather *gather, uint32_t outcome, const struct transcript *text)
{
    uint32_t at = gather->slots ? gather->slots[slot_of(gather, text, outcome)] : NONE;

    while (at != NONE && (gather->groups[at].outcome != outcome ||
                          !transcript_equal(&gather->groups[at].text, text)))
        at = gather->groups[at].next_of_slot;
    return at;
}

static int new_group(struct gather *gather, uint32_t outcome, struct transcript *text,
                     uint32_t *group_out)
{
    struct gather_group *group;
    uint32_t slot;

    if (grow_slots(gather) < 0)
        return -ENOMEM;
    if (gather->count == gather->room) {
        uint32_t room = gather->room ? gather->room * 2 : 8;
        struct gather_group *groups = reallocarray(gather->groups, room, sizeof(*groups));

        if (!groups)
            return -ENOMEM;
        gather->groups = groups;
        gather->room = room;
    }
    slot = slot_of(gather, text, outcome);
    group = &gather->groups[gather->count];
    *group = (struct gather_group){
        .text = *text, .outcome = outcome, .next_of_slot = gather->slots[slot]};
    *text = (struct transcript){0};
    gather->slots[slot] = gather->count;
    *group_out = gather->count++;
    return 0;
}

int gather_add(struct gather *gather, uint32_t member, uint32_t outcome, struct transcript *text,
               uint32_t *group_out)
{
    uint32_t index = find(gather, outcome, text);
    struct gather_group *group;

    if (index == NONE && new_group(gather, outcome, text, &index) < 0)
        return -ENOMEM;
    transcript_deinit(text);
    group = &gather->groups[index];
    if (group->count == group->room) {
        uint32_t room = group->room ? group->room * 2 : 1;
        uint32_t *members = reallocarray(group->members, room, sizeof(*members));

        if (!members)
            return -ENOMEM;
        group->members = members;
        group->room = room;
    }
    group->members[group->count++] = member;
    *group_out = index;
    return 0;
}

static int compare_members(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static int compare_groups(const void *a, const void *b, void *user)
{
    const struct gather *gather = user;
    const struct gather_group *x = &gather->groups[*(const uint32_t *)a];
    const struct gather_group *y = &gather->groups[*(const uint32_t *)b];

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->count == 0 ? 0 : compare_members(x->members, y->members);
}

void gather_order(struct gather *gather, uint32_t *order_out)
{
    for (uint32_t i = 0; i < gather->count; i++) {
        struct gather_group *group = &gather->groups[i];

        if (group->count > 1)
            qsort(group->members, group->count, sizeof(*group->members), compare_members);
        order_out[i] = i;
    }
    if (gather->count > 1)
        qsort_r(order_out, gather->count, sizeof(*order_out), compare_groups, gather);
}

int gather_names(const uint32_t *members, uint32_t count, const char *const *names,
                 struct buffer *out)
{
    _cleanup_free_ const char **chosen = calloc(count ? count : 1, sizeof(*chosen));

    if (!chosen)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        chosen[i] = names[members[i]];
    return nodeset_fold(chosen, count, out);
}
