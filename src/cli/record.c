/* See record.h. */
#include "cli/record.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal_size record_size(void)
{
    static const int ways[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};
    struct winsize size;

    for (size_t i = 0; i < ELEMENTS_OF(ways); i++) {
        if (ioctl(ways[i], TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
            return (struct terminal_size){.columns = size.ws_col, .rows = size.ws_row};
    }
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
