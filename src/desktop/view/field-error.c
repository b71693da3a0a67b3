/* See field-error.h. */
#include "desktop/view/field-error.h"

void hune_field_error_show(AdwEntryRow *const *rows, int count, int field, GtkLabel *words,
                           const char *text)
{
    for (int i = 0; i < count; i++) {
        if (i == field)
            gtk_widget_add_css_class(GTK_WIDGET(rows[i]), "error");
        else
            gtk_widget_remove_css_class(GTK_WIDGET(rows[i]), "error");
    }
    gtk_label_set_label(words, text);
    gtk_widget_set_visible(GTK_WIDGET(words), *text != '\0');
}
