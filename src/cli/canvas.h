/* A screen in memory: a grid of characters with a style each. The views of `hune top` draw on it,
 * screen.c shows it; so what they draw can be tested without a terminal. What does not fit is cut,
 * nothing outside is ever written, and text from elsewhere is made printable. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum style {
    STYLE_PLAIN,
    STYLE_DIM,
    STYLE_BOLD,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_ACCENT,
    STYLE_HEADING, /* of a table: reversed */
    STYLE_SORTED,  /* the heading that it is sorted by */
    STYLE_COUNT,
};

enum { CANVAS_ROWS_MAX = 1000, CANVAS_COLUMNS_MAX = 2000 };

struct canvas_cell {
    uint32_t code; /* Unicode; 0: the second half of a wide character */
    uint8_t style;
    bool chosen; /* of the row that the cursor is on */
};

struct canvas {
    struct canvas_cell *cells;
    int rows, columns;
    bool ascii; /* the terminal knows no UTF-8 */
};

/* Makes it so large, blank. Returns 0 or -ENOMEM (the old size stays then). */
int canvas_resize(struct canvas *canvas, int rows, int columns);
void canvas_deinit(struct canvas *canvas);
#define _cleanup_canvas_ _cleanup_(canvas_deinit)
void canvas_clear(struct canvas *canvas);

/* Text of ours or from elsewhere in one line, at most `width` columns of it; returns how many it
 * took. What had to be cut ends in "…". */
int canvas_text(struct canvas *canvas, int row, int column, int width, enum style style,
                const char *text);
int canvas_textf(struct canvas *canvas, int row, int column, int width, enum style style,
                 const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same, against the right edge of the `width` columns. */
void canvas_right(struct canvas *canvas, int row, int column, int width, enum style style,
                  const char *text);
/* What draw.h made: as it is. Empties `text`. */
void canvas_drawn(struct canvas *canvas, int row, int column, int width, enum style style,
                  struct buffer *text);
/* The whole line, from `column` on, in a style. */
void canvas_fill(struct canvas *canvas, int row, int column, int width, enum style style);
void canvas_choose(struct canvas *canvas, int row);
/* How many columns a printable text takes. */
int canvas_width(const char *text);
/* Appends a row as UTF-8 without the blanks at its end; for tests. Returns 0 or -ENOMEM. */
int canvas_row(const struct canvas *canvas, int row, struct buffer *out);
