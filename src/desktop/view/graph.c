/* See graph.h. */
#include "desktop/view/graph-private.h"

#include <math.h>

#include "desktop/text/facts-text.h"
#include "fleet/home/i18n.h"

enum { POINTS_MAX = 4000, GAP = 6, PLOT_HEIGHT = 110 };

G_DEFINE_FINAL_TYPE(HuneGraph, hune_graph, GTK_TYPE_WIDGET)

/* ---- points ---- */

void hune_graph_clear(HuneGraph *self)
{
    g_array_set_size(self->points, 0);
    hune_graph_show(self);
}

void hune_graph_set_span(HuneGraph *self, gint64 span_ms)
{
    self->span_ms = span_ms;
}

void hune_graph_set_names(HuneGraph *self, const char *first, const char *second)
{
    g_free(self->names[0]);
    g_free(self->names[1]);
    self->names[0] = g_strdup(first);
    self->names[1] = g_strdup(second);
    /* Two values have the colours of their lines. */
    gtk_widget_set_css_classes(self->values[0],
                               (const char *[]){"numeric", second ? "accent" : "dim-label", NULL});
    gtk_widget_set_visible(self->values[1], second != NULL);
}

void hune_graph_set_part_name(HuneGraph *self, const char *name)
{
    g_free(self->part_name);
    self->part_name = g_strdup(name);
}

void hune_graph_add(HuneGraph *self, gint64 time_ms, const double *values, guint count)
{
    struct graph_point point = {.time_ms = time_ms, .count = MIN(count, HUNE_GRAPH_SERIES_MAX)};
    guint old = 0;

    for (guint i = 0; i < point.count; i++)
        point.values[i] = (float)values[i];
    g_array_append_val(self->points, point);
    while (old + 1 < self->points->len &&
           (graph_point_at(self, old)->time_ms < time_ms - self->span_ms ||
            self->points->len - old > POINTS_MAX))
        old++;
    if (old > 0)
        g_array_remove_range(self->points, 0, old);
}

/* ---- the newest value in words ---- */

char *graph_value_text(HuneGraph *self, float value)
{
    g_autofree char *size = NULL;

    if (isnan(value))
        return g_strdup(_("not known"));
    if (self->unit == HUNE_GRAPH_PERCENT)
        return g_strdup_printf("%.0f %%", (double)value);
    size = hune_size_text((double)value);
    return g_strdup_printf(_("%s/s"), size);
}

/* "least 3 % · mean 12 % · most 97 %" of a series; NULL if nothing is known of it. */
static char *summary(HuneGraph *self, guint series)
{
    float least = INFINITY, most = -INFINITY;
    g_autofree char *least_text = NULL;
    g_autofree char *mean_text = NULL;
    g_autofree char *most_text = NULL;
    double sum = 0;
    guint known = 0;

    for (guint i = 0; i < self->points->len; i++) {
        const struct graph_point *point = graph_point_at(self, i);

        if (series >= point->count || isnan(point->values[series]))
            continue;
        least = MIN(least, point->values[series]);
        most = MAX(most, point->values[series]);
        sum += (double)point->values[series];
        known++;
    }
    if (known == 0)
        return NULL;
    least_text = graph_value_text(self, least);
    mean_text = graph_value_text(self, (float)(sum / known));
    most_text = graph_value_text(self, most);
    return g_strdup_printf(_("least %s · mean %s · most %s"), least_text, mean_text, most_text);
}

/* What the lines tell at a glance, for who cannot see them, and for who points at them. */
static void show_summary(HuneGraph *self)
{
    g_autofree char *first = summary(self, 0);
    g_autofree char *second = self->names[1] ? summary(self, 1) : NULL;
    g_autofree char *text = NULL;

    if (first && second) {
        g_autofree char *one = g_strdup_printf(_("%s: %s"), self->names[0], first);
        g_autofree char *other = g_strdup_printf(_("%s: %s"), self->names[1], second);

        text = g_strdup_printf("%s\n%s", one, other);
    } else {
        g_autofree char *parts = graph_parts_text(self);

        text = g_strdup_printf("%s%s%s", first ? first : "", *parts ? "\n" : "", parts);
    }
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), *text ? text : NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                   -1);
}

/* "in 3.0 KiB/s", or the value alone where it has no name; "" if there is none. Free it. */
static char *newest(HuneGraph *self, guint series)
{
    const struct graph_point *last = self->points->len ? graph_point_at(self, self->points->len - 1)
                                                       : NULL;
    g_autofree char *text = NULL;

    if (!last || series >= last->count || (series > 0 && !self->names[series]))
        return g_strdup("");
    text = graph_value_text(self, last->values[series]);
    return self->names[1] ? g_strdup_printf("%s %s", self->names[series], text)
                          : g_steal_pointer(&text);
}

