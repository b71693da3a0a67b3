/* See tree.h. */
#include "warden/tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#define LOG_TAG "tree"
#include "base/log.h"

enum {
    PROC_FILE_MAX = 1 << 20,
    SWEEP_ROUNDS = 16, /* a tree that forks faster than it can be searched needs several looks */
    SWEEP_PIDS = 65536,
};

/* The mount point of cgroup v2, from /proc/self/mounts ("cgroup2 /sys/fs/cgroup/unified cgroup2
 * …"). */
static char *cgroup_mount(void)
{
    _cleanup_buffer_ struct buffer mounts = BUFFER_INIT;
    char *line;
    char *rest;

    if (file_read("/proc/self/mounts", PROC_FILE_MAX, &mounts) || !buffer_text(&mounts))
        return NULL;
    rest = (char *)buffer_bytes(&mounts);
    while ((line = strsep(&rest, "\n"))) {
        char *source = strsep(&line, " ");
        char *target = strsep(&line, " ");
        char *type = strsep(&line, " ");

        if (source && target && text_equal(type, "cgroup2"))
            return strdup(target);
    }
    return NULL;
}

/* Our own place in the v2 tree: the line "0::/path" of /proc/self/cgroup. */
static char *cgroup_own(void)
{
    _cleanup_buffer_ struct buffer own = BUFFER_INIT;
    char *line;
    char *rest;

    if (file_read("/proc/self/cgroup", PROC_FILE_MAX, &own) || !buffer_text(&own))
        return NULL;
    rest = (char *)buffer_bytes(&own);
    while ((line = strsep(&rest, "\n"))) {
        if (text_starts(line, "0::"))
            return strdup(line + 3);
    }
    return NULL;
}

static char *forest_make(void)
{
    _cleanup_free_ char *mount = cgroup_mount();
    _cleanup_free_ char *own = cgroup_own();
    _cleanup_free_ char *path = NULL;
    _cleanup_free_ char *kill_file = NULL;

    if (!mount || !own ||
        asprintf(&path, "%s%s/hune-%d", mount, text_equal(own, "/") ? "" : own, getpid()) < 0)
        return NULL;
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return NULL;
    if (asprintf(&kill_file, "%s/cgroup.kill", path) < 0 || access(kill_file, W_OK) < 0) {
        rmdir(path);
        return NULL;
    }
    return steal_pointer(path);
}

/* Folders of agents that were killed: what is empty in them goes, and so do they. */
static void forest_sweep_old(const char *own)
{
    _cleanup_free_ char *parent = strndup(own, (size_t)(strrchr(own, '/') - own));
    DIR *directory = parent ? opendir(parent) : NULL;
    const struct dirent *entry;

    while (directory && (entry = readdir(directory))) {
        _cleanup_free_ char *old = NULL;
        const struct dirent *inner;
        DIR *contents;
        uint64_t pid;

        if (!text_starts(entry->d_name, "hune-") ||
            !text_to_u64(entry->d_name + 5, INT32_MAX, &pid) || kill((pid_t)pid, 0) == 0 ||
            asprintf(&old, "%s/%s", parent, entry->d_name) < 0)
            continue;
        contents = opendir(old);
        while (contents && (inner = readdir(contents))) {
            if (inner->d_type == DT_DIR && inner->d_name[0] != '.')
                unlinkat(dirfd(contents), inner->d_name, AT_REMOVEDIR);
        }
        if (contents)
            closedir(contents);
        rmdir(old);
    }
    if (directory)
        closedir(directory);
}

int forest_init(struct forest *forest)
{
    *forest = (struct forest){.path = forest_make()};
    if (forest->path)
        forest_sweep_old(forest->path);
    /* Orphans of jobs come to us, not to init: they are reaped and, without cgroups, found again.
     */
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return -errno;
    if (!forest->path)
        log_notice("cgroup v2 cannot be used here: jobs are ended by process group and search");
    return 0;
}

static char *cgroup_path(const struct forest *forest, uint32_t number)
{
    char *path;

    return asprintf(&path, "%s/%u", forest->path, number) < 0 ? NULL : path;
}

static bool cgroup_remove(const struct forest *forest, uint32_t number)
{
    _cleanup_free_ char *path = cgroup_path(forest, number);

    return path && rmdir(path) == 0;
}

/* A daemon that a job started, as `service x start` does, keeps its cgroup for as long as it lives.
 */
