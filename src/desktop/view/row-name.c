/* See row-name.h. */
#include "desktop/view/row-name.h"

static void name_row(GtkWidget *row, const char *name)
{
    if (!row || g_strcmp0(g_object_get_data(G_OBJECT(row), "named"), name) == 0)
        return;
    g_object_set_data_full(G_OBJECT(row), "named", g_strdup(name), g_free);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

void hune_row_name(GtkWidget *child, const char *name)
{
    GtkWidget *cell = gtk_widget_get_parent(child);

    name_row(cell ? gtk_widget_get_parent(cell) : NULL, name);
}

void hune_row_name_line(GtkWidget *child, const char *name)
{
    name_row(gtk_widget_get_parent(child), name);
}
