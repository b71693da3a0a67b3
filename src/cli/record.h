/* --record: a recording, and its troubles told. */
#pragma once

#include "cli/cast.h"
#include "cli/console.h"

/* Returns 0, or what to exit with. */
int record_begin(struct console *console, const char *path, const struct cast_head *head,
                 struct cast **cast_out);
/* Takes NULL. */
void record_end(struct console *console, const char *path, struct cast *cast);