static void cgroup_retire(struct forest *forest, struct forest_cgroup *cgroup)
{
    close(cgroup->fd);
    cgroup->fd = -1;
    if (!cgroup_remove(forest, cgroup->number) && forest->retired_count < FOREST_RETIRED_MAX)
        forest->retired[forest->retired_count++] = cgroup->number;
}

void forest_deinit(struct forest *forest)
{
    while (forest->spare_count > 0)
        cgroup_retire(forest, &forest->spare[--forest->spare_count]);
    while (forest->retired_count > 0)
        cgroup_remove(forest, forest->retired[--forest->retired_count]);
    if (forest->path)
        rmdir(forest->path);
    free(forest->path);
    forest->path = NULL;
}

static struct forest_cgroup cgroup_make(struct forest *forest)
{
    struct forest_cgroup cgroup = {.fd = -1, .number = ++forest->made};
    _cleanup_free_ char *path = cgroup_path(forest, cgroup.number);

    if (path && (mkdir(path, 0755) == 0 ||
                 (errno == ENOENT && mkdir(forest->path, 0755) == 0 && mkdir(path, 0755) == 0)))
        cgroup.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return cgroup;
}

/* What is empty, anybody may tidy up: a manager of cgroups, or an agent in another PID namespace,
 * to which ours looks dead. Nothing can be born into a cgroup that was removed. */
static bool cgroup_is_there(const struct forest_cgroup *cgroup)
{
    return faccessat(cgroup->fd, "cgroup.procs", F_OK, 0) == 0;
}

static struct forest_cgroup cgroup_take(struct forest *forest)
{
    while (forest->spare_count > 0) {
        struct forest_cgroup cgroup = forest->spare[--forest->spare_count];

        if (cgroup_is_there(&cgroup))
            return cgroup;
        close(cgroup.fd);
    }
    return cgroup_make(forest);
}

void tree_init(struct tree *tree, struct forest *forest, const uint8_t id[UUID_SIZE])
{
    *tree = (struct tree){.cgroup.fd = -1};
    uuid_format(id, tree->mark);
    if (!forest->path)
        return;
    /* One look per job finds every cgroup that has become empty, sooner or later. */
    if (forest->retired_count > 0) {
        uint32_t number = forest->retired[--forest->retired_count];

        if (!cgroup_remove(forest, number)) {
            memmove(forest->retired + 1, forest->retired,
                    forest->retired_count++ * sizeof(*forest->retired));
            forest->retired[0] = number;
        }
    }
    tree->cgroup = cgroup_take(forest);
}

static bool cgroup_is_empty(const struct forest_cgroup *cgroup)
{
    _cleanup_close_ int fd = openat(cgroup->fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    char pid;

    return fd >= 0 && read(fd, &pid, sizeof(pid)) == 0;
}

void tree_deinit(struct tree *tree, struct forest *forest)
{
    if (tree->cgroup.fd < 0)
        return;
    /* Linux 6.18 kills whatever is born into a cgroup from outside once cgroup.kill was used on it.
     */
    if (!tree->killed && forest->spare_count < FOREST_SPARE_MAX && cgroup_is_empty(&tree->cgroup))
        forest->spare[forest->spare_count++] = tree->cgroup;
    else
        cgroup_retire(forest, &tree->cgroup);
    tree->cgroup.fd = -1;
}

static bool cgroup_kill(const struct tree *tree)
{
    _cleanup_close_ int fd = openat(tree->cgroup.fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, "1", 1) == 1;
}

struct process {
    pid_t pid;
    pid_t parent;
    pid_t group;
    bool doomed;
};

/* "pid (any name) state ppid pgrp": the name may hold spaces and parentheses, so count from the
 * last one. */
static bool process_read(pid_t pid, struct process *process_out)
{
    _cleanup_buffer_ struct buffer stat = BUFFER_INIT;
    char path[64];
    const char *text;
    const char *close;
    char state;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if (file_read(path, PROC_FILE_MAX, &stat) || !(text = buffer_text(&stat)))
        return false;
    close = strrchr(text, ')');
    *process_out = (struct process){.pid = pid};
    return close &&
           sscanf(close + 1, " %c %d %d", &state, &process_out->parent, &process_out->group) == 3 &&
           state != 'Z';
}

/* Which marked processes are meant. */
struct mark {
    bool (*is_ours)(const char *id, void *user);
    void *user;
    bool spares_children; /* of our own: no job among them yet */
};

/* Whether the environment that the process was started with holds HUNE_JOB=<id>, of a job that is
 * meant. */
static bool process_is_marked(pid_t pid, const struct mark *mark)
{
    _cleanup_buffer_ struct buffer environment = BUFFER_INIT;
    static const char name[] = TREE_VARIABLE "=";
    const char *at;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    if (file_read(path, PROC_FILE_MAX, &environment) || !(at = buffer_text(&environment)))
        return false;
    for (const char *end = at + buffer_length(&environment); at < end; at += strlen(at) + 1) {
        if (text_starts(at, name) && mark->is_ours(at + strlen(name), mark->user))
            return true;
    }
    return false;
}

static bool is_the_job(const char *id, void *user)
{
    return text_equal(id, user);
}

static size_t processes_read(struct process *processes, size_t room)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    size_t count = 0;

    while (directory && count < room && (entry = readdir(directory))) {
        if (isdigit((unsigned char)entry->d_name[0]) &&
            process_read((pid_t)atoi(entry->d_name), &processes[count]))
            count++;
    }
    if (directory)
        closedir(directory);
    return count;
}

