/* A table for people: columns as wide as their widest cell, by what a terminal shows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

enum { GRID_COLUMNS_MAX = 12 };

struct grid {
    struct buffer texts; /* the cells, each with its NUL, made safe */
    struct buffer cells; /* of struct grid_cell */
    size_t columns;
    size_t widths[GRID_COLUMNS_MAX];
    bool right[GRID_COLUMNS_MAX]; /* set for columns of numbers */
    bool failed;
};

/* The headings are translated texts, NULL-terminated; all rows have as many cells. */
void grid_init(struct grid *grid, const char *const *headings);
void grid_deinit(struct grid *grid);
#define _cleanup_grid_ _cleanup_(grid_deinit)
/* The next cell, row by row; NULL is an empty one. */
void grid_cell(struct grid *grid, const char *text);
void grid_cellf(struct grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Prints all of it, each line behind `indent`; on a terminal lines are cut at its width. */
void grid_print(const struct grid *grid, const char *indent, struct output *output);
/* How many columns of a terminal the text takes. */
size_t text_width(const char *text, size_t size);
/* The text, which is our own, and spaces up to `width` columns; at least two where it is longer. */
void print_column(struct output *output, const char *text, size_t width);
