/* machines.csv on disk: read with a stamp, written by replacing, edited under a lock. */
#include "fleet/inventory/machines-private.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fleet/home/i18n.h"

enum {
    LIST_MODE = 0600,
    DIRECTORY_MODE = 0700,
    LOCK_WAIT_MS = 10 * 1000,
    EDIT_TRIES = 5,
};

/* What tells one state of the file from another; zeros for a file that is not there. */
static int stamp_read(const char *path, uint64_t stamp_out[5])
{
    struct stat status;

    memset(stamp_out, 0, 5 * sizeof(*stamp_out));
    if (stat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    stamp_out[0] = status.st_dev;
    stamp_out[1] = status.st_ino;
    stamp_out[2] = (uint64_t)status.st_size;
    stamp_out[3] = (uint64_t)status.st_mtim.tv_sec;
    stamp_out[4] = (uint64_t)status.st_mtim.tv_nsec;
    return 0;
}

static int source_read(struct fleet *fleet)
{
    /* The stamp first: if the file changes in between, saving sees a difference and not a match. */
    int r = stamp_read(fleet->path, fleet->stamp);

    if (!r)
        r = file_read(fleet->path, FLEET_FILE_MAX, &fleet->source);
    return r == -ENOENT ? 0 : r;
}

int fleet_load(const char *path, struct fleet **fleet_out, struct fault *fault)
{
    _cleanup_fleet_ struct fleet *fleet = fleet_new();
    int r;

    if (!fleet)
        return -ENOMEM;
    fleet->path = strdup(path);
    if (!fleet->path)
        return -ENOMEM;
    r = source_read(fleet);
    if (r) {
        fault_errno(fault, -r, _("Check that the file is yours and a plain text file."),
                    _("The fleet list %s could not be read"), path);
        return r;
    }
    r = fleet_read(fleet, fault);
    if (!r)
        *fleet_out = steal_pointer(fleet);
    return r;
}

static int directory_of(const char *path)
{
    _cleanup_free_ char *copy = strdup(path);

    return copy ? directory_make(dirname(copy), DIRECTORY_MODE) : -ENOMEM;
}

static int write_list(struct fleet *fleet)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    int r = fleet_export(fleet, &text);

    if (!r)
        r = directory_of(fleet->path);
    if (!r)
        r = file_replace(fleet->path, LIST_MODE, buffer_bytes(&text), buffer_length(&text));
    if (r)
        return r;
    r = stamp_read(fleet->path, fleet->stamp);
    /* Somebody else's file already: the next save must notice. */
    if (!r && fleet->stamp[2] != buffer_length(&text))
        fleet->stamp[1] = 0;
    return r;
}

int fleet_save(struct fleet *fleet, struct fault *fault)
{
    uint64_t now[5];
    int r = stamp_read(fleet->path, now);

    if (!r && memcmp(now, fleet->stamp, sizeof(now)) != 0) {
        fault_set(fault, _("Try again; the changed file is then read first."),
                  _("The fleet list %s was changed by another program; nothing was saved."),
                  fleet->path);
        return FLEET_E_CHANGED;
    }
    if (!r)
        r = write_list(fleet);
    if (r < 0)
        fault_errno(fault, -r,
                    r == -ENOSPC || r == -EDQUOT || r == -EFBIG
                        ? _("The file is as it was. Free some space and try again.")
                        : _("The file is as it was. Check who may write to it and its folder."),
                    _("The fleet list %s could not be saved"), fleet->path);
    return r;
}

int fleet_edit(const char *path,
               int (*edit)(struct fleet *fleet, void *context, struct fault *fault), void *context,
               struct fault *fault)
{
    _cleanup_close_ int lock = -1;
    int r = directory_of(path);

    if (!r)
        r = file_lock(path, LIST_MODE, LOCK_WAIT_MS, &lock);
    if (r == -ETIMEDOUT)
        fault_set(fault, _("Wait for the other console, or end it, and try again."),
                  _("Another console is writing the fleet list %s."), path);
    else if (r)
        fault_errno(fault, -r, _("Check who may write to its folder."),
                    _("The fleet list %s could not be locked"), path);
    if (r)
        return r == -ETIMEDOUT ? FLEET_E_LOCKED : r;
    for (int try = 0; try < EDIT_TRIES; try++) {
        _cleanup_fleet_ struct fleet *fleet = NULL;

        r = fleet_load(path, &fleet, fault);
        if (!r)
            r = edit(fleet, context, fault);
        if (r)
            return r;
        r = fleet_save(fleet, fault);
        if (r != FLEET_E_CHANGED)
            return r;
    }
    return r;
}
