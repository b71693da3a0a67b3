/* See pack.h. */
#include "parcel/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "parcel/name.h"
#include "parcel/pack-private.h"

enum { PACK_COUNT_MS = 2000 };

const char *pack_path(struct pack *pack)
{
    const char *name = buffer_text(&pack->name);
    const char *below = name && pack->top ? strchr(name, '/') : NULL;

    if (!pack->top)
        return name;
    buffer_clear(&pack->path);
    if (buffer_append_text(&pack->path, pack->top) ||
        (below && buffer_append_text(&pack->path, below)))
        return NULL;
    return buffer_text(&pack->path);
}

int pack_leave_out(struct pack *pack, enum parcel_trouble_code code, int error)
{
    struct parcel_trouble trouble = {0};

    parcel_trouble_set(&trouble, code, pack_path(pack), error);
    pack->result.left_out++;
    pack->settings->on_left_out(pack->settings->user, &trouble);
    parcel_trouble_deinit(&trouble);
    return 0;
}

static int no_memory(struct pack *pack)
{
    return parcel_trouble_system(pack->trouble, pack_path(pack), ENOMEM);
}

/* ---- what goes in ---- */

static int pack_one(struct pack *pack, int folder, const char *path, unsigned depth);

static int pack_below(struct pack *pack, int fd, const char *entry, unsigned depth)
{
    size_t before = buffer_length(&pack->name);
    int r;

    if (buffer_printf(&pack->name, "/%s", entry))
        return no_memory(pack);
    if (buffer_length(&pack->name) >= LIMIT_PARCEL_NAME)
        r = pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, ENAMETOOLONG);
    else
        r = pack_one(pack, fd, entry, depth);
    pack->name.end -= buffer_length(&pack->name) - before;
    return r;
}

/* Closes `fd`. */
static int pack_folder(struct pack *pack, int fd, const struct stat *info, unsigned depth)
{
    DIR *folder = fdopendir(fd);
    const struct dirent *entry;
    int r;

    if (!folder) {
        close(fd);
        return no_memory(pack);
    }
    r = pack_put_folder(pack, info);
    while (!r && (errno = 0, entry = readdir(folder))) {
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            r = pack_below(pack, fd, entry->d_name, depth + 1);
    }
    if (!r && errno)
        pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, errno);
    closedir(folder);
    return r;
}

static int pack_symlink(struct pack *pack, int folder, const char *path, const struct stat *info)
{
    char to[PATH_MAX];
    ssize_t length = readlinkat(folder, path, to, sizeof(to) - 1);

    if (length < 0)
        return pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, errno);
    to[length] = '\0';
    return pack_put_symlink(pack, info, to);
}

/* What is named (depth 0) is followed, what is found in folders is not. */
static int pack_one(struct pack *pack, int folder, const char *path, unsigned depth)
{
    struct stat info;
    int fd;
    int r;

    if (depth >= LIMIT_PARCEL_DEPTH)
        return pack_leave_out(pack, PARCEL_TROUBLE_TOO_DEEP, 0);
    if (fstatat(folder, path, &info, depth ? AT_SYMLINK_NOFOLLOW : 0) < 0)
        return pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, errno);
    if (S_ISLNK(info.st_mode))
        return pack_symlink(pack, folder, path, &info);
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return pack_leave_out(pack, PARCEL_TROUBLE_SPECIAL, 0);
    /* Not to wait for ever if it has become a pipe since. */
    fd = openat(folder, path,
                O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (depth ? O_NOFOLLOW : 0));
    if (fd < 0)
        return pack_leave_out(pack, PARCEL_TROUBLE_SYSTEM, errno);
    if (fstat(fd, &info) < 0 || (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) {
        close(fd);
        return pack_leave_out(pack, PARCEL_TROUBLE_SPECIAL, 0);
    }
    if (S_ISDIR(info.st_mode))
        return pack_folder(pack, fd, &info, depth);
    r = pack_put_file(pack, &info, fd);
    close(fd);
    return r;
}

/* ---- the names at the top ---- */

/* The last part of the path; for "." and ".." the one that they stand for. */
static int top_name(struct pack *pack, struct pack_top *top)
{
    _cleanup_free_ char *path = strdup(top->path);
    _cleanup_free_ char *real = NULL;
    size_t length = path ? strlen(path) : 0;
    const char *base;

    if (!path)
        return no_memory(pack);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    base = name_base(path);
    if (text_equal(base, ".") || text_equal(base, "..")) {
        real = realpath(path, NULL);
        base = real ? name_base(real) : "";
    }
    if (!*base)
        return parcel_trouble_set(pack->trouble, PARCEL_TROUBLE_NO_NAME, top->path, 0);
    top->name = strdup(base);
    return top->name ? 0 : no_memory(pack);
}

static int compare_tops(const void *a, const void *b)
{
    return strcmp((*(const struct pack_top *const *)a)->name,
                  (*(const struct pack_top *const *)b)->name);
}

/* /a/x and /b/x cannot both become x. */
static int check_twins(struct pack *pack, struct pack_top *tops, size_t count)
{
    _cleanup_free_ struct pack_top **sorted = calloc(count + 1, sizeof(struct pack_top *));

    if (!sorted)
        return no_memory(pack);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &tops[i];
    qsort(sorted, count, sizeof(*sorted), compare_tops);
    for (size_t i = 1; i < count; i++) {
        if (text_equal(sorted[i - 1]->name, sorted[i]->name))
            return parcel_trouble_set(pack->trouble, PARCEL_TROUBLE_TWICE, sorted[i]->name, 0);
    }
    return 0;
}

