/* The paths of an order as the user's shell would read them: "~" is the home, and a pattern of what
 * is to be fetched stands for all that fits it. */
#pragma once

#include "proto/transfer.h"

struct paths {
    char **items; /* NULL-terminated; owned */
    size_t count;
};

/* With `patterns`, *, ? and [ stand for others, unless something has just this name. Returns 0 or
 * -ENOMEM. */
int paths_expand(const struct transfer *transfer, bool patterns, struct paths *paths_out);
void paths_deinit(struct paths *paths);
