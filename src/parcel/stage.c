/* See stage.h. */
#include "parcel/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/text.h"
#include "parcel/name.h"
#include "parcel/stage-private.h"

static const char stage_prefix[] = ".hune-";

enum {
    STAGE_TRIES = 8,
    STAGE_SYNC_EACH = 16, /* files synced one by one; more of them are synced together */
    STAGE_DIGITS = STAGE_NAME_SIZE - (int)sizeof(stage_prefix),
};

int stage_trouble(struct stage *stage, const char *name, int error)
{
    return parcel_trouble_system(stage->trouble, name, error);
}

bool stage_owns(const char *name)
{
    uint8_t bytes[STAGE_DIGITS / 2];

    return text_starts(name, stage_prefix) && strlen(name) == STAGE_NAME_SIZE - 1 &&
           hex_decode(name + sizeof(stage_prefix) - 1, STAGE_DIGITS, bytes);
}

/* ---- what others left ---- */

static void sweep_one(int target, const char *name)
{
    _cleanup_close_ int fd = name_open(target, name, O_RDONLY | O_DIRECTORY, true);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || info.st_uid != geteuid() ||
        flock(fd, LOCK_EX | LOCK_NB) < 0)
        return;
    stage_empty(fd);
    unlinkat(target, name, AT_REMOVEDIR);
}

static void sweep(int target)
{
    int fd = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    /* A folder that may not be listed may still be written to. */
    if (!folder) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(folder))) {
        if (stage_owns(entry->d_name))
            sweep_one(target, entry->d_name);
    }
    closedir(folder);
}

/* ---- its life ---- */

/* Returns 0, 1 if somebody swept it away before it was locked, or -errno. */
static int make(struct stage *stage)
{
    uint8_t bytes[STAGE_DIGITS / 2];
    char digits[STAGE_DIGITS + 1];
    struct stat info;
    int r = random_bytes(bytes, sizeof(bytes));

    if (r)
        return r;
    hex_encode(bytes, sizeof(bytes), digits);
    snprintf(stage->name, sizeof(stage->name), "%s%s", stage_prefix, digits);
    if (mkdirat(stage->target, stage->name, 0700) < 0)
        return errno == EEXIST ? 1 : -errno;
    stage->root = name_open(stage->target, stage->name, O_RDONLY | O_DIRECTORY, true);
    if (stage->root < 0) {
        r = stage->root == -ENOENT ? 1 : stage->root;
    } else if (flock(stage->root, LOCK_EX | LOCK_NB) < 0 || fstat(stage->root, &info) < 0 ||
               info.st_nlink == 0) {
        close(stage->root);
        r = 1;
    }
    if (r) {
        stage->root = -1;
        unlinkat(stage->target, stage->name, AT_REMOVEDIR);
    }
    return r;
}

int stage_open(struct stage *stage, int target, const char *target_name,
               struct parcel_trouble *trouble)
{
    int r = 1;

    *stage = (struct stage){
        .target = target, .root = -1, .parent = -1, .target_name = target_name, .trouble = trouble};
    sweep(target);
    for (int tries = 0; r == 1 && tries < STAGE_TRIES; tries++)
        r = make(stage);
    if (r)
        return stage_trouble(stage, target_name, r == 1 ? EAGAIN : r);
    return 0;
}

void stage_empty(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!stream) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(stream))) {
        if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
            continue;
        if (unlinkat(folder, entry->d_name, 0) < 0 && (errno == EISDIR || errno == EPERM)) {
            int below = name_open(folder, entry->d_name, O_RDONLY | O_DIRECTORY, true);

            if (below >= 0) {
                stage_empty(below);
                close(below);
            }
            unlinkat(folder, entry->d_name, AT_REMOVEDIR);
        }
    }
    closedir(stream);
}

void stage_drop(struct stage *stage)
{
    if (stage->parent >= 0)
        close(stage->parent);
    if (stage->root >= 0) {
        stage_empty(stage->root);
        unlinkat(stage->target, stage->name, AT_REMOVEDIR);
        close(stage->root);
    }
    for (size_t i = 0; i < stage->folder_count; i++)
        free(stage->folders[i].name);
    free(stage->folders);
    free(stage->parent_name);
    stage->folders = NULL;
    stage->parent_name = NULL;
    stage->folder_count = 0;
    stage->root = stage->parent = -1;
}

/* ---- what goes in ---- */

/* The folder that `name` lies in; the stage's own. Most names follow others of their folder, so the
 * last one stays open. Returns 0, or 1 with the trouble set. */
