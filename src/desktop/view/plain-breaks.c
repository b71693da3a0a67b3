/* See plain-breaks.h. A hook and not a function for each label: the dialogs' own labels belong to
 * libadwaita, and whoever adds a label would have to think of it. */
#include "desktop/view/plain-breaks.h"

#include <gtk/gtk.h>

static gboolean on_map(GSignalInvocationHint *hint, guint count, const GValue *values,
                       gpointer data)
{
    GObject *widget = g_value_get_object(&values[0]);
    GtkLabel *label = GTK_IS_LABEL(widget) ? GTK_LABEL(widget) : NULL;
    g_autoptr(PangoAttrList) attributes = NULL;

    (void)hint;
    (void)count;
    (void)data;
    if (!label || !gtk_label_get_wrap(label) || gtk_label_get_attributes(label))
        return TRUE;
    attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    gtk_label_set_attributes(label, attributes);
    return TRUE; /* the hook stays */
}

void hune_plain_breaks_begin(void)
{
    g_type_class_unref(
        g_type_class_ref(GTK_TYPE_LABEL)); /* its parent's signals are made by then */
    g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
}
