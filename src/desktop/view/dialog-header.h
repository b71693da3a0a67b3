/* The title bar of a dialog that is done or left: Cancel before the title, what it does behind. */
#pragma once

#include <gtk/gtk.h>

/* Cancel closes the window. `does` is the other button's word; `on_does` is called with the window
 * alone. `button_out` has that button, to be made insensitive. */
GtkWidget *dialog_header_new(GtkWindow *window, const char *does, GCallback on_does,
                             GtkButton **button_out);
/* What has the focus when it comes up, instead of Cancel. A window that is given a focus earlier is
 * no dialog to who hears it: GTK 4.8 then tells readers of nothing but a filler. */
void dialog_begin_at(GtkWindow *dialog, GtkWidget *first);
