/* See roll.h. */
#include "warden/roll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "warden/job.h"
#include "warden/place.h"
#define LOG_TAG "roll"
#include "base/log.h"

#define ROLL_MAGIC 0x48554e45524f4c31ull /* "HUNEROL1" */

struct roll_head {
    uint64_t magic;
    char forest[256];
};

static off_t slot_at(size_t slot)
{
    return (off_t)(sizeof(struct roll_head) + slot * sizeof(struct roll_entry));
}

static bool entry_is_good(struct roll_entry *entry)
{
    /* Half a write, by a warden that died in it, ends nowhere. */
    entry->user[sizeof(entry->user) - 1] = '\0';
    entry->operator_name[sizeof(entry->operator_name) - 1] = '\0';
    entry->label[sizeof(entry->label) - 1] = '\0';
    return entry->magic == ROLL_MAGIC;
}

static int read_left(struct roll *roll)
{
    struct roll_head head;
    struct roll_entry entry;

    if (pread(roll->fd, &head, sizeof(head), 0) != sizeof(head) || head.magic != ROLL_MAGIC)
        return 0;
    text_copy(roll->left_forest, sizeof(roll->left_forest), head.forest);
    for (size_t slot = 0; slot < LIMIT_JOBS_RUNNING; slot++) {
        if (pread(roll->fd, &entry, sizeof(entry), slot_at(slot)) != sizeof(entry))
            break;
        if (!entry_is_good(&entry))
            continue;
        if (!roll->left)
            roll->left = calloc(LIMIT_JOBS_RUNNING, sizeof(*roll->left));
        if (!roll->left)
            return -ENOMEM;
        roll->left[roll->left_count++] = entry;
    }
    return 0;
}

int roll_init(struct roll *roll, const char *run)
{
    _cleanup_free_ char *path = place_path(run, "running");

    *roll = (struct roll){.fd = -1};
    if (!path)
        return -ENOMEM;
    roll->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return roll->fd < 0 ? -errno : read_left(roll);
}

int roll_settle(struct roll *roll, const char *forest)
{
    struct roll_head head = {.magic = ROLL_MAGIC};

    free(roll->left);
    roll->left = NULL;
    roll->left_count = 0;
    if (roll->fd < 0)
        return -EBADF;
    text_copy(head.forest, sizeof(head.forest), forest ? forest : "");
    if (ftruncate(roll->fd, 0) < 0 || pwrite(roll->fd, &head, sizeof(head), 0) != sizeof(head))
        return errno ? -errno : -ENOSPC;
    return 0;
}

void roll_deinit(struct roll *roll)
{
    free(roll->left);
    if (roll->fd >= 0)
        close(roll->fd);
    *roll = (struct roll){.fd = -1};
}

int roll_enter(struct roll *roll, const struct job *job)
{
    struct roll_entry entry = {
        .magic = ROLL_MAGIC,
        .started_ms = job->started_ms,
        .cgroup = job->tree.cgroup.fd >= 0 ? job->tree.cgroup.number : 0,
        .verb = job->verb,
    };
    size_t slot = 0;

    while (slot < LIMIT_JOBS_RUNNING && roll->used[slot])
        slot++;
    if (roll->fd < 0 || slot == LIMIT_JOBS_RUNNING)
        return -1;
    memcpy(entry.id, job->id, sizeof(entry.id));
    memcpy(entry.fingerprint, job->fingerprint, sizeof(entry.fingerprint));
    text_copy(entry.user, sizeof(entry.user), job->user);
    text_copy(entry.operator_name, sizeof(entry.operator_name), job->operator_name);
    text_copy(entry.label, sizeof(entry.label), job->label);
    if (pwrite(roll->fd, &entry, sizeof(entry), slot_at(slot)) != sizeof(entry))
        return -1;
    roll->used[slot] = true;
    return (int)slot;
}

void roll_leave(struct roll *roll, int slot)
{
    const uint64_t nothing = 0;

    if (slot < 0 || roll->fd < 0)
        return;
    if (pwrite(roll->fd, &nothing, sizeof(nothing), slot_at((size_t)slot)) != sizeof(nothing))
        log_error("the roll of running jobs cannot be written: %m");
    roll->used[slot] = false;
}
