/* See slow.h. */
#include "sense/slow.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "sense/disks.h"
#include "sense/people.h"
#include "sense/sensors.h"
#include "sense/tap.h"

enum {
    MOUNTS_MAX = 256,
    COUNT_AGAIN_MS = 10 * 60 * 1000,
    FOLDERS_MAX = 64, /* more folders than any kernel has in /proc besides processes */
};

struct slow {
    const char *root;
    bool open;
    struct tap mountinfo;
    struct tap memory_limit;
    struct tap memory_used;
    struct tap cpu_limit;
    struct sensors sensors;
    struct slow_reading last;
    uint64_t counted_ms;
    uint64_t folders; /* what /proc has besides processes; 0: not known */
};

int slow_new(struct slow **slow_out, const char *root)
{
    struct slow *slow = calloc(1, sizeof(*slow));

    if (!slow)
        return -ENOMEM;
    slow->root = root;
    slow->mountinfo = slow->memory_limit = slow->memory_used = slow->cpu_limit = TAP_INIT;
    *slow_out = slow;
    return 0;
}

void slow_rest(struct slow *slow)
{
    tap_close(&slow->mountinfo);
    tap_close(&slow->memory_limit);
    tap_close(&slow->memory_used);
    tap_close(&slow->cpu_limit);
    sensors_close(&slow->sensors);
    slow_reading_deinit(&slow->last);
    slow->open = false;
    slow->folders = 0;
}

struct slow *slow_free(struct slow *slow)
{
    if (!slow)
        return NULL;
    slow_rest(slow);
    free(slow);
    return NULL;
}

const struct slow_reading *slow_last(const struct slow *slow)
{
    return &slow->last;
}

/* ---- limits of the whole visible tree, as containers have them ---- */

