/* --record: a recording, and its troubles told. */
#pragma once

#include "cli/cast.h"
#include "cli/console.h"
#include "proto/terminal.h"

/* The size of the terminal that we were started from, wherever our output goes; 80 columns and 24
 * rows where there is none. */
struct terminal_size record_size(void);
/* Returns 0, or what to exit with. */
int record_begin(struct console *console, const char *path, const struct cast_head *head,
                 struct cast **cast_out);
/* Takes NULL. */
void record_end(struct console *console, const char *path, struct cast *cast);
