/* See kept.h. */
#include "desktop/worker/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <glib.h>

enum {
    MARKS_MAX = 16 * 1024,
    APART = 32 * 1024,     /* bytes between marks, at first */
    ROOM_LEFT = 256 << 20, /* of the disk, for others */
};

struct kept {
    GArray *marks; /* struct kept_mark */
    uint64_t apart;
    uint64_t frame; /* that was told last */
    bool has_frame;
    char *directory;
    int file;
    bool is_off; /* the disk has no room */
    uint64_t max;
    uint64_t begin; /* the file holds [max(begin, end - max), end) */
    uint64_t end;
};

struct kept *kept_new(const char *directory, uint64_t max)
{
    struct kept *kept = g_new0(struct kept, 1);

    kept->marks = g_array_new(FALSE, FALSE, sizeof(struct kept_mark));
    kept->apart = APART;
    kept->directory = g_strdup(directory);
    kept->file = -1;
    kept->is_off = max == 0;
    kept->max = max;
    return kept;
}

void kept_free(struct kept *kept)
{
    if (!kept)
        return;
    g_array_unref(kept->marks);
    if (kept->file >= 0)
        close(kept->file);
    g_free(kept->directory);
    g_free(kept);
}

/* ---- where what was said ---- */

/* Every second one goes: ever longer answers cost ever less memory a byte. */
static void thin_out(struct kept *kept)
{
    struct kept_mark *marks = (struct kept_mark *)(void *)kept->marks->data;
    guint count = kept->marks->len / 2;

    for (guint i = 0; i < count; i++)
        marks[i] = marks[2 * i];
    g_array_set_size(kept->marks, count);
    kept->apart *= 2;
}

void kept_frame(struct kept *kept, uint64_t said, uint64_t stream)
{
    const struct kept_mark mark = {.said = said, .stream = stream};

    /* A frame may come in pieces, and of those behind its first it is not said where they are. */
    if (kept->has_frame && stream == kept->frame)
        return;
    kept->has_frame = true;
    kept->frame = stream;
    if (kept->marks->len > 0) {
        const struct kept_mark *last = &g_array_index(kept->marks, struct kept_mark,
                                                      kept->marks->len - 1);

        if (stream <= last->stream || said - last->said < kept->apart)
            return;
    }
    if (kept->marks->len >= MARKS_MAX)
        thin_out(kept);
    g_array_append_val(kept->marks, mark);
}

bool kept_find(const struct kept *kept, uint64_t said, uint64_t first, struct kept_mark *mark_out)
{
    bool found = false;

    for (guint i = 0; i < kept->marks->len; i++) {
        const struct kept_mark mark = g_array_index(kept->marks, struct kept_mark, i);

        if (mark.stream < first)
            continue;
        if (found && mark.said > said)
            break;
        *mark_out = mark;
        found = true;
    }
    return found;
}

/* ---- the newest part ---- */

/* Outputs hold secrets: the file has no name and nobody else's rights, and is gone with us. */
static bool begin_file(struct kept *kept, uint64_t from)
{
    struct statvfs found;
    uint64_t room;

    if (kept->file >= 0)
        return true;
    kept->is_off = true;
    if (statvfs(kept->directory, &found) != 0)
        return false;
    room = (uint64_t)found.f_bavail * found.f_frsize;
    if (room < kept->max + ROOM_LEFT)
        return false;
    kept->file = open(kept->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (kept->file < 0)
        return false;
    kept->is_off = false;
    kept->begin = kept->end = from;
    return true;
}

static bool put(struct kept *kept, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        uint64_t at = kept->end % kept->max;
        size_t part = size < kept->max - at ? size : (size_t)(kept->max - at);
        ssize_t n = pwrite(kept->file, bytes, part, (off_t)at);

        if (n <= 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        kept->end += (uint64_t)n;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

void kept_say(struct kept *kept, uint64_t from, const uint8_t *bytes, size_t size)
{
    if (kept->is_off || !begin_file(kept, from) || put(kept, bytes, size))
        return;
    kept->is_off = true;
    close(kept->file);
    kept->file = -1;
}

void kept_let_go(struct kept *kept)
{
    if (kept->file < 0)
        return;
    close(kept->file);
    kept->file = -1;
}

uint64_t kept_on_disk(const struct kept *kept)
{
    return !kept || kept->file < 0 ? 0 : MIN(kept->end - kept->begin, kept->max);
}

uint64_t kept_from(const struct kept *kept)
{
    if (kept->file < 0)
        return UINT64_MAX;
    return kept->end - kept->begin > kept->max ? kept->end - kept->max : kept->begin;
}

int kept_copy(const struct kept *kept, uint64_t from, uint64_t size, struct buffer *out)
{
    while (from < kept->end && size > 0) {
        uint64_t at = from % kept->max;
        uint64_t part = MIN(MIN(size, kept->end - from), kept->max - at);
        uint8_t *room;
        ssize_t n;
        int error = buffer_reserve(out, (size_t)part, &room);

        if (error)
            return error;
        n = pread(kept->file, room, (size_t)part, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? -EIO : -errno;
        buffer_commit(out, (size_t)n);
        from += (uint64_t)n;
        size -= (uint64_t)n;
    }
    return 0;
}
