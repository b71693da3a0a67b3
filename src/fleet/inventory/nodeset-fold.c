/* See nodeset.h: folding. Names that differ in one run of digits become one group; the last run is
 * tried first, and names that stay alone try the run before it. All of it is hashing and sorting
 * numbers, never comparing names pair by pair. */
#include "fleet/inventory/nodeset.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { NONE = UINT32_MAX, RUNS_TRIED = 4, RUN_DIGITS_MAX = 18 };

struct entry {
    const char *name;
    uint32_t length;
    uint32_t begin;  /* of the run of digits now looked at */
    uint32_t digits; /* 0: there is none */
    uint32_t width;  /* digits, if they are padded; else 0 */
    uint64_t number;
    uint32_t group; /* the final one, NONE while it is alone */
    uint32_t next_in_group;
};

struct group {
    uint32_t first; /* entries in order of appearance */
    uint32_t last;
    uint32_t count;
    uint32_t next_of_slot;
    uint32_t padded; /* a bit per width that some padded member has */
    bool written;
};

struct fold {
    struct entry *entries;
    uint32_t count;
    struct group *groups;
    uint32_t group_count;
    uint32_t *slots;
    uint32_t mask;
    uint32_t *order; /* scratch for sorting one group */
};

/* Finds the digits that are the `run`th from the right, from 0. */
static void find_run(struct entry *entry, unsigned run)
{
    const char *name = entry->name;
    uint32_t at = entry->length;

    for (;;) {
        uint32_t end;

        while (at > 0 && !isdigit((unsigned char)name[at - 1]))
            at--;
        end = at;
        while (at > 0 && isdigit((unsigned char)name[at - 1]))
            at--;
        entry->begin = at;
        entry->digits = end - at;
        if (entry->digits == 0 || run-- == 0)
            break;
    }
    if (entry->digits > RUN_DIGITS_MAX)
        entry->digits = 0;
    entry->width = entry->digits > 1 && name[entry->begin] == '0' ? entry->digits : 0;
    entry->number = 0;
    for (uint32_t i = 0; i < entry->digits; i++)
        entry->number = entry->number * 10 + (uint64_t)(name[entry->begin + i] - '0');
}

static uint32_t hash_bytes(uint64_t hash, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (uint32_t)(hash ^ hash >> 32);
}

static const char *suffix(const struct entry *entry)
{
    return entry->name + entry->begin + entry->digits;
}

static uint32_t suffix_length(const struct entry *entry)
{
    return entry->length - entry->begin - entry->digits;
}

static bool same_frame(const struct entry *a, const struct entry *b)
{
    return a->begin == b->begin && suffix_length(a) == suffix_length(b) &&
           memcmp(a->name, b->name, a->begin) == 0 &&
           memcmp(suffix(a), suffix(b), suffix_length(a)) == 0 && !a->digits == !b->digits;
}

static void group_add(struct fold *fold, uint32_t index)
{
    struct entry *entry = &fold->entries[index];
    uint32_t hash = hash_bytes(0xcbf29ce484222325u, entry->name, entry->begin);
    uint32_t *slot =
        &fold->slots[hash_bytes(hash, suffix(entry), suffix_length(entry)) & fold->mask];
    uint32_t at = *slot;
    struct group *group;

    while (at != NONE && !same_frame(&fold->entries[fold->groups[at].first], entry))
        at = fold->groups[at].next_of_slot;
    if (at == NONE) {
        at = fold->group_count++;
        fold->groups[at] = (struct group){.first = index, .last = index, .next_of_slot = *slot};
        *slot = at;
    } else {
        fold->entries[fold->groups[at].last].next_in_group = index;
        fold->groups[at].last = index;
    }
    group = &fold->groups[at];
    group->count++;
    group->padded |= entry->width ? 1u << entry->width : 0;
    entry->next_in_group = NONE;
    entry->group = at;
}

/* One pass over the names that are still alone. On the last pass (`run` beyond the last one) what
 * is left is grouped by its whole name, which drops duplicates. */
static void fold_pass(struct fold *fold, unsigned run)
{
    uint32_t first_group = fold->group_count;

    memset(fold->slots, 0xff, ((size_t)fold->mask + 1) * sizeof(*fold->slots));
    for (uint32_t i = 0; i < fold->count; i++) {
        struct entry *entry = &fold->entries[i];

        if (entry->group != NONE)
            continue;
        find_run(entry, run);
        if (run < RUNS_TRIED && (entry->digits == 0 || strpbrk(entry->name, "[],")))
            continue;
        if (run == RUNS_TRIED) {
            entry->begin = entry->length;
            entry->digits = 0;
        }
        group_add(fold, i);
    }
    /* Groups of one are given back, so that another run of digits may find them company. */
    for (uint32_t i = first_group; run < RUNS_TRIED && i < fold->group_count; i++)
        if (fold->groups[i].count == 1)
            fold->entries[fold->groups[i].first].group = NONE;
}