static int find_tops(struct pack *pack, struct pack_top **tops_out, size_t *count_out)
{
    const char *const *paths = pack->settings->paths;
    size_t count = 0;
    int r = 0;

    while (paths[count])
        count++;
    *tops_out = calloc(count + 1, sizeof(**tops_out));
    if (!*tops_out)
        return no_memory(pack);
    *count_out = count;
    for (size_t i = 0; !r && i < count; i++) {
        (*tops_out)[i].path = paths[i];
        r = top_name(pack, &(*tops_out)[i]);
    }
    return r ? r : check_twins(pack, *tops_out, count);
}

static int pack_tops(struct pack *pack, const struct pack_top *tops, size_t count)
{
    int r = pack_archive_begin(pack);

    for (size_t i = 0; !r && i < count; i++) {
        buffer_clear(&pack->name);
        pack->top = tops[i].path;
        if (buffer_append_text(&pack->name, tops[i].name))
            r = no_memory(pack);
        else
            r = pack_one(pack, AT_FDCWD, tops[i].path, 0);
    }
    pack->top = NULL;
    buffer_clear(&pack->name);
    return r ? r : pack_archive_end(pack);
}

/* ---- a plain file ---- */

static int pack_plain(struct pack *pack, int fd)
{
    for (;;) {
        uint8_t *room;
        size_t size;
        ssize_t got;
        int r = parcel_room(&pack->writer, &room, &size);

        if (r)
            return parcel_trouble_system(pack->trouble, NULL, r);
        got = read(fd, room, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return parcel_trouble_system(pack->trouble, pack_path(pack), errno);
        if (got == 0)
            break;
        r = parcel_write(&pack->writer, room, (size_t)got);
        if (r)
            return parcel_trouble_system(pack->trouble, NULL, r);
        pack->result.bytes += (uint64_t)got;
        if (pack->settings->on_progress)
            pack->settings->on_progress(pack->settings->user, pack->result.bytes, 1);
    }
    pack->result.entries++;
    return 0;
}

static int pack_plain_path(struct pack *pack)
{
    const char *path = pack->settings->paths[0];
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat info;

    if (buffer_append_text(&pack->name, path))
        return no_memory(pack);
    if (fd < 0)
        return parcel_trouble_system(pack->trouble, path, errno);
    if (fstat(fd, &info) < 0 || S_ISDIR(info.st_mode))
        return parcel_trouble_system(pack->trouble, path, EISDIR);
    return pack_plain(pack, fd);
}

/* ---- all of it ---- */

static void pack_count_all(const struct pack_settings *settings, struct parcel_head *head)
{
    uint64_t deadline = clock_monotonic_ms() + PACK_COUNT_MS;
    bool counted = settings->counts && settings->fd < 0;

    for (size_t i = 0; counted && settings->paths[i]; i++)
        counted = pack_count(settings->paths[i], deadline, head);
    if (!counted)
        head->bytes = head->entries = 0;
    else if (settings->on_counted)
        settings->on_counted(settings->user, head->bytes, head->entries);
}

static int pack_all(struct pack *pack, const struct parcel_sink *sink)
{
    const struct pack_settings *settings = pack->settings;
    struct parcel_head head = {.kind = settings->kind};
    struct pack_top *tops = NULL;
    size_t count = 0;
    int r;

    pack->bytes = malloc(PACK_READ);
    if (!pack->bytes)
        return no_memory(pack);
    pack_count_all(settings, &head);
    r = parcel_writer_init(&pack->writer, sink, &head);
    if (r)
        return parcel_trouble_system(pack->trouble, NULL, r);
    if (settings->kind == PARCEL_PLAIN)
        return settings->fd >= 0 ? pack_plain(pack, settings->fd) : pack_plain_path(pack);
    r = find_tops(pack, &tops, &count);
    if (!r)
        r = pack_tops(pack, tops, count);
    for (size_t i = 0; i < count; i++)
        free(tops[i].name);
    free(tops);
    return r;
}

static void pack_deinit(struct pack *pack)
{
    archive_write_free(pack->archive);
    archive_entry_free(pack->entry);
    archive_entry_linkresolver_free(pack->links);
    parcel_writer_deinit(&pack->writer);
    buffer_deinit(&pack->name);
    buffer_deinit(&pack->path);
    free(pack->bytes);
}

int pack_run(const struct pack_settings *settings, const struct parcel_sink *sink,
             struct pack_result *result_out, struct parcel_trouble *trouble)
{
    struct pack pack = {.settings = settings, .trouble = trouble};
    struct parcel_tail tail;
    int r = pack_all(&pack, sink);

    tail = (struct parcel_tail){.gave_up = r != 0, .left_out = pack.result.left_out};
    if (pack.writer.sink.write) {
        int error = parcel_finish(&pack.writer, &tail);

        if (error && !r)
            r = parcel_trouble_system(trouble, NULL, error);
    }
    memcpy(pack.result.sum, tail.sum, sizeof(tail.sum));
    *result_out = pack.result;
    pack_deinit(&pack);
    return r;
}
