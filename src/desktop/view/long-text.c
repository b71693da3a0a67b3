/* See long-text.h. */
#include "desktop/view/long-text.h"

enum { HEIGHT_MAX = 360, WIDTH_CHARS = 60 };

GtkWidget *hune_long_text_new(const char *text)
{
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_yalign(GTK_LABEL(label), 0);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(GTK_LABEL(label), TRUE);
    gtk_label_set_max_width_chars(GTK_LABEL(label), WIDTH_CHARS);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), HEIGHT_MAX);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), label);
    return scrolled;
}
