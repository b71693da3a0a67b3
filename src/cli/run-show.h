/* What came of a run on many machines, for people: gathered answers, what went wrong, how many, and
 * the line that tries again. Over a harvest, be it fresh or one of before. */
#pragma once

#include <stdbool.h>

#include "cli/console.h"
#include "fleet/run/harvest.h"

struct show_options {
    bool raw;     /* control characters go to the terminal as they are */
    bool diff;    /* the largest group in full, of the others what differs from it */
    bool similar; /* fold what differs only in names, numbers and times */
    /* Of the machines, by position; for `similar`. May be NULL. */
    const char *const *hosts;
};

/* "names (count):" and what they said, the largest group first. */
void show_answers(struct console *console, struct harvest *harvest,
                  const struct show_options *options);
/* Every line behind its machine's name, machine by machine. */
void show_lines(struct console *console, struct harvest *harvest, bool raw);
/* What went wrong, folded, on standard error. */
void show_failures(struct console *console, struct harvest *harvest);
/* "hune: 3 of 1000 machines failed (…)"; nothing if none did. */
void show_summary(struct console *console, const struct harvest *harvest);
