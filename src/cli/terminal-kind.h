/* What terminfo knows of the terminal that TERM names. A file of its own, because <term.h> makes
 * macros of common words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether it knows it at all. */
bool terminal_is_known(void);
/* While curses has the terminal: the bytes that give it back, without a NUL; what does not fit is
 * left out. Returns how many there are. */
size_t terminal_farewell(char *bytes_out, size_t size);
