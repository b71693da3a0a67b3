/* See terminal-kind.h. */
#include "cli/terminal-kind.h"

#include <unistd.h>
#include <curses.h>
#include <term.h>

bool terminal_is_known(void)
{
    int error;

    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    del_curterm(cur_term);
    return true;
}
