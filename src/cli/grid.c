#include "cli/grid.h"

#include <string.h>
#include <wchar.h>

#include "base/cursor.h"
#include "base/text.h"

enum { GAP = 2 };

struct grid_cell {
    size_t offset;
    size_t size;
    size_t width;
};

static size_t character_width(uint32_t code)
{
    int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);

    /* In the C locale wcwidth() knows nothing beyond ASCII. */
    return width < 0 ? 1 : (size_t)width;
}

size_t text_width(const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t width = 0;

    while (size > 0) {
        uint32_t code;
        size_t length = utf8_character(bytes, size, &code);

        if (length == 0)
            length = code = 1;
        width += character_width(code);
        bytes += length;
        size -= length;
    }
    return width;
}

void grid_init(struct grid *grid, const char *const *headings)
{
    *grid = (struct grid){0};
    while (headings[grid->columns])
        grid->columns++;
    for (size_t i = 0; i < grid->columns; i++)
        grid_cell(grid, headings[i]);
}

void grid_deinit(struct grid *grid)
{
    buffer_deinit(&grid->texts);
    buffer_deinit(&grid->cells);
}

void grid_cell(struct grid *grid, const char *text)
{
    struct grid_cell cell = {.offset = buffer_length(&grid->texts)};
    size_t column = buffer_length(&grid->cells) / sizeof(cell) % grid->columns;

    if (text && text_append_printable_line(&grid->texts, text, strlen(text)) < 0)
        grid->failed = true;
    cell.size = buffer_length(&grid->texts) - cell.offset;
    if (cell.size > 0)
        cell.width = text_width((const char *)buffer_bytes(&grid->texts) + cell.offset, cell.size);
    if (grid->widths[column] < cell.width)
        grid->widths[column] = cell.width;
    if (buffer_append(&grid->cells, &cell, sizeof(cell)) < 0)
        grid->failed = true;
}

void grid_cellf(struct grid *grid, const char *format, ...)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    va_list arguments;

    va_start(arguments, format);
    if (buffer_vprintf(&text, format, arguments) < 0)
        grid->failed = true;
    va_end(arguments);
    grid_cell(grid, buffer_text(&text));
}

static void put_spaces(struct output *output, size_t count)
{
    output_print(output, "%*s", (int)count, "");
}

/* As many bytes of the cell as fit into `room` columns. */
static size_t fitting(const uint8_t *bytes, size_t size, size_t room)
{
    size_t used = 0;

    while (used < size) {
        uint32_t code;
        size_t length = utf8_character(bytes + used, size - used, &code);
        size_t width = character_width(code);

        if (width > room)
            break;
        room -= width;
        used += length ? length : 1;
    }
    return used;
}

void print_column(struct output *output, const char *text, size_t width)
{
    size_t used = text_width(text, strlen(text));

    output_print(output, "%s", text);
    put_spaces(output, used < width ? width - used : GAP);
}

static void print_row(const struct grid *grid, const struct grid_cell *cells, size_t indent,
                      struct output *output)
{
    size_t room = output->terminal ? output->width - indent : SIZE_MAX;

    for (size_t i = 0; i < grid->columns && room > 0; i++) {
        const uint8_t *text = buffer_bytes(&grid->texts) + cells[i].offset;
        size_t padding = grid->widths[i] - cells[i].width;
        bool last = i + 1 == grid->columns;

        if (grid->right[i]) {
            padding = padding < room ? padding : room;
            put_spaces(output, padding);
            room -= padding;
            padding = 0;
        }
        output_bytes(output, text, fitting(text, cells[i].size, room));
        room -= cells[i].width < room ? cells[i].width : room;
        padding += GAP;
        if (!last && room > padding)
            put_spaces(output, padding);
        room -= padding < room ? padding : room;
    }
}

void grid_print(const struct grid *grid, const char *indent, struct output *output)
{
    const struct grid_cell *cells = (const struct grid_cell *)(const void *)buffer_bytes(
        (const struct buffer *)&grid->cells);
    size_t rows = buffer_length(&grid->cells) / sizeof(*cells) / grid->columns;

    if (grid->failed)
        return;
    for (size_t i = 0; i < rows; i++) {
        output_print(output, "%s", indent);
        if (i == 0)
            output_print(output, "%s", output_colour(output, COLOUR_BOLD));
        print_row(grid, cells + i * grid->columns, strlen(indent), output);
        output_print(output, "%s\n", i == 0 ? output_plain(output) : "");
    }
}
