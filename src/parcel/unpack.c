/* See unpack.h. The archive is read by libarchive, told of one format alone; what is done on the
 * disk is done by the stage. */
#include "parcel/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "parcel/name.h"
#include "parcel/stage.h"

struct unpack {
    const struct unpack_settings *settings;
    struct parcel_trouble *trouble;
    struct parcel_reader reader;
    struct stage stage;
    struct unpack_result result;
    int target;    /* the folder */
    char *as;      /* the new name of the only thing at the top, or NULL */
    char *top;     /* with `as`: the name that it has */
    mode_t as_was; /* the mode of what has that name, or 0 */
};

/* ---- the target ---- */

static int target_trouble(struct unpack *unpack, int error)
{
    return parcel_trouble_system(unpack->trouble, unpack->settings->target, error);
}

static int open_folder(struct unpack *unpack, const char *path)
{
    unpack->target = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* What may be entered but not listed may be written to. */
    if (unpack->target < 0 && errno == EACCES)
        unpack->target = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return unpack->target < 0 ? target_trouble(unpack, errno) : 0;
}

/* The target is no folder (yet): its parent is the folder, and its last part a name. */
static int open_parent(struct unpack *unpack, bool is_there)
{
    _cleanup_free_ char *path = strdup(unpack->settings->target);
    size_t length = path ? strlen(path) : 0;
    char *slash;

    if (!path)
        return target_trouble(unpack, ENOMEM);
    if (length == 0 || path[length - 1] == '/')
        return is_there ? parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NO_FOLDER,
                                             unpack->settings->target, 0)
                        : target_trouble(unpack, ENOENT);
    slash = strrchr(path, '/');
    unpack->as = strdup(slash ? slash + 1 : path);
    if (!unpack->as)
        return target_trouble(unpack, ENOMEM);
    if (!slash)
        return open_folder(unpack, ".");
    *slash = '\0';
    return open_folder(unpack, *path ? path : "/");
}

static int open_target(struct unpack *unpack)
{
    const char *path = unpack->settings->target;
    struct stat info = {0};
    bool is_there = stat(path, &info) == 0;
    int r;

    unpack->as_was = info.st_mode;
    if (!is_there && errno != ENOENT)
        return target_trouble(unpack, errno);
    if (!is_there && unpack->settings->make_folder) {
        r = directory_make(path, 0777);
        return r ? target_trouble(unpack, r) : open_folder(unpack, path);
    }
    if (is_there && S_ISDIR(info.st_mode)) {
        if (unpack->reader.head.kind == PARCEL_PLAIN)
            return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_IS_FOLDER, path, 0);
        return open_folder(unpack, path);
    }
    if (unpack->settings->make_folder)
        return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NO_FOLDER, path, 0);
    return open_parent(unpack, is_there);
}

/* ---- bounds ---- */

static int count(struct unpack *unpack, const char *name, uint64_t bytes, uint64_t entries)
{
    const struct unpack_settings *settings = unpack->settings;
    struct unpack_result *result = &unpack->result;

    if (__builtin_add_overflow(result->bytes, bytes, &result->bytes) ||
        (settings->bytes_max && result->bytes > settings->bytes_max) ||
        (settings->entries_max && result->entries + entries > settings->entries_max))
        return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_TOO_MUCH, name, 0);
    result->entries += entries;
    return 0;
}

static void tell_progress(const struct unpack *unpack, uint64_t of_this)
{
    if (unpack->settings->on_progress)
        unpack->settings->on_progress(unpack->settings->user, of_this, unpack->result.entries);
}

/* ---- the stream ---- */

static int stream_trouble(struct unpack *unpack, int r)
{
    if (r < 0)
        return parcel_trouble_system(unpack->trouble, NULL, r);
    return parcel_trouble_set(unpack->trouble, (enum parcel_trouble_code)r, NULL, 0);
}

static ssize_t on_read(struct archive *archive, void *user, const void **bytes_out)
{
    struct unpack *unpack = user;
    struct slice piece;
    int r = parcel_read(&unpack->reader, &piece);

    if (r) {
        stream_trouble(unpack, r);
        archive_set_error(archive, EIO, "%s", "the parcel ended");
        return -1;
    }
    *bytes_out = piece.bytes;
    return (ssize_t)piece.size;
}

/* What libarchive says of an entry or of its data. Its own words are for those who wrote the
 * archive: here it is a machine that lies, or a bug. */