static int parent_of(struct stage *stage, const char *name, int *fd_out)
{
    const char *base = name_base(name);
    size_t length = base == name ? 0 : (size_t)(base - name) - 1;
    char *path;
    int fd;

    *fd_out = stage->root;
    if (length == 0)
        return 0;
    *fd_out = stage->parent;
    if (stage->parent >= 0 && strlen(stage->parent_name) == length &&
        memcmp(stage->parent_name, name, length) == 0)
        return 0;
    path = strndup(name, length);
    if (!path)
        return stage_trouble(stage, name, ENOMEM);
    fd = name_open(stage->root, path, O_PATH | O_DIRECTORY, true);
    if (fd < 0) {
        free(path);
        /* Through a link or a file, or into a folder that never came: only who means harm writes
         * that. */
        if (fd == -ELOOP || fd == -ENOTDIR || fd == -ENOENT || fd == -EXDEV)
            return parcel_trouble_set(stage->trouble, PARCEL_TROUBLE_NAME, name, 0);
        return stage_trouble(stage, name, fd);
    }
    if (stage->parent >= 0)
        close(stage->parent);
    free(stage->parent_name);
    stage->parent = fd;
    stage->parent_name = path;
    *fd_out = fd;
    return 0;
}

static int taken(struct stage *stage, const char *name)
{
    if (errno == EEXIST)
        return parcel_trouble_set(stage->trouble, PARCEL_TROUBLE_TWICE, name, 0);
    return stage_trouble(stage, name, errno);
}

static int note_folder(struct stage *stage, const char *name, mode_t mode, struct timespec changed)
{
    struct stage_folder *folder;

    if (stage->folder_count == stage->folder_room) {
        size_t room = stage->folder_room ? 2 * stage->folder_room : 16;
        struct stage_folder *larger = reallocarray(stage->folders, room, sizeof(*larger));

        if (!larger)
            return stage_trouble(stage, name, ENOMEM);
        stage->folders = larger;
        stage->folder_room = room;
    }
    folder = &stage->folders[stage->folder_count];
    *folder = (struct stage_folder){.name = strdup(name), .mode = mode & 01777, .changed = changed};
    if (!folder->name)
        return stage_trouble(stage, name, ENOMEM);
    stage->folder_count++;
    return 0;
}

int stage_folder(struct stage *stage, const char *name, mode_t mode, struct timespec changed)
{
    int parent;

    if (parent_of(stage, name, &parent))
        return 1;
    if (mkdirat(parent, name_base(name), 0700) < 0)
        return taken(stage, name);
    return note_folder(stage, name, mode, changed);
}

int stage_file(struct stage *stage, const char *name, int *fd_out)
{
    int parent;

    if (parent_of(stage, name, &parent))
        return 1;
    *fd_out = openat(parent, name_base(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                     0600);
    return *fd_out < 0 ? taken(stage, name) : 0;
}

int stage_file_end(struct stage *stage, const char *name, int fd, mode_t mode,
                   struct timespec changed)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, changed};
    int r = 0;

    if (fchmod(fd, mode & 0777) < 0 || futimens(fd, times) < 0 ||
        (stage->files++ < STAGE_SYNC_EACH && fsync(fd) < 0))
        r = errno;
    if (close(fd) < 0 && !r)
        r = errno;
    return r ? stage_trouble(stage, name, r) : 0;
}

int stage_symlink(struct stage *stage, const char *name, const char *to, struct timespec changed)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, changed};
    int parent;

    if (parent_of(stage, name, &parent))
        return 1;
    if (symlinkat(to, parent, name_base(name)) < 0)
        return taken(stage, name);
    /* Not every file system keeps a link's time. */
    (void)utimensat(parent, name_base(name), times, AT_SYMLINK_NOFOLLOW);
    return 0;
}

int stage_link(struct stage *stage, const char *name, const char *to)
{
    _cleanup_close_ int target = -1;
    int parent;
    int r = 0;

    if (parent_of(stage, to, &parent))
        return 1;
    target = fcntl(parent, F_DUPFD_CLOEXEC, 0);
    if (target < 0)
        return stage_trouble(stage, name, errno);
    if (parent_of(stage, name, &parent))
        return 1;
    if (linkat(target, name_base(to), parent, name_base(name), 0) < 0)
        r = errno;
    if (r == ENOENT || r == EPERM)
        return parcel_trouble_set(stage->trouble, PARCEL_TROUBLE_NAME, to, 0);
    errno = r;
    return r ? taken(stage, name) : 0;
}

bool stage_sync(struct stage *stage, int fd)
{
    bool few = stage->files <= STAGE_SYNC_EACH && stage->folder_count == 0;

    return (few ? fsync(fd) : syncfs(fd)) == 0;
}
