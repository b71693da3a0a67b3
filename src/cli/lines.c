#include "cli/lines.h"

#include <string.h>

#include "base/text.h"

void lines_deinit(struct lines *lines)
{
    buffer_deinit(&lines->partial);
}

static int put(const struct lines *lines, const void *bytes, size_t size, struct buffer *out)
{
    if (lines->safe)
        return text_append_printable(out, bytes, size);
    return buffer_append(out, bytes, size);
}

/* A line without its newline. */
static int put_line(struct lines *lines, const uint8_t *bytes, size_t size, struct buffer *out)
{
    int error = buffer_append_text(out, lines->prefix);

    /* A machine with DOS line ends is no reason to show \x0d behind every line. */
    if (lines->safe && size > 0 && bytes[size - 1] == '\r')
        size--;
    if (!error)
        error = put(lines, bytes, size, out);
    if (!error)
        error = buffer_append(out, "\n", 1);
    return error;
}

static int put_partial(struct lines *lines, struct buffer *out)
{
    int error = put_line(lines, buffer_bytes(&lines->partial), buffer_length(&lines->partial), out);

    buffer_clear(&lines->partial);
    return error;
}

/* Puts a begun line aside, up to LINE_PIECE_MAX; what is over that goes out as a line of its own.
 */
static int keep(struct lines *lines, const uint8_t *bytes, size_t size, struct buffer *out)
{
    while (size > 0) {
        size_t room = LINE_PIECE_MAX - buffer_length(&lines->partial);
        size_t part = size < room ? size : room;
        int error = buffer_append(&lines->partial, bytes, part);

        bytes += part;
        size -= part;
        if (!error && part == room && size > 0)
            error = put_partial(lines, out);
        if (error)
            return error;
    }
    return 0;
}

int lines_feed(struct lines *lines, const void *bytes, size_t size, struct buffer *out)
{
    const uint8_t *at = bytes;
    const uint8_t *end = at + size;

    while (at < end) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        int error;

        if (!newline)
            return keep(lines, at, (size_t)(end - at), out);
        if (buffer_length(&lines->partial) > 0) {
            error = keep(lines, at, (size_t)(newline - at), out);
            if (!error)
                error = put_partial(lines, out);
        } else {
            error = put_line(lines, at, (size_t)(newline - at), out);
        }
        if (error)
            return error;
        at = newline + 1;
    }
    return 0;
}

int lines_finish(struct lines *lines, struct buffer *out)
{
    return buffer_length(&lines->partial) > 0 ? put_partial(lines, out) : 0;
}

/* How many bytes at the end of `bytes` begin a character, or the end of a line, that is not
 * complete. */
static size_t cut_character(const uint8_t *bytes, size_t size)
{
    if (size > 0 && bytes[size - 1] == '\r')
        return 1;
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t byte = bytes[size - back];

        if ((byte & 0xc0) == 0x80)
            continue;
        if ((byte >= 0xc2 && byte <= 0xdf && back < 2) ||
            (byte >= 0xe0 && byte <= 0xef && back < 3) ||
            (byte >= 0xf0 && byte <= 0xf4 && back < 4))
            return back;
        return 0;
    }
    return 0;
}

int screen_feed(struct screen *screen, const void *bytes, size_t size, struct buffer *out)
{
    const uint8_t *at = bytes;
    size_t cut;
    int error;

    if (size > 0 && screen->tail_size == 1 && screen->tail[0] == '\r') {
        error = *at == '\n' ? 0 : text_append_printable(out, "\r", 1);
        screen->tail_size = 0;
        if (error)
            return error;
    }
    while (screen->tail_size > 0 && size > 0) {
        uint32_t code;

        screen->tail[screen->tail_size++] = *at++;
        size--;
        if (utf8_character(screen->tail, screen->tail_size, &code) == 0 &&
            cut_character(screen->tail, screen->tail_size) == screen->tail_size)
            continue;
        error = text_append_printable(out, screen->tail, screen->tail_size);
        screen->tail_size = 0;
        if (error)
            return error;
    }
    if (size == 0)
        return 0;
    cut = cut_character(at, size);
    memcpy(screen->tail, at + size - cut, cut);
    screen->tail_size = cut;
    return text_append_printable(out, at, size - cut);
}

int screen_finish(struct screen *screen, struct buffer *out)
{
    size_t size = screen->tail_size;

    screen->tail_size = 0;
    return text_append_printable(out, screen->tail, size);
}
