/* See lend.h. */
#include "warden/lend.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "door/message.h"
#include "door/system-file.h"
#include "warden/tell.h"
#include "warden/warden.h"
#define LOG_TAG "lend"
#include "base/log.h"

static const char *const files[] = SYSTEM_FILES;

/* -1 if there is none, or none for everybody. */
static int open_public(const char *path)
{
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || !(info.st_mode & S_IROTH))
        return -1;
    return steal_fd(&fd);
}

static void lend(struct warden *warden, size_t which)
{
    _cleanup_buffer_ struct buffer body = BUFFER_INIT;
    _cleanup_close_ int fd = open_public(files[which]);

    if (fd < 0 || door_number_encode((uint32_t)which, &body))
        return;
    log_debug("%s has changed", files[which]);
    tell(warden, DOOR_FILE, &body, &fd, 1);
}

void lend_changed(struct warden *warden, const char *name)
{
    for (size_t i = 0; i < ELEMENTS_OF(files); i++)
        if (!name || text_equal(name, strrchr(files[i], '/') + 1))
            lend(warden, i);
}
