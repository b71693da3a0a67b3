#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"

enum { STEP = 64 * 1024 };

int input_read(int fd, size_t max, struct buffer *content)
{
    for (;;) {
        uint8_t *room;
        ssize_t got;
        int error = buffer_reserve(content, STEP, &room);

        if (error)
            return error;
        got = read(fd, room, STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        buffer_commit(content, (size_t)got);
        if (buffer_length(content) > max)
            return -EFBIG;
    }
}

int input_open(const char *path)
{
    int fd = text_equal(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                   : open(path, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}
