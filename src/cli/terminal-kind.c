/* See terminal-kind.h. */
#include "cli/terminal-kind.h"

#include <string.h>
#include <unistd.h>
#include <curses.h>
#include <term.h>

#include "base/cleanup.h"

bool terminal_is_known(void)
{
    int error;

    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    del_curterm(cur_term);
    return true;
}

static size_t append(char *bytes, size_t size, size_t used, const char *text)
{
    size_t length = strlen(text);

    if (length > size - used)
        return used;
    memcpy(bytes + used, text, length);
    return used + length;
}

static const char *capability(const char *name)
{
    const char *text = tigetstr(name);

    /* Terminals of paper want a pause behind some. */
    return text && text != (const char *)-1 && !strstr(text, "$<") ? text : NULL;
}

size_t terminal_farewell(char *bytes_out, size_t size)
{
    static const char *const names[] = {"rmkx", "sgr0", "cnorm", "rmcup"};
    size_t used = 0;

    if (capability("kmous"))
        used = append(bytes_out, size, used, "\033[?1006;1000l");
    for (size_t i = 0; i < ELEMENTS_OF(names); i++) {
        const char *text = capability(names[i]);

        if (text)
            used = append(bytes_out, size, used, text);
    }
    return used;
}
