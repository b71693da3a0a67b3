/* See fit-bin.h. */
#include "desktop/view/fit-bin.h"

struct _HuneFitBin {
    AdwBin parent_instance;
};

G_DEFINE_FINAL_TYPE(HuneFitBin, hune_fit_bin, ADW_TYPE_BIN)

static GtkWidget *content_of(GtkWidget *scrolled)
{
    GtkWidget *child = gtk_scrolled_window_get_child(GTK_SCROLLED_WINDOW(scrolled));

    return GTK_IS_VIEWPORT(child) ? gtk_viewport_get_child(GTK_VIEWPORT(child)) : child;
}

static GtkSizeRequestMode hune_fit_bin_get_request_mode(GtkWidget *widget)
{
    (void)widget;
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void hune_fit_bin_measure(GtkWidget *widget, GtkOrientation orientation, int for_size,
                                 int *minimum, int *natural, int *minimum_baseline,
                                 int *natural_baseline)
{
    GtkWidget *scrolled = adw_bin_get_child(ADW_BIN(widget));
    int ignored, needed;

    *minimum_baseline = *natural_baseline = -1;
    gtk_widget_measure(scrolled, orientation, for_size, minimum, natural, NULL, NULL);
    if (orientation == GTK_ORIENTATION_HORIZONTAL)
        return;
    gtk_widget_measure(content_of(scrolled), orientation, for_size, &ignored, &needed, NULL, NULL);
    *natural = MAX(*minimum, needed);
}

static void hune_fit_bin_size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    gtk_widget_size_allocate(adw_bin_get_child(ADW_BIN(widget)),
                             &(GtkAllocation){0, 0, width, height}, baseline);
}

static void hune_fit_bin_class_init(HuneFitBinClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    widget_class->get_request_mode = hune_fit_bin_get_request_mode;
    widget_class->measure = hune_fit_bin_measure;
    widget_class->size_allocate = hune_fit_bin_size_allocate;
}

static void hune_fit_bin_init(HuneFitBin *self)
{
    gtk_widget_set_layout_manager(GTK_WIDGET(self), NULL); /* the bin's own */
}
