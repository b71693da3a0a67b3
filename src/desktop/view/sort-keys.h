/* Sorting a table by the keyboard: the titles of its columns take the focus, the space bar and
 * Return do what a click does, and the arrows go from one to the next and down to the rows. Tab has
 * two stops in a table, the titles and the rows. GTK has
 * this by itself only since 4.10. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* After the last column was added. */
void hune_sort_keys_add(GtkColumnView *view);
/* The column by which the table is sorted, and how; NULL: by none, or by one that is not shown.
 * The caller owns it. It is up to date in the next turn of the main loop. */
GtkColumnViewColumn *hune_sort_keys_sorted(GtkColumnView *view, GtkSortType *order_out);
/* The rows take the focus, which gtk_widget_grab_focus() would give to the first title. FALSE:
 * there are none. */
gboolean hune_sort_keys_focus_rows(GtkColumnView *view);

G_END_DECLS
