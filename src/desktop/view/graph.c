/* See graph.h. */
#include "desktop/view/graph.h"

#include <math.h>

#include "desktop/text/facts-text.h"
#include "desktop/view/graph-axis.h"
#include "fleet/home/i18n.h"

enum { POINTS_MAX = 4000 };

struct point {
    gint64 time_ms;
    guint count;
    float values[HUNE_GRAPH_SERIES_MAX];
};

struct _HuneGraph {
    GtkWidget parent_instance;

    GtkWidget *title;
    GtkWidget *value;
    enum hune_graph_unit unit;
    char *names[2];
    GArray *points; /* struct point, by time */
    gint64 span_ms;
};

G_DEFINE_FINAL_TYPE(HuneGraph, hune_graph, GTK_TYPE_WIDGET)

/* ---- points ---- */

static const struct point *point_at(HuneGraph *self, guint index)
{
    return &g_array_index(self->points, struct point, index);
}

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
}

void hune_graph_add(HuneGraph *self, gint64 time_ms, const double *values, guint count)
{
    struct point point = {.time_ms = time_ms, .count = MIN(count, HUNE_GRAPH_SERIES_MAX)};
    guint old = 0;

    for (guint i = 0; i < point.count; i++)
        point.values[i] = (float)values[i];
    g_array_append_val(self->points, point);
    while (old + 1 < self->points->len && (point_at(self, old)->time_ms < time_ms - self->span_ms ||
                                           self->points->len - old > POINTS_MAX))
        old++;
    if (old > 0)
        g_array_remove_range(self->points, 0, old);
}

/* ---- the newest value in words ---- */

static char *value_text(HuneGraph *self, float value)
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
        const struct point *point = point_at(self, i);

        if (series >= point->count || isnan(point->values[series]))
            continue;
        least = MIN(least, point->values[series]);
        most = MAX(most, point->values[series]);
        sum += (double)point->values[series];
        known++;
    }
    if (known == 0)
        return NULL;
    least_text = value_text(self, least);
    mean_text = value_text(self, (float)(sum / known));
    most_text = value_text(self, most);
    return g_strdup_printf(_("least %s · mean %s · most %s"), least_text, mean_text, most_text);
}

/* What the lines tell at a glance, for who cannot see them, and for who points at them. */
static void show_summary(HuneGraph *self)
{
    g_autofree char *first = summary(self, 0);
    g_autofree char *second = self->names[1] ? summary(self, 1) : NULL;
    g_autofree char *text = NULL;

    if (first && second)
        text = g_strdup_printf("%s: %s\n%s: %s", self->names[0], first, self->names[1], second);
    else
        text = g_strdup(first ? first : "");
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), *text ? text : NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                   -1);
}

