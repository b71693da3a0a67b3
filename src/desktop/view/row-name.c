/* See row-name.h. */
#include "desktop/view/row-name.h"

/* Only what is new: readers are told of each. */
static void set(GtkWidget *row, GtkAccessibleProperty property, const char *key, const char *text)
{
    if (!row || g_strcmp0(g_object_get_data(G_OBJECT(row), key), text) == 0)
        return;
    g_object_set_data_full(G_OBJECT(row), key, g_strdup(text), g_free);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), property, text, -1);
}

static void name_row(GtkWidget *row, const char *name)
{
    set(row, GTK_ACCESSIBLE_PROPERTY_LABEL, "named", name);
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
        set(row, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, "described", text);
}

void hune_row_name_line(GtkWidget *child, const char *name)
{
    name_row(gtk_widget_get_parent(child), name);
}
