/* From the stage into place. One walk looks for what is in the way, a second one renames. A folder
 * that is not there yet goes as a whole; one that is there is entered, file by file. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "parcel/name.h"
#include "parcel/stage-private.h"

enum { COPY_STEP = 1 << 20 };

struct commit {
    struct stage *stage;
    struct buffer name; /* of what is at hand, for sentences */
    const char *as;     /* what the only thing at the top becomes, or NULL */
    bool looks;         /* the first walk: nothing is moved */
};

/* The path of what is at hand, as whoever named the target knows it. */
static int full_name(const struct commit *commit, const char *name, struct buffer *full)
{
    const char *target = commit->stage->target_name;
    const char *below = strchr(name, '/');
    size_t length = strlen(target);

    if (commit->as)
        return buffer_printf(full, "%s%s", target, below ? below : "");
    return buffer_printf(full, "%s%s%s", target, length && target[length - 1] == '/' ? "" : "/",
                         name);
}

static int commit_trouble(struct commit *commit, enum parcel_trouble_code code, int error)
{
    _cleanup_buffer_ struct buffer full = BUFFER_INIT;
    const char *name = buffer_text(&commit->name);

    if (name && !full_name(commit, name, &full))
        name = buffer_text(&full);
    if (code == PARCEL_TROUBLE_SYSTEM)
        return stage_trouble(commit->stage, name, error);
    return parcel_trouble_set(commit->stage->trouble, code, name, error);
}

/* A mount point lies in between: the bytes go beside the target first. */
static int copy_over(struct commit *commit, int from, const char *name, int to, const char *as,
                     const struct stat *info)
{
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, info->st_mtim};
    const char *temporary = commit->stage->name; /* nobody else's in any folder */
    _cleanup_close_ int source = name_open(from, name, O_RDONLY, true);
    _cleanup_close_ int copy = -1;
    off_t left = info->st_size;
    int r = 0;

    if (!S_ISREG(info->st_mode))
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, EXDEV);
    copy = openat(to, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (source < 0 || copy < 0)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, source < 0 ? source : errno);
    while (left > 0 && !r) {
        ssize_t copied = sendfile(copy, source, NULL, left < COPY_STEP ? (size_t)left : COPY_STEP);

        if (copied <= 0)
            r = copied < 0 ? errno : EIO;
        else
            left -= copied;
    }
    if (!r &&
        ((geteuid() == 0 && fchown(copy, info->st_uid, info->st_gid) < 0) ||
         fchmod(copy, info->st_mode & 0777) < 0 || futimens(copy, times) < 0 || fsync(copy) < 0 ||
         renameat(to, temporary, to, as) < 0 || unlinkat(from, name, 0) < 0))
        r = errno;
    if (r)
        unlinkat(to, temporary, 0);
    return r ? commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, r) : 0;
}

/* Root replaces a file of somebody else's: it stays theirs. */
static int keep_owner(int from, const char *name, const struct stat *old)
{
    if (geteuid() != 0 || !S_ISREG(old->st_mode))
        return 0;
    return fchownat(from, name, old->st_uid, old->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int commit_file(struct commit *commit, int from, const char *name, int to, const char *as,
                       const struct stat *old)
{
    struct stat info;
    int r;

    if (S_ISDIR(old->st_mode))
        return commit_trouble(commit, PARCEL_TROUBLE_IS_FOLDER, 0);
    if (old->st_mode && !S_ISREG(old->st_mode) && !S_ISLNK(old->st_mode))
        return commit_trouble(commit, PARCEL_TROUBLE_IS_SPECIAL, 0);
    if (commit->looks)
        return 0;
    r = keep_owner(from, name, old);
    if (r)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, r);
    if (renameat(from, name, to, as) == 0)
        return 0;
    if (errno != EXDEV || fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, errno);
    return copy_over(commit, from, name, to, as, &info);
}

static int commit_all(struct commit *commit, int from, int to, const char *as);

static int commit_folder(struct commit *commit, int from, const char *name, int to, const char *as,
                         const struct stat *old)
{
    _cleanup_close_ int below = -1;
    _cleanup_close_ int there = -1;
    int r;

    if (!old->st_mode) {
        if (commit->looks || renameat(from, name, to, as) == 0)
            return 0;
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, errno);
    }
    if (!S_ISDIR(old->st_mode))
        return commit_trouble(commit, PARCEL_TROUBLE_NO_FOLDER, 0);
    below = name_open(from, name, O_RDONLY | O_DIRECTORY, true);
    there = name_open(to, as, O_RDONLY | O_DIRECTORY, false);
    if (below < 0 || there < 0)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, below < 0 ? below : there);
    /* With what may not be written in the way, nothing is to be moved. */
    if (commit->looks && faccessat(there, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, errno);
    r = commit_all(commit, below, there, NULL);
    if (!r && !commit->looks)
        unlinkat(from, name, AT_REMOVEDIR);
    return r;
}

