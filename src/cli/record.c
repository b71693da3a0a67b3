/* See record.h. */
#include "cli/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

struct terminal_size record_size(void)
{
    _cleanup_close_ int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    struct winsize size;

    if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
        return (struct terminal_size){.columns = size.ws_col, .rows = size.ws_row};
    return (struct terminal_size){.columns = 80, .rows = 24};
}

int record_begin(struct console *console, const char *path, const struct cast_head *head,
                 struct cast **cast_out)
{
    int error = cast_new(cast_out, path, head);

    if (!error)
        return STATUS_OK;
    if (error == -EEXIST)
        complain(&console->error, path, _("There is such a file already."), NULL,
                 _("Choose another name for the recording, or remove the file."));
    else
        complain(&console->error, path, _("The recording cannot be written."), strerror(-error),
                 NULL);
    return STATUS_FAILED;
}

void record_end(struct console *console, const char *path, struct cast *cast)
{
    int error = cast_close(cast);

    if (error)
        complain(&console->error, path, _("The recording is not complete."), strerror(-error),
                 NULL);
}