void hune_graph_show(HuneGraph *self)
{
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autofree char *text = NULL;
    g_autofree char *label = NULL;
    const struct point *last = self->points->len ? point_at(self, self->points->len - 1) : NULL;

    if (last && last->count > 0)
        first = value_text(self, last->values[0]);
    if (last && last->count > 1 && self->names[1])
        second = value_text(self, last->values[1]);
    if (second)
        text = g_strdup_printf("%s %s · %s %s", self->names[0], first, self->names[1], second);
    else
        text = g_strdup(first ? first : "");
    gtk_label_set_label(GTK_LABEL(self->value), text);
    label = g_strdup_printf("%s: %s", gtk_label_get_label(GTK_LABEL(self->title)), text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
    show_summary(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

/* ---- drawing ---- */

static double scale_of(HuneGraph *self)
{
    double most = 1024;

    if (self->unit == HUNE_GRAPH_PERCENT)
        return 100;
    for (guint i = 0; i < self->points->len; i++) {
        const struct point *point = point_at(self, i);

        for (guint n = 0; n < point->count; n++) {
            if (!isnan(point->values[n]))
                most = MAX(most, (double)point->values[n]);
        }
    }
    return exp2(ceil(log2(most)));
}

struct frame {
    cairo_t *cr;
    double x, y, width, height;
    double scale;
    gint64 until_ms;
    gint64 gap_ms; /* a longer silence is a gap */
};

/* One stretch without gaps; returns the first index behind it. */
static guint trace(HuneGraph *self, const struct frame *frame, guint series, guint from,
                   double *begin_x, double *end_x)
{
    gint64 before = 0;
    guint i;

    cairo_new_path(frame->cr);
    for (i = from; i < self->points->len; i++) {
        const struct point *point = point_at(self, i);
        double x = frame->x + frame->width * (1 - (double)(frame->until_ms - point->time_ms) /
                                                      (double)self->span_ms);
        double value;

        if (series >= point->count || isnan(point->values[series]) ||
            (before && point->time_ms - before > frame->gap_ms))
            break;
        value = CLAMP((double)point->values[series] / frame->scale, 0, 1);
        cairo_line_to(frame->cr, x, frame->y + frame->height * (1 - value));
        if (!before)
            *begin_x = x;
        *end_x = x;
        before = point->time_ms;
    }
    return MAX(i, from + 1);
}

static void draw_series(HuneGraph *self, const struct frame *frame, guint series,
                        const GdkRGBA *colour, double line, double fill)
{
    for (guint at = 0; at < self->points->len;) {
        double begin = 0, end = 0;

        at = trace(self, frame, series, at, &begin, &end);
        gdk_cairo_set_source_rgba(frame->cr, colour);
        cairo_set_line_width(frame->cr, line);
        cairo_stroke_preserve(frame->cr);
        if (fill > 0) {
            cairo_line_to(frame->cr, end, frame->y + frame->height);
            cairo_line_to(frame->cr, begin, frame->y + frame->height);
            cairo_close_path(frame->cr);
            cairo_set_source_rgba(frame->cr, (double)colour->red, (double)colour->green,
                                  (double)colour->blue, (double)colour->alpha * fill);
            cairo_fill(frame->cr);
        }
    }
}

static void draw_grid(const struct frame *frame, const GdkRGBA *colour)
{
    cairo_set_source_rgba(frame->cr, (double)colour->red, (double)colour->green,
                          (double)colour->blue, 0.15);
    cairo_set_line_width(frame->cr, 1);
    for (int i = 0; i <= 4; i++) {
        double y = floor(frame->y + frame->height * i / 4) + 0.5;

        cairo_move_to(frame->cr, frame->x, y);
        cairo_line_to(frame->cr, frame->x + frame->width, y);
    }
    cairo_stroke(frame->cr);
}

/* ---- the axis of time ---- */

enum { LABEL_GAP = 14 };

static PangoLayout *label_layout(HuneGraph *self, const char *text)
{
    PangoLayout *layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    PangoAttrList *attributes = pango_attr_list_new();

    pango_attr_list_insert(attributes, pango_attr_scale_new(PANGO_SCALE_SMALL));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    return layout;
}

static int label_size(HuneGraph *self, const char *text, int *height_out)
{
    g_autoptr(PangoLayout) layout = label_layout(self, text);
    int width;

    pango_layout_get_pixel_size(layout, &width, height_out);
    return width;
}

/* As wide as the widest that this axis may need. */
static gint64 choose_step(HuneGraph *self, double width, GTimeZone *zone)
{
    struct graph_mark marks[GRAPH_AXIS_MARKS_MAX];
    gint64 until = g_get_real_time() / 1000;
    gint64 step = graph_axis_step(self->span_ms, GRAPH_AXIS_MARKS_MAX);
    guint count = graph_axis_marks(until - self->span_ms, until, step, zone, marks);
    int widest = 1;

    for (guint i = 0; i < count; i++)
        widest = MAX(widest, label_size(self, marks[i].text, NULL));
    return graph_axis_step(self->span_ms, (guint)(width / (widest + LABEL_GAP)));
}

static void draw_axis(HuneGraph *self, const struct frame *frame, const GdkRGBA *colour)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_local();
    struct graph_mark marks[GRAPH_AXIS_MARKS_MAX];
    gint64 from = frame->until_ms - self->span_ms;
    guint count = graph_axis_marks(from, frame->until_ms, choose_step(self, frame->width, zone),
                                   zone, marks);
    double free_from = frame->x;

    for (guint i = 0; i < count; i++) {
        g_autoptr(PangoLayout) layout = label_layout(self, marks[i].text);
        double x = frame->x +
                   frame->width * (double)(marks[i].time_ms - from) / (double)self->span_ms;
        int width;
        double at;

        cairo_set_source_rgba(frame->cr, (double)colour->red, (double)colour->green,
                              (double)colour->blue, 0.15);
        cairo_move_to(frame->cr, floor(x) + 0.5, frame->y);
        cairo_line_to(frame->cr, floor(x) + 0.5, frame->y + frame->height + 3);
        cairo_stroke(frame->cr);
        pango_layout_get_pixel_size(layout, &width, NULL);
        at = CLAMP(x - width / 2.0, frame->x, MAX(frame->x + frame->width - width, frame->x));
        if (at < free_from)
            continue; /* no room beside the one before */
        free_from = at + width + LABEL_GAP / 2.0;
        cairo_set_source_rgba(frame->cr, (double)colour->red, (double)colour->green,
                              (double)colour->blue, 0.7);
        cairo_move_to(frame->cr, at, frame->y + frame->height + 4);
        pango_cairo_show_layout(frame->cr, layout);
    }
}

/* Twice the mean distance of points, at least some seconds. */
static gint64 gap_of(HuneGraph *self)
{
    gint64 whole;

    if (self->points->len < 2)
        return G_MAXINT64;
    whole = point_at(self, self->points->len - 1)->time_ms - point_at(self, 0)->time_ms;
    return MAX(whole / (self->points->len - 1) * 3, 10000);
}

static void hune_graph_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    HuneGraph *self = HUNE_GRAPH(widget);
    int width = gtk_widget_get_width(widget);
    int height = gtk_widget_get_height(widget);
    int top = gtk_widget_get_height(self->title) + 6;
    struct frame frame = {.x = 0, .y = top, .width = width};
    GdkRGBA first, second, text;
    int below;
    guint series;

    label_size(self, "0", &below);
    frame.height = height - top - below - 4;
    gtk_widget_snapshot_child(widget, self->title, snapshot);
    gtk_widget_snapshot_child(widget, self->value, snapshot);
    if (frame.height < 10 || width < 10)
        return;
    frame.cr = gtk_snapshot_append_cairo(snapshot,
                                         &GRAPHENE_RECT_INIT(0, 0, (float)width, (float)height));
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &text);
    first = second = text;
    gtk_style_context_lookup_color(gtk_widget_get_style_context(widget), "accent_color", &first);
    gtk_style_context_lookup_color(gtk_widget_get_style_context(widget), "success_color", &second);
    draw_grid(&frame, &text);
    if (self->points->len > 0) {
        frame.scale = scale_of(self);
        frame.until_ms = point_at(self, self->points->len - 1)->time_ms;
        frame.gap_ms = gap_of(self);
        draw_axis(self, &frame, &text);
        series = point_at(self, self->points->len - 1)->count;
        for (guint i = series; i-- > 1;) {
            GdkRGBA colour = self->names[1] ? second : first;

            colour.alpha *= self->names[1] ? 1.0f : 0.3f;
            draw_series(self, &frame, i, &colour, self->names[1] ? 1.6 : 0.8, 0);
        }
        draw_series(self, &frame, 0, &first, 1.8, 0.18);
    }
    cairo_destroy(frame.cr);
}

static void hune_graph_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                               int *minimum, int *natural, int *minimum_baseline,
                               int *natural_baseline)
{
    HuneGraph *self = HUNE_GRAPH(widget);
    int title, value, below, ignored;

    (void)for_size;
    (void)minimum_baseline;
    (void)natural_baseline;
    gtk_widget_measure(self->title, orientation, -1, &title, &ignored, NULL, NULL);
    gtk_widget_measure(self->value, orientation, -1, &value, &ignored, NULL, NULL);
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = MAX(title + value + 12, 200);
        *natural = MAX(*minimum, 360);
    } else {
        label_size(self, "0", &below);
        *minimum = *natural = title + 110 + below;
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
    value_width = MIN(value_width, MAX(width - title_width - 6, 1));
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
    self->points = g_array_new(FALSE, FALSE, sizeof(struct point));
    self->span_ms = 5 * 60 * 1000;
    self->title = gtk_label_new("");
    self->value = gtk_label_new("");
    gtk_label_set_ellipsize(GTK_LABEL(self->value), PANGO_ELLIPSIZE_END);
    gtk_widget_add_css_class(self->title, "heading");
    gtk_widget_add_css_class(self->value, "numeric");
    gtk_widget_add_css_class(self->value, "dim-label");
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
