/* The lines of a graph, its grid, what the grid is worth, and the axis of time. See
 * graph-private.h. */
#include "desktop/view/graph-private.h"

#include <math.h>

#include "desktop/view/graph-axis.h"

enum { GRID_PARTS = 4, MARK_GAP = 14 };
enum { GAP_LEAST_MS = 15000 }; /* what the agent remembers is 10 s apart */

static double scale_of(HuneGraph *self)
{
    double most = 1024;

    if (self->unit == HUNE_GRAPH_PERCENT)
        return 100;
    for (guint i = 0; i < self->points->len; i++) {
        const struct graph_point *point = graph_point_at(self, i);

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

static void set_colour(const struct frame *frame, const GdkRGBA *colour, double alpha)
{
    cairo_set_source_rgba(frame->cr, (double)colour->red, (double)colour->green,
                          (double)colour->blue, (double)colour->alpha * alpha);
}

static PangoLayout *mark_layout(HuneGraph *self, const char *text)
{
    PangoLayout *layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    PangoAttrList *attributes = pango_attr_list_new();

    pango_attr_list_insert(attributes, pango_attr_scale_new(PANGO_SCALE_SMALL));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    return layout;
}

int graph_mark_height(HuneGraph *self)
{
    g_autoptr(PangoLayout) layout = mark_layout(self, "0");
    int height;

    pango_layout_get_pixel_size(layout, NULL, &height);
    return height;
}

static int mark_width(HuneGraph *self, const char *text)
{
    g_autoptr(PangoLayout) layout = mark_layout(self, text);
    int width;

    pango_layout_get_pixel_size(layout, &width, NULL);
    return width;
}

/* One stretch without gaps; returns the first index behind it. */
static guint trace(HuneGraph *self, const struct frame *frame, guint series, guint from,
                   double *begin_x, double *end_x)
{
    gint64 before = 0;
    guint i;

    cairo_new_path(frame->cr);
    for (i = from; i < self->points->len; i++) {
        const struct graph_point *point = graph_point_at(self, i);
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
        set_colour(frame, colour, 1);
        cairo_set_line_width(frame->cr, line);
        cairo_stroke_preserve(frame->cr);
        if (fill > 0) {
            cairo_line_to(frame->cr, end, frame->y + frame->height);
            cairo_line_to(frame->cr, begin, frame->y + frame->height);
            cairo_close_path(frame->cr);
            set_colour(frame, colour, fill);
            cairo_fill(frame->cr);
        }
    }
}

static void draw_grid(const struct frame *frame, const GdkRGBA *colour)
{
    set_colour(frame, colour, 0.15);
    cairo_set_line_width(frame->cr, 1);
    for (int i = 0; i <= GRID_PARTS; i++) {
        double y = floor(frame->y + frame->height * i / GRID_PARTS) + 0.5;

        cairo_move_to(frame->cr, frame->x, y);
        cairo_line_to(frame->cr, frame->x + frame->width, y);
    }
    cairo_stroke(frame->cr);
}

/* What the uppermost line of the grid is worth, and the one in the middle. */
static void draw_scale(HuneGraph *self, const struct frame *frame, const GdkRGBA *colour)
{
    for (int i = 0; i < GRID_PARTS; i += GRID_PARTS / 2) {
        g_autofree char *text = graph_value_text(
            self, (float)(frame->scale * (GRID_PARTS - i) / GRID_PARTS));
        g_autoptr(PangoLayout) layout = mark_layout(self, text);

        set_colour(frame, colour, 0.7);
        cairo_move_to(frame->cr, frame->x, frame->y + frame->height * i / GRID_PARTS + 1);
        pango_cairo_show_layout(frame->cr, layout);
    }
}

/* ---- the axis of time ---- */

/* As wide as the widest that this axis may need. */
static gint64 choose_step(HuneGraph *self, double width, GTimeZone *zone)
{
    struct graph_mark marks[GRAPH_AXIS_MARKS_MAX];
    gint64 until = g_get_real_time() / 1000;
    gint64 step = graph_axis_step(self->span_ms, GRAPH_AXIS_MARKS_MAX);
    guint count = graph_axis_marks(until - self->span_ms, until, step, zone, marks);
    int widest = 1;

    for (guint i = 0; i < count; i++)
        widest = MAX(widest, mark_width(self, marks[i].text));
    return graph_axis_step(self->span_ms, (guint)(width / (widest + MARK_GAP)));
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
        g_autoptr(PangoLayout) layout = mark_layout(self, marks[i].text);
        double x = frame->x +
                   frame->width * (double)(marks[i].time_ms - from) / (double)self->span_ms;
        int width;
        double at;

        set_colour(frame, colour, 0.15);
        cairo_move_to(frame->cr, floor(x) + 0.5, frame->y);
        cairo_line_to(frame->cr, floor(x) + 0.5, frame->y + frame->height + 3);
        cairo_stroke(frame->cr);
        pango_layout_get_pixel_size(layout, &width, NULL);
        at = CLAMP(x - width / 2.0, frame->x, MAX(frame->x + frame->width - width, frame->x));
        if (at < free_from)
            continue; /* no room beside the one before */
        free_from = at + width + MARK_GAP / 2.0;
        set_colour(frame, colour, 0.7);
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
    whole = graph_point_at(self, self->points->len - 1)->time_ms - graph_point_at(self, 0)->time_ms;
    return MAX(whole / (self->points->len - 1) * 3, GAP_LEAST_MS);
}

void graph_draw(HuneGraph *self, GtkSnapshot *snapshot, const graphene_rect_t *plot)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));
    struct frame frame = {.x = (double)plot->origin.x,
                          .y = (double)plot->origin.y,
                          .width = (double)plot->size.width,
                          .height = (double)plot->size.height - graph_mark_height(self) - 4,
                          .scale = scale_of(self)};
    GdkRGBA first, second, text;

    if (frame.height < 10 || frame.width < 10)
        return;
    frame.cr = gtk_snapshot_append_cairo(snapshot, plot);
    gtk_style_context_get_color(style, &text);
    first = second = text;
    gtk_style_context_lookup_color(style, "accent_color", &first);
    gtk_style_context_lookup_color(style, "success_color", &second);
    draw_grid(&frame, &text);
    if (self->points->len > 0) {
        const struct graph_point *last = graph_point_at(self, self->points->len - 1);

        frame.until_ms = last->time_ms;
        frame.gap_ms = gap_of(self);
        draw_axis(self, &frame, &text);
        for (guint i = last->count; i-- > 1;) {
            GdkRGBA colour = self->names[1] ? second : first;
            gboolean is_own = self->names[1] || graph_part_colour(self, i, &colour);

            colour.alpha *= is_own ? 1.0f : 0.3f;
            draw_series(self, &frame, i, &colour, self->names[1] ? 1.6 : is_own ? 1.2 : 0.8, 0);
        }
        draw_series(self, &frame, 0, &first, 1.8, 0.18);
        draw_scale(self, &frame, &text);
    }
    cairo_destroy(frame.cr);
}
