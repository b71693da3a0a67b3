#include "cli/prompt-history.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"

enum { FILE_MAX = 4 << 20, CUT_ABOVE = 2 * HISTORY_LINES };

/* The beginning of the last `most` lines, and how many lines there are in all. */
static size_t last_lines(const char *text, size_t size, size_t most, size_t *count_out)
{
    size_t begin = 0;
    size_t count = 0;

    for (size_t at = size; at > 0; at--) {
        if (at < size && text[at - 1] != '\n')
            continue;
        if (at == size && text[at - 1] == '\n')
            continue;
        if (at < size && ++count == most)
            begin = at;
    }
    *count_out = count + (size > 0);
    return begin;
}

void history_load(const char *path, void (*each)(const char *line, void *user), void *user)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    char *line, *rest;
    size_t begin, count;

    if (file_read(path, FILE_MAX, &content) < 0 || buffer_length(&content) == 0)
        return;
    begin = last_lines((const char *)buffer_bytes(&content), buffer_length(&content), HISTORY_LINES,
                       &count);
    buffer_consume(&content, begin);
    /* A history that cannot be cut is no reason to keep anybody from working. */
    if (count > CUT_ABOVE)
        (void)file_replace(path, 0600, buffer_bytes(&content), buffer_length(&content));
    if (!buffer_text(&content))
        return;
    rest = (char *)buffer_bytes(&content);
    while ((line = strsep(&rest, "\n"))) {
        if (*line)
            each(line, user);
    }
}

void history_add(const char *path, const char *line)
{
    _cleanup_buffer_ struct buffer whole = BUFFER_INIT;
    _cleanup_close_ int fd = -1;

    if (*line == ' ' || *line == '\0' || buffer_append_text(&whole, line) < 0 ||
        buffer_append_text(&whole, "\n") < 0)
        return;
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        (void)fd_write_all(fd, buffer_bytes(&whole), buffer_length(&whole));
}
