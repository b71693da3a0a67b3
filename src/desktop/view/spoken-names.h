/* What GTK 4.8 would have a screen reader say where nobody gave a name: the name of the widget's
 * type. "GtkImage Add a machine", "GtkStackPage panel", "GtkColumnListView list". */
#pragma once

#include <gtk/gtk.h>

/* Once, before the first window. */
void hune_spoken_names_begin(void);
/* What has the focus of a menu button is a button in it, which GTK names by its text alone. After
 * each change of that text. `tells` may be NULL: what it stands at, in a sentence. */
void hune_spoken_menu_button(GtkMenuButton *button, const char *name, const char *tells);
