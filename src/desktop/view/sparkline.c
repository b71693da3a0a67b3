/* See sparkline.h. */
#include "desktop/view/sparkline.h"

#include "fleet/home/i18n.h"

enum { LINE_HEIGHT = 20 };

struct _HuneSparkline {
    GtkWidget parent_instance;
    enum hune_measure measure;
    struct hune_cell_width *width;
    HuneMachine *machine;
    int told; /* the percentage that the accessible name has */
};

G_DEFINE_FINAL_TYPE(HuneSparkline, hune_sparkline, GTK_TYPE_WIDGET)

static const guint16 *values_of(HuneSparkline *self)
{
    return self->measure == HUNE_MEASURE_CPU ? self->machine->cpu : self->machine->memory;
}

static void trace(cairo_t *cr, const guint16 *values, guint count, double width, double height)
{
    double step = width / (HUNE_SAMPLES - 1);

    for (guint i = HUNE_SAMPLES - count; i < HUNE_SAMPLES; i++) {
        double value = MAX((double)hune_sample_part(values[i]), 0);

        cairo_line_to(cr, i * step, height - 1 - value * (height - 2));
    }
}

static void hune_sparkline_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    HuneSparkline *self = HUNE_SPARKLINE(widget);
    double width = gtk_widget_get_width(widget);
    double height = gtk_widget_get_height(widget);
    guint count = self->machine ? self->machine->samples : 0;
    GdkRGBA colour;
    cairo_t *cr;

    if (count < 2 || width < 4 || height < 4)
        return;
    gtk_style_context_get_color(gtk_widget_get_style_context(widget), &colour);
    cr = gtk_snapshot_append_cairo(snapshot,
                                   &GRAPHENE_RECT_INIT(0, 0, (float)width, (float)height));
    trace(cr, values_of(self), count, width, height);
    gdk_cairo_set_source_rgba(cr, &colour);
    cairo_set_line_width(cr, 1.2);
    cairo_stroke_preserve(cr);
    cairo_line_to(cr, width, height);
    cairo_line_to(cr, (HUNE_SAMPLES - count) * width / (HUNE_SAMPLES - 1), height);
    cairo_close_path(cr);
    colour.alpha *= 0.2f;
    gdk_cairo_set_source_rgba(cr, &colour);
    cairo_fill(cr);
    cairo_destroy(cr);
}

/* A screen reader hears the number; it is told only when it is another one. */
static void tell_value(HuneSparkline *self)
{
    g_autofree char *text = NULL;
    float value = -1;
    int percent;

    if (self->machine)
        value = self->measure == HUNE_MEASURE_CPU ? hune_machine_cpu(self->machine)
                                                  : hune_machine_memory(self->machine);
    percent = value < 0 ? -1 : (int)(value * 100 + 0.5f);
    if (percent == self->told)
        return;
    self->told = percent;
    if (percent < 0)
        text = g_strdup(_("not known"));
    else
        text = g_strdup_printf("%s %d %%",
                               self->measure == HUNE_MEASURE_CPU ? _("CPU") : _("Memory"), percent);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void on_changed(HuneSparkline *self)
{
    tell_value(self);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void hune_sparkline_set_machine(HuneSparkline *self, HuneMachine *machine)
{
    if (self->machine == machine)
        return;
    if (self->machine)
        g_signal_handlers_disconnect_by_func(self->machine, on_changed, self);
    g_set_object(&self->machine, machine);
    if (machine)
        g_signal_connect_swapped(machine, "sampled", G_CALLBACK(on_changed), self);
    on_changed(self);
}

static void hune_sparkline_dispose(GObject *object)
{
    HuneSparkline *self = HUNE_SPARKLINE(object);

    if (self->machine)
        g_signal_handlers_disconnect_by_func(self->machine, on_changed, self);
    g_clear_object(&self->machine);
    G_OBJECT_CLASS(hune_sparkline_parent_class)->dispose(object);
}

static void hune_sparkline_finalize(GObject *object)
{
    g_rc_box_release(HUNE_SPARKLINE(object)->width);
    G_OBJECT_CLASS(hune_sparkline_parent_class)->finalize(object);
}

static void hune_sparkline_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                   int *minimum, int *natural, int *minimum_baseline,
                                   int *natural_baseline)
{
    const struct hune_cell_width *width = HUNE_SPARKLINE(widget)->width;

    (void)for_size;
    (void)minimum_baseline;
    (void)natural_baseline;
    *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? width->least : LINE_HEIGHT;
    *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? width->natural : LINE_HEIGHT;
}

static void hune_sparkline_class_init(HuneSparklineClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_sparkline_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_sparkline_finalize;
    widget_class->snapshot = hune_sparkline_snapshot;
    widget_class->measure = hune_sparkline_measure;
    gtk_widget_class_set_css_name(widget_class, "sparkline");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void hune_sparkline_init(HuneSparkline *self)
{
    self->told = -2;
}

GtkWidget *hune_sparkline_new(enum hune_measure measure, struct hune_cell_width *width)
{
    HuneSparkline *self = g_object_new(HUNE_TYPE_SPARKLINE, NULL);

    self->measure = measure;
    self->width = g_rc_box_acquire(width);
    gtk_widget_add_css_class(GTK_WIDGET(self), measure == HUNE_MEASURE_CPU ? "cpu" : "memory");
    return GTK_WIDGET(self);
}
