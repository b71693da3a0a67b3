/* See route.h. */
#include "gate/route.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

struct route_row {
    const char *method;
    const char *pattern;
    enum route_need need;
    const char *query; /* the one parameter that it takes */
};

static const struct route_row rows[] = {
#define X(name, method, pattern, need, query) [ROUTE_##name] = {method, pattern, need, query},
    GATE_ROUTES(X)
#undef X
};

_Static_assert(ELEMENTS_OF(rows) == ROUTE_COUNT, "a row for each route");

/* Longer than any part that is captured, and than any number. */
enum { PART_MAX = 64 };

static bool part_copy(const char *part, size_t length, char text_out[PART_MAX])
{
    if (length == 0 || length >= PART_MAX)
        return false;
    memcpy(text_out, part, length);
    text_out[length] = '\0';
    return true;
}

static enum problem_code route_capture(const char *name, const char *part, size_t length,
                                       struct route_match *match)
{
    char text[PART_MAX];

    if (text_starts(name, "{id}")) {
        if (!part_copy(part, length, text) || !uuid_parse(text, match->id))
            return PROBLEM_BAD_REQUEST;
        match->has_id = true;
        return PROBLEM_NONE;
    }
    return part_copy(part, length, text) && fact_parse(text, &match->fact) ? PROBLEM_NONE
                                                                           : PROBLEM_NOT_FOUND;
}

/* Compares part by part; a braced part takes whatever stands in its place. */
static bool route_fits(const char *pattern, const char *path, size_t length)
{
    const char *end = path + length;

    while (*pattern) {
        if (*pattern == '{') {
            const char *part = path;

            while (path < end && *path != '/')
                path++;
            if (path == part)
                return false;
            pattern = strchr(pattern, '}') + 1;
        } else if (path < end && *path == *pattern) {
            path++;
            pattern++;
        } else {
            return false;
        }
    }
    return path == end;
}

static enum problem_code route_fill(const char *pattern, const char *path, size_t length,
                                    struct route_match *match)
{
    const char *brace = strchr(pattern, '{');
    const char *part;
    size_t part_length = 0;

    if (!brace)
        return PROBLEM_NONE;
    part = path + (brace - pattern);
    while (part + part_length < path + length && part[part_length] != '/')
        part_length++;
    return route_capture(brace, part, part_length, match);
}

/* The one query that there is: "name=number". */
static enum problem_code route_query(const char *query, const char *name, struct route_match *match)
{
    size_t length = name ? strlen(name) : 0;

    if (!query)
        return PROBLEM_NONE;
    if (!name || strncmp(query, name, length) != 0 || query[length] != '=')
        return PROBLEM_BAD_REQUEST;
    return text_to_u64(query + length + 1, INT64_MAX, &match->from) ? PROBLEM_NONE
                                                                    : PROBLEM_BAD_REQUEST;
}

static enum problem_code route_find(const char *method, const char *path, struct route_match *match)
{
    const char *query = strchr(path, '?');
    size_t length = query ? (size_t)(query - path) : strlen(path);

    for (size_t i = 0; i < ELEMENTS_OF(rows); i++) {
        enum problem_code problem;

        if (strcmp(rows[i].method, method) != 0 || !route_fits(rows[i].pattern, path, length))
            continue;
        problem = route_fill(rows[i].pattern, path, length, match);
        if (!problem)
            problem = route_query(query ? query + 1 : NULL, rows[i].query, match);
        match->route = (enum route)i;
        match->need = rows[i].need;
        return problem;
    }
    return PROBLEM_NOT_FOUND;
}

enum problem_code route_match(const char *method, const char *path, struct route_match *match_out)
{
    enum problem_code problem;

    *match_out = (struct route_match){.route = ROUTE_COUNT, .need = NEED_OBSERVE};
    problem = route_find(method, path, match_out);
    if (problem) {
        match_out->route = ROUTE_COUNT;
        match_out->need = NEED_OBSERVE;
        match_out->has_id = false;
    }
    return problem;
}