static bool parent_is_doomed(const struct process *processes, size_t count, pid_t parent)
{
    for (size_t i = 0; i < count; i++) {
        if (processes[i].pid == parent)
            return processes[i].doomed;
    }
    return false;
}

/* Marks the whole tree, then stops each before any is killed, so that none can fork unseen. */
static size_t sweep_once(struct process *processes, const struct mark *mark, pid_t leader)
{
    size_t count = processes_read(processes, SWEEP_PIDS);
    size_t doomed = 0;
    bool changed = true;

    for (size_t i = 0; i < count; i++) {
        if (processes[i].pid == getpid() ||
            (mark->spares_children && processes[i].parent == getpid()))
            continue;
        processes[i].doomed = (leader > 0 &&
                               (processes[i].pid == leader || processes[i].group == leader)) ||
                              process_is_marked(processes[i].pid, mark);
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            if (!processes[i].doomed && processes[i].pid != getpid() &&
                parent_is_doomed(processes, count, processes[i].parent))
                changed = processes[i].doomed = true;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (processes[i].doomed)
            kill(processes[i].pid, SIGSTOP);
    }
    for (size_t i = 0; i < count; i++) {
        if (processes[i].doomed && kill(processes[i].pid, SIGKILL) == 0)
            doomed++;
    }
    return doomed;
}

void tree_kill(struct tree *tree, pid_t leader)
{
    const struct mark mark = {.is_ours = is_the_job, .user = tree->mark};
    _cleanup_free_ struct process *processes = NULL;

    tree->killed = true;
    if (tree->cgroup.fd >= 0 && cgroup_kill(tree))
        return;
    processes = calloc(SWEEP_PIDS, sizeof(*processes));
    for (int round = 0; processes && round < SWEEP_ROUNDS; round++) {
        if (sweep_once(processes, &mark, leader) == 0)
            break;
    }
    /* Not before: whose parent has ended is nobody's descendant any more. */
    if (leader > 0)
        kill(-leader, SIGKILL);
}

size_t tree_end_marked(bool (*is_ours)(const char *id, void *user), void *user)
{
    const struct mark mark = {.is_ours = is_ours, .user = user, .spares_children = true};
    _cleanup_free_ struct process *processes = calloc(SWEEP_PIDS, sizeof(*processes));
    size_t most = 0;

    for (int round = 0; processes && round < SWEEP_ROUNDS; round++) {
        size_t count = sweep_once(processes, &mark, 0);

        if (count == 0)
            break;
        most = count > most ? count : most;
    }
    return most;
}

/* The folder's name ends with the pid of the agent that made it. When that pid is somebody else's
 * now, so may the folder be. */
static bool folder_is_left(const struct forest *forest, const char *folder)
{
    const char *name = strrchr(folder, '/');
    uint64_t pid;

    if (!forest->path || !name || !text_starts(name, "/hune-") ||
        !text_to_u64(name + strlen("/hune-"), INT32_MAX, &pid) || pid == 0)
        return false;
    return text_equal(folder, forest->path) || kill((pid_t)pid, 0) < 0;
}

void forest_end_left(const struct forest *forest, const char *folder, uint32_t number)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_close_ int fd = -1;

    if (!folder_is_left(forest, folder) || asprintf(&path, "%s/%u/cgroup.kill", folder, number) < 0)
        return;
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "1", 1) < 0)
        log_warning("%s: %m", path);
}