static int archive_trouble(struct unpack *unpack, const char *name)
{
    return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_ARCHIVE, name, 0);
}

/* Behind the archive there may be padding; then the tail must come. */
static int read_to_the_end(struct unpack *unpack)
{
    size_t padding = 0;
    struct slice piece = {NULL, 1};
    int r;

    while (!unpack->reader.done) {
        r = parcel_read(&unpack->reader, &piece);
        if (r)
            return stream_trouble(unpack, r);
        padding += piece.size;
        if (padding > LIMIT_PARCEL_PADDING)
            return archive_trouble(unpack, NULL);
    }
    return 0;
}

/* ---- entries ---- */

static int write_at(int fd, const uint8_t *bytes, size_t size, int64_t offset)
{
    while (size > 0) {
        ssize_t written = pwrite(fd, bytes, size, offset);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -EIO;
        bytes += written;
        size -= (size_t)written;
        offset += written;
    }
    return 0;
}

static int unpack_data(struct unpack *unpack, struct archive *archive, const char *name, int fd,
                       int64_t size)
{
    uint64_t before = unpack->result.bytes - (uint64_t)size;
    int64_t end = 0;
    int r;

    for (;;) {
        const void *bytes;
        size_t length;
        int64_t offset;

        r = archive_read_data_block(archive, &bytes, &length, &offset);
        if (r == ARCHIVE_EOF)
            break;
        if (r != ARCHIVE_OK || offset < end || offset > size || (int64_t)length > size - offset)
            return archive_trouble(unpack, name);
        r = write_at(fd, bytes, length, offset);
        if (r)
            return parcel_trouble_system(unpack->trouble, name, r);
        end = offset + (int64_t)length;
        tell_progress(unpack, before + (uint64_t)end);
    }
    /* A hole at the end. */
    if (end < size && ftruncate(fd, size) < 0)
        return parcel_trouble_system(unpack->trouble, name, errno);
    return 0;
}

static struct timespec time_of(struct archive_entry *entry)
{
    if (!archive_entry_mtime_is_set(entry))
        return (struct timespec){.tv_nsec = UTIME_NOW};
    return (struct timespec){.tv_sec = archive_entry_mtime(entry),
                             .tv_nsec = archive_entry_mtime_nsec(entry)};
}

static int unpack_file(struct unpack *unpack, struct archive *archive, struct archive_entry *entry,
                       const char *name)
{
    int64_t size = archive_entry_size(entry);
    int fd;
    int r;

    if (size < 0)
        return archive_trouble(unpack, name);
    if (count(unpack, name, (uint64_t)size, 0) || stage_file(&unpack->stage, name, &fd))
        return 1;
    r = size > 0 ? unpack_data(unpack, archive, name, fd, size) : 0;
    if (r) {
        close(fd);
        return r;
    }
    return stage_file_end(&unpack->stage, name, fd, archive_entry_perm(entry), time_of(entry));
}

static int unpack_kind(struct unpack *unpack, struct archive *archive, struct archive_entry *entry,
                       const char *name)
{
    const char *text;

    if (archive_entry_hardlink(entry)) {
        _cleanup_free_ char *to = strdup(archive_entry_hardlink(entry));

        if (!to)
            return parcel_trouble_system(unpack->trouble, name, ENOMEM);
        if (!name_is_good(to) || archive_entry_size(entry) > 0)
            return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NAME, name, 0);
        return stage_link(&unpack->stage, name, to);
    }
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return unpack_file(unpack, archive, entry, name);
    case AE_IFDIR:
        return stage_folder(&unpack->stage, name, archive_entry_perm(entry), time_of(entry));
    case AE_IFLNK:
        text = archive_entry_symlink(entry);
        if (!text || !*text)
            return archive_trouble(unpack, name);
        return stage_symlink(&unpack->stage, name, text, time_of(entry));
    default: return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_KIND, name, 0);
    }
}

/* A target that is a new name has room for one thing at the top. */
static int check_top(struct unpack *unpack, const char *name)
{
    size_t length = strcspn(name, "/");

    if (!name[length] && stage_owns(name))
        return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NAME, name, 0);
    if (!unpack->as)
        return 0;
    if (!unpack->top)
        unpack->top = strndup(name, length);
    if (!unpack->top)
        return parcel_trouble_system(unpack->trouble, name, ENOMEM);
    if (strlen(unpack->top) == length && memcmp(unpack->top, name, length) == 0)
        return 0;
    return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NO_FOLDER, unpack->settings->target,
                              0);
}

