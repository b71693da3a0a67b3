/* See name.h. */
#include "parcel/name.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/limits.h"

static bool part_is_good(const char *part, size_t size)
{
    return size > 0 && !(size == 1 && part[0] == '.') &&
           !(size == 2 && part[0] == '.' && part[1] == '.');
}

bool name_is_good(char *name)
{
    size_t length = strlen(name);
    unsigned depth = 0;

    while (length > 0 && name[length - 1] == '/')
        name[--length] = '\0';
    if (length >= LIMIT_PARCEL_NAME)
        return false;
    for (const char *part = name;; part++) {
        size_t size = strcspn(part, "/");

        if (!part_is_good(part, size) || ++depth > LIMIT_PARCEL_DEPTH)
            return false;
        part += size;
        if (!*part)
            return true;
    }
}

const char *name_base(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

int name_open(int folder, const char *path, int flags, bool same_device)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
                   (same_device ? RESOLVE_NO_XDEV : 0),
    };
    long fd;

    do
        fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
    while (fd < 0 && (errno == EAGAIN || errno == EINTR));
    return fd < 0 ? -errno : (int)fd;
}
