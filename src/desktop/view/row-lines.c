/* See row-lines.h. */
#include "desktop/view/row-lines.h"

#include "desktop/view/ellipsis.h"

enum { MARGIN = 6 };

static GtkWidget *line_new(const char *text, const char *style)
{
    GtkWidget *line = gtk_label_new(text);

    gtk_label_set_xalign(GTK_LABEL(line), 0);
    hune_label_ellipsize(GTK_LABEL(line));
    gtk_widget_add_css_class(line, style);
    return line;
}

void hune_row_set_lines(GtkListBoxRow *row, const char *title, const char *title_class,
                        const char *caption, const char *caption_class)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    GtkWidget *first = line_new(title, title_class);
    GtkWidget *second = line_new(caption, caption_class);
    g_autofree char *name = g_strdup_printf("%s, %s", title, caption);

    gtk_widget_add_css_class(second, "caption");
    gtk_widget_set_margin_start(box, MARGIN);
    gtk_widget_set_margin_end(box, MARGIN);
    gtk_widget_set_margin_top(box, MARGIN);
    gtk_widget_set_margin_bottom(box, MARGIN);
    gtk_box_append(GTK_BOX(box), first);
    gtk_box_append(GTK_BOX(box), second);
    gtk_list_box_row_set_child(row, box);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
