/* Many machines, few answers: results that are the same in every byte are shown once, under the
 * names of all machines that gave them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct gather_group {
    struct buffer names; /* of const char *, borrowed from the callers */
    size_t count;
    struct buffer output; /* what they said */
    uint64_t hash;
    uint32_t outcome; /* equal for equal ends: chosen by the caller */
};

struct gather {
    struct gather_group *groups; /* in the order of their first machine */
    size_t count;
    size_t room;
};

void gather_deinit(struct gather *gather);
/* Takes what `name` said; `output` is empty afterwards. Returns 0 or -ENOMEM. */
int gather_add(struct gather *gather, const char *name, uint32_t outcome, struct buffer *output);
/* Appends a group's machines as a folded set: "web[1-3],db1". Returns 0 or -ENOMEM. */
int gather_names(struct gather_group *group, struct buffer *out);
