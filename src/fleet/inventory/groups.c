/* See groups.h. The two formats are read line by line; of YAML, the part that ClusterShell's own
 * files use: a source, and one line for each of its groups. */
#include "fleet/inventory/groups.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nodeset.h"

enum { FILE_MAX_SIZE = 16 << 20, DEPTH_MAX = 16, BAD = 2, NAME_MAX_SIZE = 256 };

struct lookup {
    const struct groups_places *places;
    const char *source; /* NULL: any; else of "source:group" */
    const char *name;
    struct buffer *names;
    struct fault *fault;
    unsigned depth; /* groups name groups */
    bool found;
};

static int look_up(struct lookup *lookup);

static int on_name(const char *name, size_t length, void *context)
{
    struct lookup *lookup = context;

    return buffer_append(lookup->names, name, length + 1);
}

/* "@other" in a list of machines. */
static int add_group(struct lookup *lookup, const char *name)
{
    struct lookup inner = *lookup;
    char copy[NAME_MAX_SIZE];
    char *colon;
    int error;

    text_copy(copy, sizeof(copy), name);
    colon = strchr(copy, ':');
    if (colon)
        *colon = '\0';
    inner.source = colon ? copy : lookup->source;
    inner.name = colon ? colon + 1 : copy;
    inner.found = false;
    if (++inner.depth > DEPTH_MAX) {
        fault_set(lookup->fault, NULL, _("The group @%s names itself."), name);
        return BAD;
    }
    error = look_up(&inner);
    if (!error && !inner.found) {
        fault_set(lookup->fault, NULL, _("The group @%s, named in another one, is nowhere."), name);
        return BAD;
    }
    return error;
}

/* "www[1-3],@db x": patterns and groups. */
static int add_machines(struct lookup *lookup, char *list)
{
    bool inside = false;
    int error = 0;

    for (char *at = list; *at && !error;) {
        size_t length = 0;
        char after;

        at += strspn(at, ", \t");
        for (inside = false; at[length] && (inside || !strchr(", \t", at[length])); length++)
            inside = at[length] == '[' || (inside && at[length] != ']');
        if (length == 0)
            break;
        after = at[length];
        at[length] = '\0';
        error = at[0] == '@' ? add_group(lookup, at + 1)
                             : nodeset_expand(at, length, on_name, lookup, lookup->fault);
        at[length] = after;
        at += length;
    }
    lookup->found = true;
    return error > 0 ? BAD : error;
}

/* ---- the files ---- */

/* A line of the group's file: takes what it says of the group that is looked for. */
typedef int (*line_reader)(struct lookup *lookup, char *line, char *source);

static int read_lines(struct lookup *lookup, const char *path, const char *source_name,
                      line_reader reader)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    char source[NAME_MAX_SIZE];
    char *rest, *line;
    int error = file_read(path, FILE_MAX_SIZE, &content);

    if (error == -ENOMEM)
        return error;
    if (error || buffer_length(&content) == 0)
        return 0; /* a file that is not there, or not for us */
    rest = (char *)(size_t)buffer_text(&content);
    if (!rest)
        return -ENOMEM;
    text_copy(source, sizeof(source), source_name);
    error = 0;
    while (!error && (line = strsep(&rest, "\n"))) {
        line[strcspn(line, "#\r")] = '\0';
        error = reader(lookup, line, source);
    }
    return error;
}

/* "nodes attribute,attribute=value"; a group's name is one attribute, with or without its value. */
static int read_genders(struct lookup *lookup, char *line, char *source)
{
    char *nodes = text_strip(line);
    char *attributes = nodes + strcspn(nodes, " \t");
    char *attribute;

    (void)source;
    if (*attributes == '\0')
        return 0;
    *attributes++ = '\0';
    while ((attribute = strsep(&attributes, ", \t"))) {
        size_t name = strcspn(attribute, "=");

        if (*attribute &&
            (strcmp(attribute, lookup->name) == 0 ||
             (strlen(lookup->name) == name && strncmp(attribute, lookup->name, name) == 0)))
            return add_machines(lookup, nodes);
    }
    return 0;
}

