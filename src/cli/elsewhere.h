/* What fingers bring along from ssh, pdsh, clush and their like: words that are no commands here,
 * and what does that here. Options of that kind stand with the options of their command
 * (OPTION_ELSEWHERE). Nothing is guessed into being done: it is told. */
#pragma once

#include "base/buffer.h"
#include "cli/options.h"

/* What to say for a word in the place of a command, translated; NULL for an unknown one. */
const char *elsewhere_command(const char *typed);
/* Appends the command line that `hune run` would take for words without a `--`: with `before`
 * ("-w web1"; NULL for none) all words are the command, else the first one is the selector. Returns
 * 0, 1 if the words are too few for that, or -ENOMEM. */
int elsewhere_run_line(const char *const *before, const struct words *words, struct buffer *out);
