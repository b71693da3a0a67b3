/* See route.h. */
#include "gate/route.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

struct route_row {
    const char *method;
    const char *pattern;
    enum route_need need;
    const char *query; /* the parameters that it takes, separated by spaces */
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

/* Whether `name` is one of the words. */
static bool route_takes(const char *words, const char *name, size_t length)
{
    for (const char *at = words; at && *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");

        if (word == length && strncmp(at, name, length) == 0)
            return true;
        at += word;
    }
    return false;
}

/* "name=number&name=number", each name once. */
static enum problem_code route_query(const char *query, const char *words,
                                     struct route_match *match)
{
    bool has_from = false;
    bool has_writer = false;

    if (text_equal(words, ROUTE_QUERY_OWN))
        return PROBLEM_NONE;
    while (query) {
        bool is_from = *query == 'f'; /* the rest of the name is looked at, too */
        bool *has = is_from ? &has_from : &has_writer;
        size_t name = strcspn(query, "=&");
        size_t length = strcspn(query, "&");
        char number[PART_MAX];

        if (*has || !route_takes(words, query, name) || query[name] != '=' ||
            !part_copy(query + name + 1, length - name - 1, number) ||
            !text_to_u64(number, INT64_MAX, is_from ? &match->from : &match->writer))
            return PROBLEM_BAD_REQUEST;
        *has = true;
        query = query[length] ? query + length + 1 : NULL;
    }
    return PROBLEM_NONE;
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
