#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

enum { FLUSH_AT = 64 * 1024, WIDTH_WITHOUT_TERMINAL = 80, WIDTH_LEAST = 40 };

static const char *const escapes[] = {
    [COLOUR_BOLD] = "\033[1m",   [COLOUR_DIM] = "\033[2m",     [COLOUR_RED] = "\033[31m",
    [COLOUR_GREEN] = "\033[32m", [COLOUR_YELLOW] = "\033[33m", [COLOUR_CYAN] = "\033[36m",
};

static unsigned width_of(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t number;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
    if (columns && text_to_u64(columns, 1000, &number) && number >= WIDTH_LEAST)
        return (unsigned)number;
    return WIDTH_WITHOUT_TERMINAL;
}

void output_init(struct output *output, int fd)
{
    const char *no_colour = getenv("NO_COLOR"); /* no-color.org */
    const char *term = getenv("TERM");
    bool terminal = isatty(fd) == 1;

    *output = (struct output){
        .fd = fd,
        .terminal = terminal,
        .colour = terminal && !(no_colour && *no_colour) && !text_equal(term, "dumb"),
        .width = terminal ? width_of(fd) : WIDTH_WITHOUT_TERMINAL,
    };
}

void output_deinit(struct output *output)
{
    output_flush(output);
    buffer_deinit(&output->pending);
}

/* The descriptor may have been made non-blocking by whoever shares the terminal with us. */
static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);

        if (written >= 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static void put(struct output *output, const uint8_t *bytes, size_t size)
{
    if (output->closed || size == 0)
        return;
    output->begun_line = bytes[size - 1] != '\n';
    if (!write_all(output->fd, bytes, size))
        output->closed = true;
}

void output_flush(struct output *output)
{
    put(output, buffer_bytes(&output->pending), buffer_length(&output->pending));
    buffer_clear(&output->pending);
}

bool output_write(struct output *output, const void *bytes, size_t size)
{
    output_flush(output);
    put(output, bytes, size);
    return !output->closed;
}

static void flush_if_full(struct output *output)
{
    if (buffer_length(&output->pending) >= FLUSH_AT)
        output_flush(output);
}

void output_print(struct output *output, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (buffer_vprintf(&output->pending, format, arguments) < 0)
        output->closed = true;
    va_end(arguments);
    flush_if_full(output);
}

void output_safe(struct output *output, const char *text)
{
    if (text_append_printable_line(&output->pending, text, __builtin_strlen(text)) < 0)
        output->closed = true;
    flush_if_full(output);
}

void output_bytes(struct output *output, const void *bytes, size_t size)
{
    if (buffer_append(&output->pending, bytes, size) < 0)
        output->closed = true;
    flush_if_full(output);
}

const char *output_colour(const struct output *output, enum colour colour)
{
    return output->colour ? escapes[colour] : "";
}

const char *output_plain(const struct output *output)
{
    return output->colour ? "\033[0m" : "";
}

void output_coloured(struct output *output, enum colour colour, const char *text)
{
    output_print(output, "%s%s%s", output_colour(output, colour), text, output_plain(output));
}
