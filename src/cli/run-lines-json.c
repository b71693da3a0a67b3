/* Output as JSON objects, one for each line (hune run --json --live). */
#include <string.h>

#include "cli/json-line.h"
#include "cli/run.h"

static void line_json(struct console *console, const char *machine, bool is_error, uint32_t ms,
                      const uint8_t *bytes, size_t size)
{
    struct json_line line = json_line_begin(&console->out);

    json_line_text(&line, "machine", machine);
    json_line_text(&line, "stream", is_error ? "err" : "out");
    json_line_number(&line, "ms", ms);
    json_line_bytes(&line, "line", bytes, size);
    json_line_end(&line);
}

void run_lines_json(struct console *console, const char *machine, bool is_error, uint32_t ms,
                    struct lines *lines, const struct slice *bytes)
{
    _cleanup_buffer_ struct buffer whole = BUFFER_INIT;
    int error;

    lines->prefix = "";
    error = bytes ? lines_feed(lines, bytes->bytes, bytes->size, &whole)
                  : lines_finish(lines, &whole);
    if (error)
        console->out.closed = true;
    while (buffer_length(&whole) > 0) {
        const uint8_t *at = buffer_bytes(&whole);
        const uint8_t *newline = memchr(at, '\n', buffer_length(&whole));
        size_t size = newline ? (size_t)(newline - at) : buffer_length(&whole);

        line_json(console, machine, is_error, ms, at, size);
        buffer_consume(&whole, newline ? size + 1 : size);
    }
    output_flush(&console->out);
}
