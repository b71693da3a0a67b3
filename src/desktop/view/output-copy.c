/* What is copied out of an output is what the machine said: without the marks that keep its lines
 * at the left. See output-private.h. */
#include "desktop/text/left-lines.h"
#include "desktop/view/output-private.h"

/* What is selected; NULL: nothing is. */
static char *selected_text(GtkTextBuffer *buffer)
{
    GtkTextIter line, from, until;
    g_autofree char *text = NULL;
    g_autofree char *before = NULL;

    if (!gtk_text_buffer_get_selection_bounds(buffer, &from, &until))
        return NULL;
    line = from;
    gtk_text_iter_set_line_offset(&line, 0);
    before = gtk_text_iter_get_text(&line, &from);
    text = gtk_text_iter_get_text(&line, &until);
    return left_lines_undo(text, strlen(before));
}

/* GTK would copy what stands in the buffer. */
static void on_copy(GtkTextView *view)
{
    g_autofree char *text = selected_text(gtk_text_view_get_buffer(view));

    if (text)
        gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(view)), text);
    g_signal_stop_emission_by_name(view, "copy-clipboard");
}

void output_copy_watch(GtkTextView *view)
{
    g_signal_connect(view, "copy-clipboard", G_CALLBACK(on_copy), NULL);
}
