/* See list.h. */
#include "courier/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "proto/limits.h"
#include "proto/listing.h"

enum { ENOUGH = 1 }; /* of folder_read(): no more may be told */

struct task {
    struct buffer *out;
    size_t begun; /* length of `out` before */
    uint32_t entries;
};

static struct slice slice_of(const char *text)
{
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

static int take(const struct folder_entry *found, void *user)
{
    struct task *task = user;
    const struct listing_entry entry = {
        .flags = (uint8_t)((found->is_folder ? LISTING_FOLDER : 0) |
                           (found->is_known ? 0 : LISTING_UNKNOWN)),
        .mode = found->mode,
        .size = found->size,
        .modified_s = found->modified_s,
        .name = slice_of(found->name),
        .target = slice_of(found->target),
    };

    if (task->entries++ == LIMIT_LISTING_ENTRIES ||
        buffer_length(task->out) - task->begun > LIMIT_LISTING_BYTES - 3 * LIMIT_PARCEL_NAME)
        return ENOUGH;
    return listing_put_entry(task->out, &entry);
}

int list_folder(const char *path, struct buffer *out)
{
    struct task task = {.out = out, .begun = buffer_length(out)};
    _cleanup_free_ char *absolute = realpath(path, NULL);
    int r;

    if (!absolute)
        return -errno;
    r = listing_put_head(out, slice_of(absolute));
    if (!r)
        r = folder_read(absolute, take, &task);
    return r < 0 ? r : listing_put_end(out, r == ENOUGH);
}
