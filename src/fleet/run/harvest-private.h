/* What harvest.c (a run that is under way) and harvest-load.c (one of before) share. */
#pragma once

#include "fleet/run/harvest.h"

struct stored_outputs {
    int64_t *ids; /* by group; 0: not in the store yet */
    uint32_t room;
};

struct harvest {
    struct harvest_settings settings;
    struct harvest_machine *machines;
    struct harvest_counts counts;
    struct transcripts *transcripts;
    struct gather answers[2];
    struct gather failures;
    int64_t number; /* in the store; 0: not remembered, or no more */
    uint64_t room;  /* for its outputs there */
    struct stored_outputs stored[2];
    uint32_t *pending; /* positions that ended and are not in the store */
    uint32_t pending_count;
    struct buffer own_names; /* of one that was loaded */
    const char **own_list;
};
