/* See ellipsis.h. */
#include "desktop/view/ellipsis.h"

static gboolean on_tooltip(GtkLabel *label, int x, int y, gboolean by_keyboard, GtkTooltip *tooltip)
{
    (void)x;
    (void)y;
    (void)by_keyboard;
    if (!pango_layout_is_ellipsized(gtk_label_get_layout(label)))
        return FALSE;
    gtk_tooltip_set_text(tooltip, gtk_label_get_text(label));
    return TRUE;
}

void hune_label_ellipsize(GtkLabel *label)
{
    gtk_label_set_ellipsize(label, PANGO_ELLIPSIZE_END);
    gtk_widget_set_has_tooltip(GTK_WIDGET(label), TRUE);
    g_signal_connect(label, "query-tooltip", G_CALLBACK(on_tooltip), NULL);
}