void hune_graph_show(HuneGraph *self)
{
    g_autofree char *first = newest(self, 0);
    g_autofree char *second = newest(self, 1);
    g_autofree char *legend = graph_legend(self);
    g_autofree char *values = g_strdup_printf("%s%s%s", first, *second ? " · " : "", second);
    g_autofree char *label = g_strdup_printf(_("%s: %s"),
                                             gtk_label_get_label(GTK_LABEL(self->title)), values);

    gtk_label_set_label(GTK_LABEL(self->values[0]), first);
    gtk_label_set_label(GTK_LABEL(self->values[1]), second);
    gtk_label_set_markup(GTK_LABEL(self->legend), legend);
    gtk_widget_set_visible(self->legend, *legend != '\0');
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    show_summary(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

static void hune_graph_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    HuneGraph *self = HUNE_GRAPH(widget);
    int top = gtk_widget_get_height(self->title) + GAP;
    int height = gtk_widget_get_height(widget) - top;
    graphene_rect_t plot = GRAPHENE_RECT_INIT(0, (float)top, (float)gtk_widget_get_width(widget),
                                              (float)MAX(height, 0));

    gtk_widget_snapshot_child(widget, self->title, snapshot);
    gtk_widget_snapshot_child(widget, self->value, snapshot);
    graph_draw(self, snapshot, &plot);
}

static void hune_graph_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                               int *minimum, int *natural, int *minimum_baseline,
                               int *natural_baseline)
{
    HuneGraph *self = HUNE_GRAPH(widget);
    int title, value, ignored;

    (void)for_size;
    (void)minimum_baseline;
    (void)natural_baseline;
    gtk_widget_measure(self->title, orientation, -1, &title, &ignored, NULL, NULL);
    gtk_widget_measure(self->value, orientation, -1, &value, &ignored, NULL, NULL);
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = MAX(title + value + 12, 200);
        *natural = MAX(*minimum, 360);
    } else {
        *minimum = *natural = title + PLOT_HEIGHT + graph_mark_height(self);
    }
}

static void hune_graph_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    HuneGraph *self = HUNE_GRAPH(widget);
    int title_width, value_width, title_height, ignored;

    (void)height;
    (void)baseline;
    gtk_widget_measure(self->title, GTK_ORIENTATION_HORIZONTAL, -1, &ignored, &title_width, NULL,
                       NULL);
    gtk_widget_measure(self->value, GTK_ORIENTATION_HORIZONTAL, -1, &ignored, &value_width, NULL,
                       NULL);
    gtk_widget_measure(self->title, GTK_ORIENTATION_VERTICAL, -1, &ignored, &title_height, NULL,
                       NULL);
    value_width = MIN(value_width, MAX(width - title_width - GAP, 1));
    gtk_widget_size_allocate(self->title,
                             &(GtkAllocation){0, 0, MIN(title_width, width), title_height}, -1);
    gtk_widget_size_allocate(
        self->value, &(GtkAllocation){width - value_width, 0, value_width, title_height}, -1);
}

/* ---- the type ---- */

static void hune_graph_dispose(GObject *object)
{
    HuneGraph *self = HUNE_GRAPH(object);

    g_clear_pointer(&self->title, gtk_widget_unparent);
    g_clear_pointer(&self->value, gtk_widget_unparent);
    G_OBJECT_CLASS(hune_graph_parent_class)->dispose(object);
}

static void hune_graph_finalize(GObject *object)
{
    HuneGraph *self = HUNE_GRAPH(object);

    g_array_unref(self->points);
    g_free(self->names[0]);
    g_free(self->names[1]);
    g_free(self->part_name);
    G_OBJECT_CLASS(hune_graph_parent_class)->finalize(object);
}

static void hune_graph_class_init(HuneGraphClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_graph_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_graph_finalize;
    widget_class->snapshot = hune_graph_snapshot;
    widget_class->measure = hune_graph_measure;
    widget_class->size_allocate = hune_graph_allocate;
    gtk_widget_class_set_css_name(widget_class, "graph");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void hune_graph_init(HuneGraph *self)
{
    self->points = g_array_new(FALSE, FALSE, sizeof(struct graph_point));
    self->span_ms = 5 * 60 * 1000;
    self->title = gtk_label_new("");
    self->value = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 2 * GAP);
    self->legend = gtk_label_new("");
    gtk_label_set_ellipsize(GTK_LABEL(self->legend), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(self->legend, "numeric");
    gtk_widget_set_visible(self->legend, FALSE);
    gtk_box_append(GTK_BOX(self->value), self->legend);
    for (guint i = 0; i < G_N_ELEMENTS(self->values); i++) {
        self->values[i] = gtk_label_new("");
        gtk_label_set_ellipsize(GTK_LABEL(self->values[i]), PANGO_ELLIPSIZE_END);
        gtk_box_append(GTK_BOX(self->value), self->values[i]);
    }
    gtk_widget_set_css_classes(self->values[1], (const char *[]){"numeric", "success", NULL});
    hune_graph_set_names(self, NULL, NULL);
    gtk_widget_add_css_class(self->title, "heading");
    gtk_widget_set_parent(self->title, GTK_WIDGET(self));
    gtk_widget_set_parent(self->value, GTK_WIDGET(self));
}

GtkWidget *hune_graph_new(const char *title, enum hune_graph_unit unit)
{
    HuneGraph *self = g_object_new(HUNE_TYPE_GRAPH, NULL);

    self->unit = unit;
    gtk_label_set_label(GTK_LABEL(self->title), title);
    gtk_widget_set_hexpand(GTK_WIDGET(self), TRUE);
    return GTK_WIDGET(self);
}