/* Either kind of cgroup may be mounted, at one of three places. */
static void open_limits(struct slow *slow)
{
    static const struct {
        const char *limit, *used, *cpu;
    } places[] = {
        {"memory.max", "memory.current", "cpu.max"},
        {"unified/memory.max", "unified/memory.current", "unified/cpu.max"},
        {"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "cpu/cpu.cfs_quota_us"},
    };

    for (size_t i = 0; i < ELEMENTS_OF(places); i++) {
        if (slow->memory_limit.fd < 0) {
            tap_open(&slow->memory_limit, true, slow->root, "/sys/fs/cgroup/%s", places[i].limit);
            if (slow->memory_limit.fd >= 0)
                tap_open(&slow->memory_used, true, slow->root, "/sys/fs/cgroup/%s", places[i].used);
        }
        if (slow->cpu_limit.fd < 0)
            tap_open(&slow->cpu_limit, true, slow->root, "/sys/fs/cgroup/%s", places[i].cpu);
    }
}

/* In version 1 the period is in a file of its own, which hardly anybody changes: 100 ms. */
static double limit_parse(struct span text)
{
    enum { USUAL_PERIOD_US = 100000 };
    struct span rest = text;
    uint64_t quota = scan_number(&rest);
    struct span period;

    if (scan_field(&rest, &period))
        return cpu_max_parse(text);
    return quota == SENSE_UNKNOWN ? 0 : (double)quota / USUAL_PERIOD_US;
}

static int read_limits(struct slow *slow, struct buffer *content)
{
    struct span text;
    int r = tap_read_number(&slow->memory_limit, content, &slow->last.memory_limit);

    if (!r)
        r = tap_read(&slow->cpu_limit, content, &text);
    if (!r)
        slow->last.cpu_limit = limit_parse(text);
    return r;
}

int slow_read_limit_used(struct slow *slow, struct buffer *content, uint64_t *bytes_out)
{
    *bytes_out = SENSE_UNKNOWN;
    if (slow->last.memory_limit == SENSE_UNKNOWN)
        return 0;
    return tap_read_number(&slow->memory_used, content, bytes_out);
}

/* ---- processes ---- */

static uint64_t count_entries(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    uint64_t count = 0;

    if (!directory)
        return SENSE_UNKNOWN;
    while ((entry = readdir(directory)))
        count += span_number(span_of(entry->d_name)) != SENSE_UNKNOWN;
    closedir(directory);
    return count;
}

/* Looking at every entry costs a microsecond or three each. The links of /proc are its folders and
 * the processes, so that once the folders are known one call tells. In a container the links count
 * the processes of the whole machine: there are far too many "folders" then, and it is counted. */
static uint64_t count_processes(struct slow *slow, uint64_t boot_ms)
{
    char path[PATH_MAX];
    struct stat status;
    uint64_t count;

    snprintf(path, sizeof(path), "%s/proc", slow->root);
    if (stat(path, &status) < 0)
        return SENSE_UNKNOWN;
    if (slow->folders > 0 && status.st_nlink > slow->folders &&
        boot_ms - slow->counted_ms < COUNT_AGAIN_MS)
        return status.st_nlink - slow->folders;
    count = count_entries(path);
    slow->counted_ms = boot_ms;
    slow->folders = 0;
    if (count != SENSE_UNKNOWN && status.st_nlink > count && status.st_nlink - count <= FOLDERS_MAX)
        slow->folders = status.st_nlink - count;
    return count;
}

/* ---- mounts ---- */

static bool fill_mount(struct slow *slow, const struct mount *mount, struct buffer *path,
                       struct slow_mount *out)
{
    struct statvfs stat;
    const char *text;
    size_t skipped = strlen(slow->root);

    buffer_clear(path);
    if (buffer_append_text(path, slow->root) || mount_unescape(mount->target, path))
        return false;
    text = buffer_text(path);
    /* What may not be entered, or is gone by now, simply has no numbers. */
    if (!text || statvfs(text, &stat) < 0 || stat.f_blocks == 0)
        return false;
    text_copy(out->target, sizeof(out->target), text + skipped);
    out->size = known_product(stat.f_blocks, stat.f_frsize);
    out->used = known_product(known_difference(stat.f_blocks, stat.f_bfree), stat.f_frsize);
    out->available = known_product(stat.f_bavail, stat.f_frsize);
    out->inodes = stat.f_files > 0 ? stat.f_files : SENSE_UNKNOWN;
    out->inodes_free = stat.f_files > 0 ? stat.f_ffree : SENSE_UNKNOWN;
    return true;
}

static int read_mounts(struct slow *slow, struct buffer *content)
{
    _cleanup_free_ struct mount *mounts = NULL;
    _cleanup_buffer_ struct buffer path = BUFFER_INIT;
    struct slow_reading *last = &slow->last;
    struct span text;
    size_t count;
    int r = tap_read(&slow->mountinfo, content, &text);

    last->mount_count = 0;
    if (r)
        return r;
    mounts = malloc(MOUNTS_MAX * sizeof(*mounts));
    if (!mounts)
        return -ENOMEM;
    count = mounts_parse(text, mounts, MOUNTS_MAX);
    for (size_t i = 0; i < count; i++) {
        /* Asking something behind a network could hang for ever. */
        if (mount_type_is_remote(mounts[i].type))
            continue;
        if (array_grow(&last->mounts, &last->mount_room, last->mount_count, sizeof(*last->mounts)))
            return -ENOMEM;
        if (fill_mount(slow, &mounts[i], &path, &last->mounts[last->mount_count]))
            last->mount_count++;
    }
    return 0;
}

int slow_read(struct slow *slow, struct buffer *content, uint64_t boot_ms)
{
    int r;

    if (!slow->open) {
        tap_open(&slow->mountinfo, false, slow->root, "/proc/self/mountinfo");
        open_limits(slow);
        r = sensors_open(&slow->sensors, slow->root);
        if (r)
            return r;
        slow->open = true;
    }
    r = read_limits(slow, content);
    if (!r)
        r = read_mounts(slow, content);
    if (!r)
        r = sensors_read(&slow->sensors, content, &slow->last);
    if (!r)
        r = people_count(slow->root, &slow->last.users);
    slow->last.processes = count_processes(slow, boot_ms);
    return r;
}
