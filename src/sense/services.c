/* See services.h. */
#include "sense/services.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "sense/object.h"
#include "sense/source.h"

/* Slices lie in slices; nobody nests them deeper than this. */
enum { SERVICES_MAX = 4096, SLICE_DEPTH_MAX = 8 };

bool group_is_populated(struct span events)
{
    struct span line;

    while (scan_line(&events, &line)) {
        struct span word;

        if (scan_field(&line, &word) && span_equal(word, "populated"))
            return scan_number(&line) != 0;
    }
    return true;
}

struct span group_unit(struct span directory)
{
    if (directory.length > 1 && directory.at[0] == '_')
        return (struct span){directory.at + 1, directory.length - 1};
    return directory;
}

static bool name_ends(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t size = strlen(ending);

    return length > size && memcmp(name + length - size, ending, size) == 0;
}

static int entry_is_unit(const struct dirent *entry)
{
    return name_ends(entry->d_name, ".service") || name_ends(entry->d_name, ".slice");
}

static int service_append(json_t *array, const char *slice, const char *name)
{
    _cleanup_object_ struct object object = object_begin();
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span unit = group_unit(span_of(name));
    struct span events;
    int r = source_read(&content, &events, slice, "/%s/cgroup.events", name);

    if (r || !group_is_populated(events))
        return r;
    object_bytes(&object, "name", unit.at, unit.length);
    object_text(&object, "state", "running");
    return array_append_object(array, &object);
}

/* Appends the services of a slice and of the slices in it, by name. A slice that is gone or may not
 * be read has none. Returns 0 or -ENOMEM. */
static int slice_walk(json_t *array, const char *slice, unsigned depth)
{
    struct dirent **entries = NULL;
    int count = scandir(slice, &entries, entry_is_unit, alphasort);
    int r = 0;

    if (count < 0)
        return errno == ENOMEM ? -ENOMEM : 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char path[PATH_MAX];
        int length;

        if (!r && name_ends(name, ".service") && json_array_size(array) < SERVICES_MAX)
            r = service_append(array, slice, name);
        length = snprintf(path, sizeof(path), "%s/%s", slice, name);
        if (!r && name_ends(name, ".slice") && depth < SLICE_DEPTH_MAX && length > 0 &&
            (size_t)length < sizeof(path))
            r = slice_walk(array, path, depth + 1);
        free(entries[i]);
    }
    free(entries);
    return r;
}

int services_collect(const char *root, json_t **json_out)
{
    /* Where systemd's tree is: mixed versions, version 1, version 2 alone. */
    static const char *const places[] = {"/unified", "/systemd", ""};
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    _cleanup_object_ struct object object = object_begin();
    _cleanup_json_ json_t *array = json_array();
    struct span first;
    int r = source_read(&content, &first, root, "/proc/1/comm");

    if (r)
        return r;
    if (!span_equal(first, "systemd")) {
        if (!span_is_empty(first))
            object_text(&object, "manager", "none");
        return object_end(&object, json_out);
    }
    for (size_t i = 0; i < ELEMENTS_OF(places) && json_array_size(array) == 0; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof(path), "%s/sys/fs/cgroup%s", root, places[i]);
        r = slice_walk(array, path, 0);
        if (r)
            return r;
    }
    object_text(&object, "manager", "systemd");
    object_value(&object, "services", steal_pointer(array));
    return object_end(&object, json_out);
}
