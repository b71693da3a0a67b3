/* See verb.h. */
#include "proto/verb.h"

#include <stddef.h>

static const struct verb_info verbs[] = {
#define X(number, name_, word, right_, job) \
    {.verb = VERB_##name_, .name = (word), .right = RIGHT_##right_, .becomes_job = (job)},
    HUNE_VERBS(X)
#undef X
};

const struct verb_info *verb_info(uint16_t number)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if ((uint16_t)verbs[i].verb == number)
            return &verbs[i];
    }
    return NULL;
}
