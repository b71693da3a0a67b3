/* See guard.h. Landlock is spoken to directly, as in the gate. */
#include "courier/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Later kernels than the headers at hand: a number of linux/landlock.h. */
enum { ACCESS_TRUNCATE = 1 << 14, VERSION_REFER = 2, VERSION_TRUNCATE = 3 };

static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                LANDLOCK_ACCESS_FS_REFER;

/* What an unpacker does below its target: no devices, pipes and sockets. */
static const uint64_t unpacking = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                  LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                  LANDLOCK_ACCESS_FS_REFER;

/* The folder that changes. Returns a descriptor or -errno. */
static int open_changing(const char *target)
{
    _cleanup_free_ char *path = strdup(target);
    struct stat info;
    char *slash;
    int fd;

    if (!path)
        return -ENOMEM;
    if (stat(path, &info) < 0 || !S_ISDIR(info.st_mode)) {
        slash = strrchr(path, '/');
        if (!slash)
            strcpy(path, ".");
        else
            slash[slash == path] = '\0';
    }
    fd = open(*path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int allow(int ruleset, const char *target, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    _cleanup_close_ int fd = open_changing(target);

    /* Where it cannot be written, the unpacker will say so. */
    if (fd < 0)
        return fd == -ENOMEM ? fd : 0;
    rule.parent_fd = fd;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
               ? -errno
               : 0;
}

int guard_files(const char *target)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t truncating = version >= VERSION_TRUNCATE ? ACCESS_TRUNCATE : 0;
    const struct landlock_ruleset_attr rules = {.handled_access_fs = writing | truncating |
                                                                     LANDLOCK_ACCESS_FS_EXECUTE};
    _cleanup_close_ int fd = -1;
    int r = 0;

    /* The first version forbids every renaming from one folder to another. */
    if (version < VERSION_REFER)
        return 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    if (fd < 0)
        return -errno;
    if (target)
        r = allow(fd, target, unpacking | truncating);
    if (!r && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
               syscall(SYS_landlock_restrict_self, fd, 0) < 0))
        r = -errno;
    return r;
}