static int commit_one(struct commit *commit, int from, const struct dirent *entry, int to,
                      const char *as)
{
    size_t before = buffer_length(&commit->name);
    struct stat info = {.st_mode = DTTOIF(entry->d_type)};
    struct stat old = {0};
    int r;

    if (buffer_printf(&commit->name, "%s%s", before ? "/" : "", as))
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, ENOMEM);
    if (entry->d_type == DT_UNKNOWN && fstatat(from, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, errno);
    if (fstatat(to, as, &old, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, errno);
    if (S_ISDIR(info.st_mode))
        r = commit_folder(commit, from, entry->d_name, to, as, &old);
    else
        r = commit_file(commit, from, entry->d_name, to, as, &old);
    commit->name.end -= buffer_length(&commit->name) - before;
    return r;
}

/* Everything in `from` goes to `to`, the only one under the name `as` if there is one. */
static int commit_all(struct commit *commit, int from, int to, const char *as)
{
    int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int r = 0;

    if (!folder) {
        r = errno;
        if (fd >= 0)
            close(fd);
        return commit_trouble(commit, PARCEL_TROUBLE_SYSTEM, r);
    }
    /* Renaming what was read already leaves the rest to be read (POSIX). */
    while (!r && (entry = readdir(folder))) {
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            r = commit_one(commit, from, entry, to, as ? as : entry->d_name);
    }
    closedir(folder);
    return r;
}

/* ---- folders' modes and times ---- */

/* The name that a folder of the stage has in the target. */
static int placed_name(const struct stage_folder *folder, const char *as, struct buffer *name)
{
    const char *slash = as ? strchr(folder->name, '/') : NULL;

    if (!as)
        return buffer_append_text(name, folder->name);
    return buffer_printf(name, "%s%s", as, slash ? slash : "");
}

/* The deepest first. In the stage they stay open for their owner; in place, those that were there
 * before may be somebody else's, and then stay as they are. */
static int set_folders(struct stage *stage, int root, bool placed, const char *as)
{
    for (size_t i = stage->folder_count; i-- > 0;) {
        const struct stage_folder *folder = &stage->folders[i];
        const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, folder->changed};
        _cleanup_buffer_ struct buffer name = BUFFER_INIT;
        _cleanup_close_ int fd = -1;

        if (placed_name(folder, placed ? as : NULL, &name) || !buffer_text(&name))
            return stage_trouble(stage, folder->name, ENOMEM);
        fd = name_open(root, buffer_text(&name), O_RDONLY | O_DIRECTORY, !placed);
        if (fd < 0 && placed && fd == -EACCES)
            continue;
        if (fd < 0)
            return stage_trouble(stage, folder->name, fd);
        if ((futimens(fd, times) < 0 || fchmod(fd, folder->mode | (placed ? 0 : 0700)) < 0) &&
            !(placed && errno == EPERM))
            return stage_trouble(stage, folder->name, errno);
    }
    return 0;
}

int stage_commit(struct stage *stage, const char *as)
{
    struct commit commit = {.stage = stage, .as = as, .looks = true};
    int r = set_folders(stage, stage->root, false, NULL);

    if (!r && !stage_sync(stage, stage->root))
        r = stage_trouble(stage, stage->target_name, errno);
    if (!r)
        r = commit_all(&commit, stage->root, stage->target, as);
    if (!r) {
        commit.looks = false;
        buffer_clear(&commit.name);
        r = commit_all(&commit, stage->root, stage->target, as);
    }
    buffer_deinit(&commit.name);
    if (!r)
        r = set_folders(stage, stage->target, true, as);
    /* A target that may not be read cannot be synced by itself; what is in it was. */
    if (!r && !stage_sync(stage, stage->target) && errno != EBADF && errno != EINVAL)
        r = stage_trouble(stage, stage->target_name, errno);
    return r;
}
