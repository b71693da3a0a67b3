/* See row-name.h. */
#include "desktop/view/row-name.h"

#include "desktop/view/announce.h"

#define NAME_KEY "hune-name"

/* Only what is new: readers are told of each. */
static void name_row(GtkWidget *row, const char *name)
{
    if (!row || g_strcmp0(g_object_get_data(G_OBJECT(row), NAME_KEY), name) == 0)
        return;
    g_object_set_data_full(G_OBJECT(row), NAME_KEY, g_strdup(name), g_free);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static GtkWidget *row_of(GtkWidget *child)
{
    GtkWidget *cell = gtk_widget_get_parent(child);

    return cell ? gtk_widget_get_parent(cell) : NULL;
}

void hune_row_name(GtkWidget *child, const char *name)
{
    name_row(row_of(child), name);
}

void hune_row_describe(GtkWidget *child, const char *text)
{
    GtkWidget *row = row_of(child);

    if (row && !gtk_widget_has_focus(row))
        hune_describe(row, text);
}

void hune_row_name_line(GtkWidget *child, const char *name)
{
    name_row(gtk_widget_get_parent(child), name);
}
