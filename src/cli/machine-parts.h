/* What the pages of a machine are made of (machine-pages.c, machine-things.c). */
#pragma once

#include "cli/machine-view.h"
#include "cli/table.h"

/* A figure at the right of `width` columns. */
void part_figure(struct machine_view *view, int row, int column, int width, enum style style,
                 double number, enum vital_unit unit);
/* "title [bar      ] 97%": `width` columns in all. */
void part_bar(struct machine_view *view, int row, int column, int width, const char *title,
              int title_width, double percent, enum style style);
/* "title 12 MiB" behind what was gathered for a line before; nothing if there is no such number. */
void part_append(struct machine_view *view, const char *title, double number, enum vital_unit unit);
/* What was gathered as one line; none if nothing was. Returns the row below. */
int part_put_line(struct machine_view *view, int row);
/* The newest samples of a graph that moves: one sample a dot, the newest at the right. Returns the
 * row below. */
int part_live(struct machine_view *view, int row, const char *title, const float *live,
              enum vital_unit unit, double high, int height);
