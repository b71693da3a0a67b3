/* See canvas.h. */
#include "cli/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/cleanup.h"
#include "base/text.h"

int canvas_resize(struct canvas *canvas, int rows, int columns)
{
    struct canvas_cell *cells;

    rows = rows < 1 ? 1 : rows > CANVAS_ROWS_MAX ? CANVAS_ROWS_MAX : rows;
    columns = columns < 1 ? 1 : columns > CANVAS_COLUMNS_MAX ? CANVAS_COLUMNS_MAX : columns;
    cells = reallocarray(canvas->cells, (size_t)rows * (size_t)columns, sizeof(*cells));
    if (!cells)
        return -ENOMEM;
    canvas->cells = cells;
    canvas->rows = rows;
    canvas->columns = columns;
    canvas_clear(canvas);
    return 0;
}

void canvas_deinit(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

void canvas_clear(struct canvas *canvas)
{
    size_t count = (size_t)canvas->rows * (size_t)canvas->columns;

    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = (struct canvas_cell){.code = ' '};
}

static struct canvas_cell *cell_at(struct canvas *canvas, int row, int column)
{
    if (row < 0 || row >= canvas->rows || column < 0 || column >= canvas->columns)
        return NULL;
    return &canvas->cells[row * canvas->columns + column];
}

static void put(struct canvas *canvas, int row, int column, enum style style, uint32_t code)
{
    struct canvas_cell *cell = cell_at(canvas, row, column);

    if (!cell)
        return;
    cell->code = code;
    cell->style = (uint8_t)style;
}

/* In the C locale wcwidth() knows nothing beyond ASCII. Marks that combine with what is before them
 * are left out: a cell holds one character. */
static int width_of(uint32_t code)
{
    int width = code < 0x80 ? 1 : wcwidth((wchar_t)code);

    return width < 0 ? 1 : width;
}

static uint32_t shown_code(const struct canvas *canvas, uint32_t code)
{
    return canvas->ascii && code >= 0x80 ? '?' : code;
}

/* Writes printable UTF-8; returns the columns that it took. */
static int put_text(struct canvas *canvas, int row, int column, int width, enum style style,
                    const char *text, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)text;
    int taken = 0;

    while (size > 0) {
        uint32_t code;
        size_t length = utf8_character(bytes, size, &code);
        int wide;

        if (length == 0)
            break;
        code = shown_code(canvas, code);
        wide = width_of(code);
        bytes += length;
        size -= length;
        if (wide == 0)
            continue;
        if (taken + wide > width || (taken + wide == width && size > 0 && width > 1)) {
            /* Is what is left only of no width, or does it fit exactly? */
            if (taken + wide == width && utf8_character(bytes, size, &code) == size &&
                width_of(code) == 0) {
                size = 0;
            } else {
                put(canvas, row, column + taken, style, canvas->ascii ? '~' : 0x2026);
                return taken + 1;
            }
        }
        put(canvas, row, column + taken, style, code);
        if (wide == 2)
            put(canvas, row, column + taken + 1, style, 0);
        taken += wide;
    }
    return taken;
}

int canvas_text(struct canvas *canvas, int row, int column, int width, enum style style,
                const char *text)
{
    _cleanup_buffer_ struct buffer clean = BUFFER_INIT;

    if (column + width > canvas->columns)
        width = canvas->columns - column;
    if (width <= 0 || !text || text_append_printable_line(&clean, text, strlen(text)) < 0)
        return 0;
    return put_text(canvas, row, column, width, style, (const char *)buffer_bytes(&clean),
                    buffer_length(&clean));
}

int canvas_textf(struct canvas *canvas, int row, int column, int width, enum style style,
                 const char *format, ...)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;
    va_list arguments;
    int error;

    va_start(arguments, format);
    error = buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    return error ? 0 : canvas_text(canvas, row, column, width, style, buffer_text(&text));
}

int canvas_width(const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t size = strlen(text);
    int width = 0;

    while (size > 0) {
        uint32_t code;
        size_t length = utf8_character(bytes, size, &code);

        if (length == 0)
            break;
        width += width_of(code);
        bytes += length;
        size -= length;
    }
    return width;
}

void canvas_right(struct canvas *canvas, int row, int column, int width, enum style style,
                  const char *text)
{
    int taken = canvas_width(text);

    canvas_text(canvas, row, taken < width ? column + width - taken : column,
                taken < width ? taken : width, style, text);
}

void canvas_drawn(struct canvas *canvas, int row, int column, int width, enum style style,
                  struct buffer *text)
{
    const uint8_t *bytes = buffer_bytes(text);
    size_t size = buffer_length(text);

    for (int i = 0; i < width && size > 0; i++) {
        uint32_t code;
        size_t length = utf8_character(bytes, size, &code);

        if (length == 0)
            break;
        put(canvas, row, column + i, style, shown_code(canvas, code));
        bytes += length;
        size -= length;
    }
    buffer_clear(text);
}

void canvas_fill(struct canvas *canvas, int row, int column, int width, enum style style)
{
    for (int i = 0; i < width; i++) {
        struct canvas_cell *cell = cell_at(canvas, row, column + i);

        if (cell)
            cell->style = (uint8_t)style;
    }
}

void canvas_choose(struct canvas *canvas, int row)
{
    for (int i = 0; i < canvas->columns; i++) {
        struct canvas_cell *cell = cell_at(canvas, row, i);

        if (cell)
            cell->chosen = true;
    }
}

static size_t utf8_put(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

int canvas_row(const struct canvas *canvas, int row, struct buffer *out)
{
    const struct canvas_cell *cells = &canvas->cells[row * canvas->columns];
    int end = canvas->columns;
    int error = 0;

    while (end > 0 && cells[end - 1].code == ' ')
        end--;
    for (int i = 0; i < end && !error; i++) {
        char bytes[4];

        if (cells[i].code)
            error = buffer_append(out, bytes, utf8_put(cells[i].code, bytes));
    }
    return error;
}
