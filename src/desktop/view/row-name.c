/* See row-name.h. */
#include "desktop/view/row-name.h"

void hune_row_name(GtkWidget *child, const char *name)
{
    GtkWidget *cell = gtk_widget_get_parent(child);
    GtkWidget *row = cell ? gtk_widget_get_parent(cell) : NULL;

    if (!row || g_strcmp0(g_object_get_data(G_OBJECT(row), "named"), name) == 0)
        return;
    g_object_set_data_full(G_OBJECT(row), "named", g_strdup(name), g_free);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
