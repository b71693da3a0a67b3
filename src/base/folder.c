/* See folder.h. */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns false for a file that is no longer there. */
static bool look(int folder, const struct dirent *found, char target[PATH_MAX],
                 struct folder_entry *entry)
{
    struct stat info;

    *entry = (struct folder_entry){.name = found->d_name};
    if (fstatat(folder, found->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return false;
        entry->mode = DTTOIF(found->d_type);
        entry->is_folder = S_ISDIR(entry->mode);
        return true;
    }
    entry->is_known = true;
    entry->mode = info.st_mode;
    entry->size = info.st_size > 0 ? (uint64_t)info.st_size : 0;
    entry->modified_s = info.st_mtim.tv_sec;
    entry->is_folder = S_ISDIR(info.st_mode);
    if (S_ISLNK(info.st_mode)) {
        ssize_t length = readlinkat(folder, found->d_name, target, PATH_MAX - 1);

        if (length >= 0) {
            target[length] = '\0';
            entry->target = target;
        }
        entry->is_folder = fstatat(folder, found->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
    }
    return true;
}

int folder_read(const char *path, int (*take)(const struct folder_entry *entry, void *user),
                void *user)
{
    char target[PATH_MAX];
    DIR *folder = opendir(path);
    int r = 0;

    if (!folder)
        return -errno;
    while (r == 0) {
        struct folder_entry entry;
        struct dirent *found;

        errno = 0;
        found = readdir(folder);
        if (!found) {
            r = -errno;
            break;
        }
        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
            continue;
        if (look(dirfd(folder), found, target, &entry))
            r = take(&entry, user);
    }
    closedir(folder);
    return r;
}
