/* See paths.h. */
#include "courier/paths.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct paths *paths, const char *path)
{
    char **larger = reallocarray(paths->items, paths->count + 2, sizeof(*larger));

    if (!larger)
        return -ENOMEM;
    paths->items = larger;
    larger[paths->count] = strdup(path);
    if (!larger[paths->count])
        return -ENOMEM;
    larger[++paths->count] = NULL;
    return 0;
}

/* "~/x" in the home of whom we run as. */
static char *at_home(const char *path, bool literal)
{
    const char *home = getenv("HOME");
    char *whole;

    if (literal || path[0] != '~' || (path[1] && path[1] != '/') || !home)
        return strdup(path);
    return asprintf(&whole, "%s%s", home, path + 1) < 0 ? NULL : whole;
}

static int add_fitting(struct paths *paths, const char *pattern)
{
    struct stat info;
    glob_t found;
    int r;

    if (!strpbrk(pattern, "*?[") || lstat(pattern, &info) == 0)
        return add(paths, pattern);
    r = glob(pattern, 0, NULL, &found);
    if (r == GLOB_NOSPACE)
        return -ENOMEM;
    if (r) /* its name then is what is missed */
        return add(paths, pattern);
    for (size_t i = 0; !r && i < found.gl_pathc; i++)
        r = add(paths, found.gl_pathv[i]);
    globfree(&found);
    return r;
}

int paths_expand(const struct transfer *transfer, bool patterns, struct paths *paths_out)
{
    _cleanup_free_ char *storage = malloc(transfer->paths.size + 1);
    _cleanup_free_ char **given = calloc(transfer->count + 1u, sizeof(*given));
    bool literal = transfer->flags & TRANSFER_LITERAL;
    int r = storage && given ? 0 : -ENOMEM;

    *paths_out = (struct paths){0};
    if (!r)
        transfer_unpack(transfer, storage, given);
    for (uint16_t i = 0; !r && i < transfer->count; i++) {
        _cleanup_free_ char *path = at_home(given[i], literal);

        if (!path)
            r = -ENOMEM;
        else
            r = patterns && !literal ? add_fitting(paths_out, path) : add(paths_out, path);
    }
    return r;
}

void paths_deinit(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct paths){0};
}
