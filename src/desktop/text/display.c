/* See display.h. */
#include "desktop/text/display.h"

#include <string.h>

#include "base/text.h"

/* How many bytes at the end may be the beginning of a character. */
static size_t unfinished(const uint8_t *bytes, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t byte = bytes[size - back];

        if ((byte & 0xc0) == 0x80)
            continue;
        if ((byte & 0xe0) == 0xc0)
            return back < 2 ? back : 0;
        if ((byte & 0xf0) == 0xe0)
            return back < 3 ? back : 0;
        if ((byte & 0xf8) == 0xf0)
            return back < 4 ? back : 0;
        return 0;
    }
    return 0;
}

static int put_newline(struct display *display, struct buffer *out)
{
    display->column = 0;
    return buffer_append(out, "\n", 1);
}

/* A stretch without line ends. It is broken between characters. */
static int put_stretch(struct display *display, const uint8_t *bytes, size_t size,
                       struct buffer *out)
{
    int error = 0;

    if (display->is_for_file)
        return text_append_printable(out, bytes, size);
    while (size > 0 && !error) {
        size_t room = DISPLAY_LINE_MAX - display->column;
        size_t take = size < room ? size : room;

        while (take > 0 && take < size && (bytes[take] & 0xc0) == 0x80)
            take--;
        if (take == 0 && display->column == 0)
            take = room; /* nothing but continuation bytes: no text anyway */
        error = text_append_printable(out, bytes, take);
        display->column += (uint32_t)take;
        bytes += take;
        size -= take;
        if (!error && size > 0)
            error = put_newline(display, out);
    }
    return error;
}

static int put_lines(struct display *display, const uint8_t *bytes, size_t size, struct buffer *out)
{
    int error = 0;

    while (size > 0 && !error) {
        size_t length = 0;

        if (display->after_cr && bytes[0] == '\n') { /* the CR has ended the line already */
            display->after_cr = false;
            bytes++;
            size--;
            continue;
        }
        display->after_cr = false;
        while (length < size && bytes[length] != '\n' && bytes[length] != '\r')
            length++;
        error = put_stretch(display, bytes, length, out);
        if (!error && length < size) {
            display->after_cr = bytes[length] == '\r';
            error = put_newline(display, out);
            length++;
        }
        bytes += length;
        size -= length;
    }
    return error;
}

int display_feed(struct display *display, const uint8_t *bytes, size_t size, struct buffer *out)
{
    _cleanup_buffer_ struct buffer joined = BUFFER_INIT;
    size_t held;
    int error;

    if (display->held_size > 0) {
        error = buffer_append(&joined, display->held, display->held_size);
        if (!error)
            error = buffer_append(&joined, bytes, size);
        if (error)
            return error;
        display->held_size = 0;
        bytes = buffer_bytes(&joined);
        size = buffer_length(&joined);
    }
    held = unfinished(bytes, size);
    memcpy(display->held, bytes + size - held, held);
    display->held_size = (uint8_t)held;
    return put_lines(display, bytes, size - held, out);
}

int display_finish(struct display *display, struct buffer *out)
{
    size_t size = display->held_size;

    display->held_size = 0;
    return text_append_printable(out, display->held, size);
}