static int unpack_entry(struct unpack *unpack, struct archive *archive, struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);
    _cleanup_free_ char *name = path ? strdup(path) : NULL;

    if (!path)
        return archive_trouble(unpack, NULL);
    if (!name)
        return parcel_trouble_system(unpack->trouble, path, ENOMEM);
    if (!name_is_good(name))
        return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NAME, path, 0);
    if (count(unpack, name, 0, 1) || check_top(unpack, name) ||
        unpack_kind(unpack, archive, entry, name))
        return 1;
    tell_progress(unpack, unpack->result.bytes);
    return 0;
}

static int unpack_entries(struct unpack *unpack, struct archive *archive)
{
    struct archive_entry *entry;
    int r;

    if (archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        archive_read_open(archive, unpack, NULL, on_read, NULL) != ARCHIVE_OK)
        return archive_trouble(unpack, NULL);
    while ((r = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
        if (unpack_entry(unpack, archive, entry))
            return 1;
    }
    if (r != ARCHIVE_EOF)
        return archive_trouble(unpack, NULL);
    return read_to_the_end(unpack);
}

static int unpack_archive(struct unpack *unpack)
{
    struct archive *archive = archive_read_new();
    int r;

    if (!archive)
        return parcel_trouble_system(unpack->trouble, NULL, ENOMEM);
    r = unpack_entries(unpack, archive);
    archive_read_free(archive);
    return r;
}

/* ---- a plain file ---- */

static int unpack_plain_data(struct unpack *unpack, int fd)
{
    struct slice piece;
    int64_t at = 0;
    int r;

    for (;;) {
        r = parcel_read(&unpack->reader, &piece);
        if (r)
            return stream_trouble(unpack, r);
        if (piece.size == 0)
            return 0;
        if (count(unpack, unpack->as, piece.size, 0))
            return 1;
        r = write_at(fd, piece.bytes, piece.size, at);
        if (r)
            return parcel_trouble_system(unpack->trouble, unpack->as, r);
        at += (int64_t)piece.size;
        tell_progress(unpack, unpack->result.bytes);
    }
}

static int unpack_plain(struct unpack *unpack)
{
    const struct timespec now = {.tv_nsec = UTIME_NOW};
    mode_t mode = 0666;
    int fd;
    int r;

    if (S_ISREG(unpack->as_was)) {
        mode = unpack->as_was;
    } else {
        mode_t mask = umask(0);

        umask(mask);
        mode &= ~mask;
    }
    if (count(unpack, unpack->as, 0, 1) || stage_file(&unpack->stage, unpack->as, &fd))
        return 1;
    r = unpack_plain_data(unpack, fd);
    if (r) {
        close(fd);
        return r;
    }
    return stage_file_end(&unpack->stage, unpack->as, fd, mode, now);
}

/* ---- all of it ---- */

static int unpack_all(struct unpack *unpack, const struct parcel_source *source)
{
    int r = parcel_reader_init(&unpack->reader, source);

    if (r)
        return stream_trouble(unpack, r);
    if (open_target(unpack))
        return 1;
    if (unpack->as && !name_is_good(unpack->as))
        return parcel_trouble_set(unpack->trouble, PARCEL_TROUBLE_NAME, unpack->settings->target,
                                  0);
    if (stage_open(&unpack->stage, unpack->target, unpack->settings->target, unpack->trouble))
        return 1;
    r = unpack->reader.head.kind == PARCEL_PLAIN ? unpack_plain(unpack) : unpack_archive(unpack);
    return r ? r : stage_commit(&unpack->stage, unpack->as);
}

int unpack_run(const struct unpack_settings *settings, const struct parcel_source *source,
               struct unpack_result *result_out, struct parcel_trouble *trouble)
{
    struct unpack unpack = {.settings = settings,
                            .trouble = trouble,
                            .stage = {.root = -1, .parent = -1},
                            .target = -1};
    int r = unpack_all(&unpack, source);

    stage_drop(&unpack.stage);
    unpack.result.left_out = unpack.reader.tail.left_out;
    memcpy(unpack.result.sum, unpack.reader.tail.sum, sizeof(unpack.result.sum));
    *result_out = unpack.result;
    parcel_reader_deinit(&unpack.reader);
    if (unpack.target >= 0)
        close(unpack.target);
    free(unpack.as);
    free(unpack.top);
    return r;
}