/* Padded numbers and plain ones cannot share a range, but 10 belongs to 01-09. */
static uint32_t width_in(const struct group *group, const struct entry *entry)
{
    return group->padded & 1u << entry->digits ? entry->digits : 0;
}

struct sort_context {
    const struct entry *entries;
    const struct group *group;
};

static int compare_numbers(const void *left, const void *right, void *data)
{
    const struct sort_context *context = data;
    const struct entry *a = &context->entries[*(const uint32_t *)left];
    const struct entry *b = &context->entries[*(const uint32_t *)right];
    uint32_t width_a = width_in(context->group, a);
    uint32_t width_b = width_in(context->group, b);

    if (width_a != width_b)
        return width_a < width_b ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static int append_digits(struct buffer *out, const struct entry *entry)
{
    return buffer_append(out, entry->name + entry->begin, entry->digits);
}

/* Appends "001-038,040" for the sorted numbers; returns how many items that were, or -ENOMEM. */
static int append_ranges(struct fold *fold, const struct group *group, struct buffer *out)
{
    int items = 0;
    int r = 0;

    for (uint32_t i = 0; !r && i < group->count;) {
        const struct entry *first = &fold->entries[fold->order[i]];
        const struct entry *last = first;

        while (++i < group->count) {
            const struct entry *next = &fold->entries[fold->order[i]];

            if (width_in(group, next) != width_in(group, last) || next->number > last->number + 1)
                break;
            last = next;
        }
        if (items++ > 0)
            r = buffer_append(out, ",", 1);
        if (!r)
            r = append_digits(out, first);
        if (!r && last->number != first->number) {
            r = buffer_append(out, last->number == first->number + 1 ? "," : "-", 1);
            if (!r)
                r = append_digits(out, last);
            items++;
        }
    }
    return r ? r : items;
}

static int append_group(struct fold *fold, const struct group *group, struct buffer *out)
{
    _cleanup_buffer_ struct buffer ranges = BUFFER_INIT;
    const struct entry *first = &fold->entries[group->first];
    struct sort_context context = {.entries = fold->entries, .group = group};
    uint32_t at = group->first;
    int items;
    int r;

    if (first->digits == 0)
        return buffer_append(out, first->name, first->length);
    for (uint32_t i = 0; i < group->count; i++, at = fold->entries[at].next_in_group)
        fold->order[i] = at;
    qsort_r(fold->order, group->count, sizeof(*fold->order), compare_numbers, &context);
    items = append_ranges(fold, group, &ranges);
    if (items < 0)
        return items;
    r = buffer_append(out, first->name, first->begin);
    if (!r && items > 1)
        r = buffer_append(out, "[", 1);
    if (!r)
        r = buffer_append(out, buffer_bytes(&ranges), buffer_length(&ranges));
    if (!r && items > 1)
        r = buffer_append(out, "]", 1);
    return r ? r : buffer_append(out, suffix(first), suffix_length(first));
}

static int fold_write(struct fold *fold, struct buffer *out)
{
    int r = 0;

    for (uint32_t i = 0; !r && i < fold->count; i++) {
        struct group *group = &fold->groups[fold->entries[i].group];

        if (group->written)
            continue;
        group->written = true;
        if (i > 0)
            r = buffer_append(out, ",", 1);
        if (!r)
            r = append_group(fold, group, out);
    }
    return r;
}

int nodeset_fold(const char *const *names, size_t count, struct buffer *out)
{
    _cleanup_free_ struct entry *entries = NULL;
    _cleanup_free_ struct group *groups = NULL;
    _cleanup_free_ uint32_t *slots = NULL;
    _cleanup_free_ uint32_t *order = NULL;
    uint32_t slot_count = 64;
    struct fold fold;

    if (count == 0)
        return 0;
    if (count > UINT32_MAX / (RUNS_TRIED + 2))
        return -ENOMEM;
    while (slot_count < count)
        slot_count *= 2;
    entries = calloc(count, sizeof(*entries));
    groups = calloc(count * (RUNS_TRIED + 1), sizeof(*groups));
    slots = calloc(slot_count, sizeof(*slots));
    order = calloc(count, sizeof(*order));
    if (!entries || !groups || !slots || !order)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct entry){
            .name = names[i], .length = (uint32_t)strlen(names[i]), .group = NONE};
    fold = (struct fold){.entries = entries,
                         .count = (uint32_t)count,
                         .groups = groups,
                         .slots = slots,
                         .mask = slot_count - 1,
                         .order = order};
    for (unsigned run = 0; run <= RUNS_TRIED; run++)
        fold_pass(&fold, run);
    return fold_write(&fold, out);
}
