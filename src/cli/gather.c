#include "cli/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/nodeset.h"

/* FNV-1a over words of eight bytes: only to find the group quickly; equality is decided by memcmp.
 */
static uint64_t hash_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u ^ size;

    for (; size >= 8; size -= 8, bytes += 8) {
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    for (; size > 0; size--, bytes++)
        hash = (hash ^ *bytes) * 0x100000001b3u;
    return hash;
}

void gather_deinit(struct gather *gather)
{
    for (size_t i = 0; i < gather->count; i++) {
        buffer_deinit(&gather->groups[i].names);
        buffer_deinit(&gather->groups[i].output);
    }
    free(gather->groups);
    *gather = (struct gather){0};
}

static bool same(const struct gather_group *group, uint64_t hash, uint32_t outcome,
                 const struct buffer *output)
{
    size_t size = buffer_length(output);

    return group->hash == hash && group->outcome == outcome &&
           buffer_length(&group->output) == size &&
           (size == 0 || memcmp(buffer_bytes(&group->output), buffer_bytes(output), size) == 0);
}

static int new_group(struct gather *gather, struct gather_group **group_out)
{
    if (gather->count == gather->room) {
        size_t room = gather->room ? gather->room * 2 : 8;
        struct gather_group *groups = reallocarray(gather->groups, room, sizeof(*groups));

        if (!groups)
            return -ENOMEM;
        gather->groups = groups;
        gather->room = room;
    }
    *group_out = &gather->groups[gather->count++];
    **group_out = (struct gather_group){0};
    return 0;
}

int gather_add(struct gather *gather, const char *name, uint32_t outcome, struct buffer *output)
{
    uint64_t hash = hash_of(buffer_bytes(output), buffer_length(output));
    struct gather_group *group = NULL;
    int error;

    for (size_t i = 0; i < gather->count && !group; i++) {
        if (same(&gather->groups[i], hash, outcome, output))
            group = &gather->groups[i];
    }
    if (group) {
        buffer_deinit(output);
    } else {
        error = new_group(gather, &group);
        if (error)
            return error;
        group->hash = hash;
        group->outcome = outcome;
        group->output = *output;
        *output = BUFFER_INIT;
    }
    group->count++;
    return buffer_append(&group->names, &name, sizeof(const char *));
}

int gather_names(struct gather_group *group, struct buffer *out)
{
    return nodeset_fold((const char *const *)(const void *)buffer_bytes(&group->names),
                        group->count, out);
}
