/* How much it will be, for whoever wants to see how far it is. A number to look at: nothing relies
 * on it, so what cannot be read counts nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "parcel/pack-private.h"

static void count_folder(int fd, unsigned depth, uint64_t deadline_ms, struct parcel_head *head);

static void count_one(int folder, const char *name, unsigned depth, uint64_t deadline_ms,
                      struct parcel_head *head)
{
    struct stat info;
    int fd;

    /* What is named is followed, what is found is not. */
    if (fstatat(folder, name, &info, depth ? AT_SYMLINK_NOFOLLOW : 0) < 0)
        return;
    head->entries++;
    if (S_ISREG(info.st_mode))
        head->bytes += (uint64_t)info.st_size;
    if (!S_ISDIR(info.st_mode) || depth >= LIMIT_PARCEL_DEPTH)
        return;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
    if (fd >= 0)
        count_folder(fd, depth + 1, deadline_ms, head);
}

/* Closes `fd`. */
static void count_folder(int fd, unsigned depth, uint64_t deadline_ms, struct parcel_head *head)
{
    DIR *folder = fdopendir(fd);
    const struct dirent *entry;

    if (!folder) {
        close(fd);
        return;
    }
    while (clock_monotonic_ms() < deadline_ms && (entry = readdir(folder))) {
        if (!text_equal(entry->d_name, ".") && !text_equal(entry->d_name, ".."))
            count_one(fd, entry->d_name, depth, deadline_ms, head);
    }
    closedir(folder);
}

bool pack_count(const char *path, uint64_t deadline_ms, struct parcel_head *head)
{
    count_one(AT_FDCWD, path, 0, deadline_ms, head);
    return clock_monotonic_ms() < deadline_ms;
}
