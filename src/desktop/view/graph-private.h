/* What the files of HuneGraph share: graph.c (points, words, the widget) and graph-draw.c (lines
 * and axes). */
#pragma once

#include "desktop/view/graph.h"

struct graph_point {
    gint64 time_ms;
    guint count;
    float values[HUNE_GRAPH_SERIES_MAX];
};

struct _HuneGraph {
    GtkWidget parent_instance;

    GtkWidget *title;
    GtkWidget *value;     /* a box of the newest ones */
    GtkWidget *legend;    /* which line is which part */
    GtkWidget *values[2]; /* in the colours of their lines, if there are two */
    enum hune_graph_unit unit;
    char *names[2];
    char *part_name; /* NULL: further series are no parts of the first */
    GArray *points;  /* struct graph_point, by time */
    gint64 span_ms;
};

static inline const struct graph_point *graph_point_at(HuneGraph *self, guint index)
{
    return &g_array_index(self->points, struct graph_point, index);
}

/* "12 %", "3.0 KiB/s", "not known"; free it. */
char *graph_value_text(HuneGraph *self, float value);

/* ---- graph-parts.c ---- */

/* The colour of a part's line, if it has one of its own. */
gboolean graph_part_colour(HuneGraph *self, guint series, GdkRGBA *colour_out);
/* "cpu0 4 %  cpu1 100 %" in those colours, as markup; "" without. Free it. */
char *graph_legend(HuneGraph *self);
/* The same as plain text, of the first few; free it. */
char *graph_parts_text(HuneGraph *self);

/* ---- graph-draw.c ---- */

/* Lines, scale and axis in `plot`, which is what the title leaves of the widget. */
void graph_draw(HuneGraph *self, GtkSnapshot *snapshot, const graphene_rect_t *plot);
/* How high a text on an axis is. */
int graph_mark_height(HuneGraph *self);
