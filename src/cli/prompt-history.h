/* What was typed at the prompt, kept as a text file, one line each: readable, and appended to, so
 * that two prompts do not overwrite each other. */
#pragma once

#include <stddef.h>

enum { HISTORY_LINES = 1000 };

/* Calls `each` for the last lines of the file, oldest first. A file that is not there is empty; one
 * that has grown long is cut. */
void history_load(const char *path, void (*each)(const char *line, void *user), void *user);
/* Appends a line; the file is made with mode 0600. A line that begins with a space is not kept. */
void history_add(const char *path, const char *line);
