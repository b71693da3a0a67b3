/* See dialog-header.h. */
#include "desktop/view/dialog-header.h"

#include <adwaita.h>

#include "fleet/home/i18n.h"

GtkWidget *dialog_header_new(GtkWindow *window, const char *does, GCallback on_does,
                             GtkButton **button_out)
{
    GtkWidget *header = adw_header_bar_new();
    GtkWidget *cancel = gtk_button_new_with_label(_("Cancel"));
    GtkWidget *button = gtk_button_new_with_label(does);

    gtk_widget_add_css_class(button, "suggested-action");
    g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_close), window);
    g_signal_connect_swapped(button, "clicked", on_does, window);
    adw_header_bar_set_show_end_title_buttons(ADW_HEADER_BAR(header), FALSE);
    adw_header_bar_set_centering_policy(ADW_HEADER_BAR(header), ADW_CENTERING_POLICY_LOOSE);
    adw_header_bar_pack_start(ADW_HEADER_BAR(header), cancel);
    adw_header_bar_pack_end(ADW_HEADER_BAR(header), button);
    *button_out = GTK_BUTTON(button);
    return header;
}

static void on_mapped(GtkWidget *first)
{
    gtk_widget_grab_focus(first);
}

void dialog_begin_at(GtkWindow *dialog, GtkWidget *first)
{
    g_signal_connect_object(dialog, "map", G_CALLBACK(on_mapped), first,
                            G_CONNECT_SWAPPED | G_CONNECT_AFTER);
}
