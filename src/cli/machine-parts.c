/* See machine-parts.h. */
#include "cli/machine-parts.h"

#include <math.h>

#include "cli/draw.h"
#include "cli/history-graph.h"
#include "cli/table.h"
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"

void part_figure(struct machine_view *view, int row, int column, int width, enum style style,
                 double number, enum vital_unit unit)
{
    char text[FIGURE_SHORT_SIZE];

    figure_short(number, unit, text);
    canvas_right(&view->paper, row, column, width, style, text);
}

void part_bar(struct machine_view *view, int row, int column, int width, const char *title,
              int title_width, double percent, enum style style)
{
    int room = width - title_width - 2 - 6;
    int at = column + title_width + 1;

    canvas_text(&view->paper, row, column, title_width, STYLE_PLAIN, title);
    if (room > 0) {
        canvas_text(&view->paper, row, at - 1, 1, STYLE_DIM, "[");
        draw_bar(&view->scratch, percent / 100, (size_t)room, view->paper.ascii);
        canvas_drawn(&view->paper, row, at, room, style == STYLE_PLAIN ? STYLE_GOOD : style,
                     &view->scratch);
        canvas_text(&view->paper, row, at + room, 1, STYLE_DIM, "]");
    }
    part_figure(view, row, column + width - 5, 5, style, percent, VITAL_UNIT_PERCENT);
}

void part_append(struct machine_view *view, const char *title, double number, enum vital_unit unit)
{
    if (isnan(number))
        return;
    buffer_printf(&view->scratch, "%s%s ", buffer_length(&view->scratch) ? "  " : "", title);
    figure_append(&view->scratch, number, unit);
}

int part_put_line(struct machine_view *view, int row)
{
    if (buffer_length(&view->scratch) == 0)
        return row;
    canvas_text(&view->paper, row, 0, view->paper.columns, STYLE_PLAIN,
                buffer_text(&view->scratch));
    buffer_clear(&view->scratch);
    return row + 1;
}

int part_live(struct machine_view *view, int row, const char *title, const float *live,
              enum vital_unit unit, double high, int height)
{
    int width = view->paper.columns - GRAPH_GUTTER;
    size_t count = width > 0 ? 2 * (size_t)width : 0;
    float values[2 * CANVAS_COLUMNS_MAX];
    const struct graph graph = {
        .title = title, .values = values, .unit = unit, .high = high, .height = height};

    for (size_t i = 0; i < count; i++) {
        size_t back = count - i; /* 1: the newest */

        values[i] = back <= VIEW_LIVE ? live[VIEW_LIVE - back] : NAN;
    }
    return row + graph_draw(&view->paper, row, view->paper.columns, &graph);
}
