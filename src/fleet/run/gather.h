/* Many machines, few answers: what is the same in every byte, with the same end, is one group. The
 * groups form while the answers come; putting one in costs the same however many there are. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fleet/run/transcript.h"

struct gather_group {
    struct transcript text; /* what they said */
    uint32_t *members;      /* numbers of the caller's: positions */
    uint32_t count;
    uint32_t room;
    uint32_t outcome;      /* equal for equal ends: chosen by the caller */
    uint32_t next_of_slot; /* private */
};

struct gather {
    struct gather_group *groups; /* in the order of their first answer */
    uint32_t count;
    uint32_t room;
    uint32_t *slots; /* private */
    uint32_t mask;
};

/* Zeroed, a gather is an empty one. All transcripts are of one store. */
void gather_deinit(struct gather *gather);
/* Takes over a finished transcript, which is empty afterwards, and tells the group that it is in
 * now (an index into `groups`). Returns 0 or -ENOMEM. */
int gather_add(struct gather *gather, uint32_t member, uint32_t outcome, struct transcript *text,
               uint32_t *group_out);
/* The groups' indices, the largest first; of equal ones, the one with the lowest member.
 * `order_out` has room for `count`. Sorts the members of each group, too. */
void gather_order(struct gather *gather, uint32_t *order_out);
/* Appends members as a folded set: "web[1-3],db1"; names[member] is a member's name. Returns 0 or
 * -ENOMEM. */
int gather_names(const uint32_t *members, uint32_t count, const char *const *names,
                 struct buffer *out);
