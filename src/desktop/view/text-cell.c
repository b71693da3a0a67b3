/* See text-cell.h. */
#include "desktop/view/text-cell.h"

struct _HuneTextCell {
    GtkWidget parent_instance;

    char *text;
    PangoLayout *layout; /* NULL until it is drawn */
    struct hune_cell_width *width;
    int height; /* at least */
    gboolean is_right;
};

G_DEFINE_FINAL_TYPE(HuneTextCell, hune_text_cell, GTK_TYPE_WIDGET)

/* ---- how high a line is: the same for all cells, and dear to find out ---- */

static struct {
    gboolean is_known;
    gboolean is_watched;
    int height;
    int baseline;
} line;

static void on_font_changed(void)
{
    line.is_known = FALSE;
}

static void find_line(GtkWidget *widget)
{
    PangoContext *context = gtk_widget_get_pango_context(widget);
    PangoFontMetrics *metrics = pango_context_get_metrics(context, NULL, NULL);
    int ascent = pango_font_metrics_get_ascent(metrics);
    int descent = pango_font_metrics_get_descent(metrics);

    line.height = PANGO_PIXELS_CEIL(ascent + descent);
    line.baseline = PANGO_PIXELS_CEIL(ascent);
    line.is_known = TRUE;
    pango_font_metrics_unref(metrics);
    if (!line.is_watched) {
        GtkSettings *settings = gtk_widget_get_settings(widget);

        g_signal_connect(settings, "notify::gtk-font-name", G_CALLBACK(on_font_changed), NULL);
        g_signal_connect(settings, "notify::gtk-xft-dpi", G_CALLBACK(on_font_changed), NULL);
        line.is_watched = TRUE;
    }
}

static void hune_text_cell_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                   int *minimum, int *natural, int *minimum_baseline,
                                   int *natural_baseline)
{
    HuneTextCell *self = HUNE_TEXT_CELL(widget);

    (void)for_size;
    if (!line.is_known)
        find_line(widget);
    if (orientation == GTK_ORIENTATION_HORIZONTAL) {
        *minimum = self->width->least;
        *natural = self->width->natural;
        return;
    }
    *minimum = *natural = MAX(line.height, self->height);
    *minimum_baseline = *natural_baseline = line.baseline;
}

/* ---- drawing ---- */

static PangoLayout *layout_of(HuneTextCell *self)
{
    PangoLayout *layout = self->layout;

    if (layout)
        return layout;
    layout = self->layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), self->text);
    pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_height(layout, -1);
    /* A name in Hebrew or Arabic stands where names stand. */
    if (gtk_widget_get_direction(GTK_WIDGET(self)) != GTK_TEXT_DIR_RTL)
        pango_layout_set_auto_dir(layout, FALSE);
    if (self->is_right)
        pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT);
    return layout;
}

static void hune_text_cell_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
    HuneTextCell *self = HUNE_TEXT_CELL(widget);
    int width = gtk_widget_get_width(widget);
    int height = gtk_widget_get_height(widget);
    PangoLayout *layout;
    int needed;

    if (!self->text || !*self->text || width <= 0)
        return;
    layout = layout_of(self);
    pango_layout_set_width(layout, width * PANGO_SCALE);
    pango_layout_get_pixel_size(layout, NULL, &needed);
    gtk_snapshot_render_layout(snapshot, gtk_widget_get_style_context(widget), 0,
                               (height - needed) / 2.0, layout);
}

/* Another font or another scale. */
static void hune_text_cell_css_changed(GtkWidget *widget, GtkCssStyleChange *change)
{
    GTK_WIDGET_CLASS(hune_text_cell_parent_class)->css_changed(widget, change);
    g_clear_object(&HUNE_TEXT_CELL(widget)->layout);
}

static void hune_text_cell_system_setting_changed(GtkWidget *widget, GtkSystemSetting setting)
{
    GTK_WIDGET_CLASS(hune_text_cell_parent_class)->system_setting_changed(widget, setting);
    g_clear_object(&HUNE_TEXT_CELL(widget)->layout);
    if (setting == GTK_SYSTEM_SETTING_DPI || setting == GTK_SYSTEM_SETTING_FONT_NAME)
        gtk_widget_queue_resize(widget);
}

static void hune_text_cell_direction_changed(GtkWidget *widget, GtkTextDirection direction)
{
    (void)direction;
    g_clear_object(&HUNE_TEXT_CELL(widget)->layout);
}

/* ---- the text ---- */

void hune_text_cell_set_text(HuneTextCell *self, const char *text)
{
    if (g_strcmp0(text, self->text) == 0)
        return;
    g_free(self->text);
    self->text = g_strdup(text);
    if (self->layout)
        pango_layout_set_text(self->layout, text, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

gboolean hune_text_cell_set_height(HuneTextCell *self, int height)
{
    if (self->height == height)
        return FALSE;
    self->height = height;
    gtk_widget_queue_resize(GTK_WIDGET(self));
    return TRUE;
}

/* ---- the type ---- */

static gboolean hune_text_cell_query_tooltip(GtkWidget *widget, int x, int y, gboolean by_keyboard,
                                             GtkTooltip *tooltip)
{
    HuneTextCell *self = HUNE_TEXT_CELL(widget);

    (void)x;
    (void)y;
    (void)by_keyboard;
    if (!self->layout || !pango_layout_is_ellipsized(self->layout))
        return FALSE;
    gtk_tooltip_set_text(tooltip, self->text);
    return TRUE;
}

static void hune_text_cell_finalize(GObject *object)
{
    HuneTextCell *self = HUNE_TEXT_CELL(object);

    g_clear_object(&self->layout);
    g_free(self->text);
    g_rc_box_release(self->width);
    G_OBJECT_CLASS(hune_text_cell_parent_class)->finalize(object);
}

static void hune_text_cell_class_init(HuneTextCellClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = hune_text_cell_finalize;
    widget_class->query_tooltip = hune_text_cell_query_tooltip;
    widget_class->measure = hune_text_cell_measure;
    widget_class->snapshot = hune_text_cell_snapshot;
    widget_class->css_changed = hune_text_cell_css_changed;
    widget_class->system_setting_changed = hune_text_cell_system_setting_changed;
    widget_class->direction_changed = hune_text_cell_direction_changed;
    gtk_widget_class_set_css_name(widget_class, "label");
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_LABEL);
}

static void hune_text_cell_init(HuneTextCell *self)
{
    gtk_widget_set_has_tooltip(GTK_WIDGET(self), TRUE);
}

GtkWidget *hune_text_cell_new(struct hune_cell_width *width, gboolean is_right)
{
    HuneTextCell *self = g_object_new(HUNE_TYPE_TEXT_CELL, NULL);

    self->width = g_rc_box_acquire(width);
    self->is_right = is_right;
    return GTK_WIDGET(self);
}
