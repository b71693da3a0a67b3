/* See sandbox.h. Landlock and seccomp are spoken to directly: a library for either would be more
 * code in the process that this is to keep small. */
#define LOG_TAG "sandbox"
#include "gate/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gate/sandbox-filter.h"
#include "proto/limits.h"

/* What the facts are made from, and what the C library looks into while it makes them. */
static const char *const readable[] = {
    "/proc",       "/sys",       "/etc/os-release",    "/usr/lib/os-release", "/etc/hostname",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/localtime",      "/run/utmp",
};

static int raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int drop_user(uid_t user, gid_t group)
{
    if (geteuid() != 0)
        return 0;
    if (user == 0 || group == 0)
        return -EPERM;
    if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 ||
        setresuid(user, user, user) < 0)
        return -errno;
    /* It must not be possible to come back. */
    return setresuid(0, 0, 0) == 0 ? -EPERM : 0;
}

int sandbox_drop(uid_t user, gid_t group)
{
    static const struct rlimit none = {0, 0};
    static const struct rlimit file = {LIMIT_GATE_FILE, LIMIT_GATE_FILE};
    int r = raise_descriptors();

    if (!r)
        r = drop_user(user, group);
    if (r)
        return r;
    if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &file) < 0 ||
        setrlimit(RLIMIT_RTPRIO, &none) < 0 || /* its own priority it may set (burst.c) */
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    /* Last, as changing the user may set it anew. The leak check of sanitized builds traces. */
    return prctl(PR_SET_DUMPABLE, HUNE_SANITIZED, 0, 0, 0) < 0 ? -errno : 0;
}

/* Later kernels than the headers at hand: numbers of linux/landlock.h, by the version of the
 * interface. */
struct ruleset {
    uint64_t files;
    uint64_t network; /* from version 4: 1 bind, 2 connect */
    uint64_t scoped;  /* from version 6: 1 abstract sockets, 2 signals */
};

static struct ruleset ruleset_for(int version)
{
    struct ruleset rules = {.files = (1u << 13) - 1}; /* EXECUTE to MAKE_SYM */

    if (version >= 2)
        rules.files |= 1u << 13; /* REFER */
    if (version >= 3)
        rules.files |= 1u << 14; /* TRUNCATE */
    if (version >= 4)
        rules.network = 3;
    if (version >= 5)
        rules.files |= 1u << 15; /* IOCTL_DEV */
    if (version >= 6)
        rules.scoped = 3;
    return rules;
}

/* A kernel takes a longer structure only if what it does not know is zero. */
static size_t ruleset_size(int version)
{
    if (version >= 6)
        return sizeof(struct ruleset);
    return version >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, network);
}

static int landlock_allow(int ruleset, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
    _cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return errno == ENOENT || errno == EACCES ? 0 : -errno;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (S_ISDIR(info.st_mode))
        rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    rule.parent_fd = fd;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
               ? -errno
               : 0;
}

static int landlock_close(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    _cleanup_close_ int fd = -1;
    struct ruleset rules;

    if (version < 0) {
        log_notice("this kernel has no Landlock: files are guarded by permissions alone");
        return 0;
    }
    rules = ruleset_for((int)version);
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_size((int)version), 0);
    if (fd < 0)
        return -errno;
    for (size_t i = 0; i < ELEMENTS_OF(readable); i++) {
        int r = landlock_allow(fd, readable[i]);

        if (r)
            return r;
    }
    return syscall(SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
}

int sandbox_close(void)
{
    int r = landlock_close();

    if (!r)
        r = sandbox_filter();
    if (r == -EINVAL || r == -ENOSYS) {
        log_notice("this kernel has no seccomp filters: all system calls stay open");
        return 0;
    }
    return r;
}
