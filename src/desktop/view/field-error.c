/* See field-error.h. */
#include "desktop/view/field-error.h"

#include "desktop/view/announce.h"

void hune_field_error_show(HuneEntryRow *const *rows, int count, int field, GtkLabel *words,
                           const char *text)
{
    for (int i = 0; i < count; i++) {
        if (i == field)
            gtk_widget_add_css_class(GTK_WIDGET(rows[i]), "error");
        else
            gtk_widget_remove_css_class(GTK_WIDGET(rows[i]), "error");
    }
    if (g_strcmp0(text, gtk_label_get_label(words)) != 0)
        hune_announce(gtk_widget_get_parent(GTK_WIDGET(words)), text);
    gtk_label_set_label(words, text);
    gtk_widget_set_visible(GTK_WIDGET(words), *text != '\0');
}
