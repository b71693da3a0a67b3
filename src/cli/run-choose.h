/* On which machines `hune run` runs: the selector of the words and of -t, and what pdsh and clush
 * have for it. Each option may come more than once. */
#pragma once

#include "cli/console.h"
#include "cli/options.h"

struct run_places {
    struct text_list where;   /* -w: selectors, or ^FILE with names in it */
    struct text_list exclude; /* -x: but not these */
    struct text_list groups;  /* -g: tags or groups, without their @ */
    struct text_list out_of;  /* -X: but not these groups */
    bool retry_failed;        /* those that failed in the last run */
};

/* Ascending indices into `selection`; `text` is how the whole selector reads. Returns 0 or what to
 * exit with, having told why. */
int run_choose(struct console *console, const struct run_places *places, const struct words *words,
               struct buffer *text, struct selection *selection);
