/* A shell line that says nothing to a shell, such as "uptime" or "systemctl status cron": it may be
 * executed at once, and the shell's own start is saved. */
#pragma once

#include <stdbool.h>

/* Splits `line` in place into words and fills `words_out`, NULL-terminated. False if a shell could
 * read it in another way than as a program and its arguments, or if there are too many words;
 * `line` is then as it was. */
enum { PLAIN_WORDS_MAX = 64 };
bool plain_line_split(char *line, char *words_out[static PLAIN_WORDS_MAX + 1]);
