/* Whether terminfo knows the terminal that TERM names. A file of its own, because <term.h> makes
 * macros of common words. */
#pragma once

#include <stdbool.h>

bool terminal_is_known(void);