static bool source_fits(const struct lookup *lookup, const char *source)
{
    return !lookup->source || text_equal(lookup->source, source);
}

/* "group: machines" */
static int read_group(struct lookup *lookup, char *line, char *source)
{
    char *colon = strchr(line, ':');
    char *machines;
    size_t length;

    if (!colon || !source_fits(lookup, source))
        return 0;
    *colon = '\0';
    if (!text_equal(text_strip(line), lookup->name))
        return 0;
    machines = text_strip(colon + 1);
    length = strlen(machines);
    if (length >= 2 && (machines[0] == '\'' || machines[0] == '"') &&
        machines[length - 1] == machines[0]) {
        machines[length - 1] = '\0';
        machines++;
    }
    return add_machines(lookup, machines);
}

/* A line at the margin begins a source; those below it are its groups. */
static int read_yaml(struct lookup *lookup, char *line, char *source)
{
    if (*line == '\0' || *line == '-')
        return 0;
    if (*line == ' ' || *line == '\t')
        return read_group(lookup, line, source);
    line[strcspn(line, ":")] = '\0';
    text_copy(source, NAME_MAX_SIZE, text_strip(line));
    return 0;
}

static bool is_yaml(const char *name)
{
    size_t length = strlen(name);

    return length > 5 && name[0] != '.' && strcmp(name + length - 5, ".yaml") == 0;
}

static int read_directory(struct lookup *lookup, const char *config)
{
    _cleanup_free_ char *directory = NULL;
    _cleanup_free_ char *local = NULL;
    struct dirent **entries = NULL;
    int count, error;

    if (asprintf(&directory, "%s/groups.d", config) < 0) {
        directory = NULL;
        return -ENOMEM;
    }
    if (asprintf(&local, "%s/local.cfg", directory) < 0) {
        local = NULL;
        return -ENOMEM;
    }
    error = read_lines(lookup, local, "local", read_group);
    count = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = NULL;

        if (!error && !lookup->found && is_yaml(entries[i]->d_name)) {
            if (asprintf(&path, "%s/%s", directory, entries[i]->d_name) >= 0)
                error = read_lines(lookup, path, "", read_yaml);
            else
                path = NULL;
        }
        free(entries[i]);
    }
    free(entries);
    return error;
}

/* The first file that knows the group is the one that counts; genders, where each line adds to it,
 * as a whole. */
static int look_up(struct lookup *lookup)
{
    const char *own = getenv("CLUSTERSHELL_CFGDIR");
    const char *const configs[] = {own ? own : lookup->places->config, "/etc/clustershell"};
    int error = 0;

    if (!lookup->source || text_equal(lookup->source, "genders"))
        error = read_lines(lookup,
                           lookup->places->genders ? lookup->places->genders : "/etc/genders", "",
                           read_genders);
    for (size_t i = 0; i < ELEMENTS_OF(configs) && !error && !lookup->found; i++)
        if (configs[i])
            error = read_directory(lookup, configs[i]);
    return error;
}

int groups_find(const struct groups_places *places, const char *name, size_t length,
                struct buffer *names_out, struct fault *fault)
{
    char copy[NAME_MAX_SIZE];
    struct lookup lookup = {.places = places, .names = names_out, .fault = fault};
    char *colon;
    int error;

    if (length >= sizeof(copy))
        return 1;
    memcpy(copy, name, length);
    copy[length] = '\0';
    colon = strchr(copy, ':');
    if (colon)
        *colon = '\0';
    lookup.source = colon ? copy : NULL;
    lookup.name = colon ? colon + 1 : copy;
    error = look_up(&lookup);
    return error ? error : lookup.found ? 0 : 1;
}
