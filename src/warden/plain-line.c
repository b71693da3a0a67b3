/* See plain-line.h. Deny by default: a character that is not known to mean nothing is the shell's.
 */
#include "warden/plain-line.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Neither quotes nor globs, neither variables nor redirections; '=' could be an assignment, '~' a
 * home. */
static const char plain[] = LETTERS "_-+./:,@% ";

/* What a shell does by itself although a program of that name exists: it does it quicker, or
 * differently. A builtin without a program needs no entry: executing it fails, and the shell gets
 * the line. */
static const char *const builtins[] = {
    "alias", "bg",     "cd",    "command", "echo", "false", "fc",   "fg",   "getopts",
    "hash",  "jobs",   "kill",  "printf",  "pwd",  "read",  "test", "time", "times",
    "type",  "ulimit", "umask", "unalias", "wait", ".",     ":",
};

static bool is_builtin(const char *word, size_t length)
{
    for (size_t i = 0; i < ELEMENTS_OF(builtins); i++) {
        if (strlen(builtins[i]) == length && memcmp(builtins[i], word, length) == 0)
            return true;
    }
    return false;
}

bool plain_line_split(char *line, char *words_out[static PLAIN_WORDS_MAX + 1])
{
    char *at = line + strspn(line, " ");
    size_t count = 0;

    if (line[strspn(line, plain)] != '\0' || is_builtin(at, strcspn(at, " ")))
        return false;
    for (; *at && count < PLAIN_WORDS_MAX; at += strspn(at, " ")) {
        words_out[count++] = at;
        at += strcspn(at, " ");
    }
    if (*at || count == 0)
        return false;
    words_out[count] = NULL;
    for (size_t i = 0; i < count; i++)
        words_out[i][strcspn(words_out[i], " ")] = '\0';
    return true;
}
