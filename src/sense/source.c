/* See source.h. */
#include "sense/source.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "sense/object.h"

enum { LENT_MAX = 4 };

/* What sandboxes are lent: one process has one sandbox, and one thread that reads. */
static struct lent {
    const char *path; /* NULL: free, and all behind it */
    int fd;
} lent[LENT_MAX];

/* Where `path` is, or would be; NULL if there is no more room. */
static struct lent *lent_find(const char *path)
{
    for (size_t i = 0; i < LENT_MAX; i++)
        if (!lent[i].path || text_equal(lent[i].path, path))
            return &lent[i];
    return NULL;
}

void source_lend(const char *path, int fd)
{
    struct lent *place = lent_find(path);

    if (!place) {
        close(fd);
        return;
    }
    if (place->path)
        close(place->fd);
    *place = (struct lent){path, fd};
}

static int read_whole(const char *path, size_t max, struct buffer *content)
{
    const struct lent *place = lent_find(path);

    if (!place || !place->path)
        return file_read(path, max, content);
    return lseek(place->fd, 0, SEEK_SET) < 0 ? -errno : fd_read_all(place->fd, max, content);
}

enum what_is_longer { LONGER_IS_UNKNOWN, LONGER_IS_CUT };

static int source_vread(struct buffer *content, struct span *text_out, size_t max,
                        enum what_is_longer longer, const char *root, const char *format,
                        va_list arguments) __attribute__((format(printf, 6, 0)));

static int source_vread(struct buffer *content, struct span *text_out, size_t max,
                        enum what_is_longer longer, const char *root, const char *format,
                        va_list arguments)
{
    char path[PATH_MAX];
    int prefix = snprintf(path, sizeof(path), "%s", root);
    int length;
    int r;

    buffer_clear(content);
    *text_out = (struct span){"", 0};
    if (prefix < 0 || (size_t)prefix >= sizeof(path))
        return 0;
    length = vsnprintf(path + prefix, sizeof(path) - (size_t)prefix, format, arguments);
    if (length < 0 || (size_t)length >= sizeof(path) - (size_t)prefix)
        return 0;
    r = read_whole(path, max, content);
    if (r == -ENOMEM)
        return r;
    if (r && !(r == -EFBIG && longer == LONGER_IS_CUT))
        buffer_clear(content);
    if (!buffer_text(content))
        return -ENOMEM;
    *text_out = span_strip(
        (struct span){(const char *)buffer_bytes(content), buffer_length(content)});
    return 0;
}

int source_read(struct buffer *content, struct span *text_out, const char *root, const char *format,
                ...)
{
    va_list arguments;
    int r;

    va_start(arguments, format);
    r = source_vread(content, text_out, SOURCE_MAX, LONGER_IS_UNKNOWN, root, format, arguments);
    va_end(arguments);
    return r;
}

int source_read_beginning(struct buffer *content, struct span *text_out, size_t max,
                          const char *root, const char *format, ...)
{
    va_list arguments;
    int r;

    va_start(arguments, format);
    r = source_vread(content, text_out, max, LONGER_IS_CUT, root, format, arguments);
    va_end(arguments);
    return r;
}

int source_read_number(uint64_t *number_out, const char *root, const char *format, ...)
{
    _cleanup_buffer_ struct buffer content = BUFFER_INIT;
    struct span text;
    va_list arguments;
    int r;

    va_start(arguments, format);
    r = source_vread(&content, &text, SOURCE_MAX, LONGER_IS_UNKNOWN, root, format, arguments);
    va_end(arguments);
    *number_out = r ? SENSE_UNKNOWN : span_number(text);
    return r;
}
