/* hune watch: what its two halves share. */
#pragma once

#include "cli/console.h"
#include "cli/options.h"

struct watch_options {
    struct text_list when;
    const char *command;
    const char *since;
    uint64_t every; /* seconds */
    uint64_t clear; /* seconds */
    bool changes;
    bool silent;
    bool log;
};

/* --log: what was remembered, and nothing is watched. Returns what to exit with. */
int watch_log(struct console *console, const struct watch_options *options,
              const char *const *words);

/* One line about a machine: an alert's begin or end, or its presence. Texts may be NULL. */
struct watch_line {
    uint64_t at_ms;
    const char *machine;
    const char *kind; /* "begin", "end"; "up", "down", "refused" */
    const char *rule;
    const char *label;
    const char *detail;  /* for people; of presence, the problem's word */
    const char *finding; /* an alert's values, for programs */
    uint64_t begun_ms;   /* of "end"; 0: not known */
};
void watch_tell(struct console *console, const struct watch_line *line);
