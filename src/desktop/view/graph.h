/* HuneGraph: one measure over time in a card: a title, the newest value, lines. The first series is
 * drawn full with the area below it, further ones thinner. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define HUNE_TYPE_GRAPH (hune_graph_get_type())
G_DECLARE_FINAL_TYPE(HuneGraph, hune_graph, HUNE, GRAPH, GtkWidget)

enum hune_graph_unit {
    HUNE_GRAPH_PERCENT, /* 0 to 100, the scale is fixed */
    HUNE_GRAPH_RATE,    /* bytes a second, the scale follows */
};

enum { HUNE_GRAPH_SERIES_MAX = 64 };

GtkWidget *hune_graph_new(const char *title, enum hune_graph_unit unit);
/* Names of the series for the newest value's text, at most two; NULL: the value alone. */
void hune_graph_set_names(HuneGraph *self, const char *first, const char *second);
/* Further series are parts of the first, "cpu0", "cpu1", … for `name` "cpu": each has a colour, if
 * they are few, and is named beside the value. */
void hune_graph_set_part_name(HuneGraph *self, const char *name);
void hune_graph_clear(HuneGraph *self);
/* How much time is shown, up to the newest point. */
void hune_graph_set_span(HuneGraph *self, gint64 span_ms);
/* A point behind all others; NAN: not known. Points that are out of the span leave. */
void hune_graph_add(HuneGraph *self, gint64 time_ms, const double *values, guint count);
/* After the last hune_graph_add(): shows it. What is drawn is told in words too, in its
 * description: least, mean and most of each series that has a name. */
void hune_graph_show(HuneGraph *self);

G_END_DECLS
