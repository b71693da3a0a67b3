/* See tap.h. */
#include "sense/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "sense/source.h"

/* More than most files have; a machine with many processors makes the buffer grow once. */
enum { TAP_STEP = 8192 };

void tap_open(struct tap *tap, bool whole, const char *root, const char *format, ...)
{
    char path[PATH_MAX];
    int prefix = snprintf(path, sizeof(path), "%s", root);
    va_list arguments;
    int length;

    *tap = (struct tap){.fd = -1, .whole = whole};
    if (prefix < 0 || (size_t)prefix >= sizeof(path))
        return;
    va_start(arguments, format);
    length = vsnprintf(path + prefix, sizeof(path) - (size_t)prefix, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(path) - (size_t)prefix)
        tap->fd = open(path, O_RDONLY | O_CLOEXEC);
}

void tap_close(struct tap *tap)
{
    if (tap->fd >= 0)
        close(tap->fd);
    tap->fd = -1;
}

int tap_read(const struct tap *tap, struct buffer *content, struct span *text_out)
{
    ssize_t got = 1;

    buffer_clear(content);
    *text_out = (struct span){"", 0};
    while (tap->fd >= 0 && got > 0 && buffer_length(content) < SOURCE_MAX) {
        size_t room = content->capacity - content->end;
        uint8_t *at;

        if (room < 2 &&
            buffer_reserve(content, buffer_length(content) ? buffer_length(content) : TAP_STEP,
                           &at))
            return -ENOMEM;
        room = content->capacity - content->end - 1; /* one is left for whoever terminates it */
        at = content->data + content->end;
        do
            got = pread(tap->fd, at, room, (off_t)buffer_length(content));
        while (got < 0 && errno == EINTR);
        if (got > 0)
            buffer_commit(content, (size_t)got);
        if (tap->whole && got >= 0 && (size_t)got < room)
            break;
    }
    if (got < 0) /* a device that went away; a kernel where the file is but does not work */
        buffer_clear(content);
    if (buffer_length(content) > 0)
        *text_out = (struct span){(const char *)buffer_bytes(content), buffer_length(content)};
    return 0;
}

int tap_read_number(const struct tap *tap, struct buffer *content, uint64_t *number_out)
{
    struct span text;
    int r = tap_read(tap, content, &text);

    *number_out = r ? SENSE_UNKNOWN : span_number(span_strip(text));
    return r;
}
