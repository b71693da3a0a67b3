/* hune list: its long form. */
#pragma once

#include "cli/console.h"

/* Asks each machine how it is and shows it. Machines that do not answer are part of the answer, not
 * a failure. Returns what to exit with. */
int list_long(struct console *console, const struct selection *selection);
