/* See place.h. */
#include "cli/place.h"

#include <errno.h>
#include <string.h>

int place_split(const char *word, char **selector_out, const char **path_out)
{
    unsigned brackets = 0;
    const char *at = word;

    for (; *at && (*at != ':' || brackets > 0); at++) {
        if (*at == '[')
            brackets++;
        else if (*at == ']' && brackets > 0)
            brackets--;
    }
    if (!*at)
        return 1;
    *selector_out = strndup(word, (size_t)(at - word));
    *path_out = at + 1;
    return *selector_out ? 0 : -ENOMEM;
}
