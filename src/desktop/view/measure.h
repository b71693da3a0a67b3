/* Figures for tests/bench: with HUNE_MEASURE set, the window tells on standard error when it drew
 * its first frame with the list, how long frames took, and how long the filter needed. Without it,
 * nothing here does anything. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Follows a window's frames. */
void hune_measure_window(GtkWindow *window);
/* The list is there: the next frame is the first one that counts. */
void hune_measure_listed(void);
/* Follows the keys that are typed there: the answer's time begins with the key. */
void hune_measure_filter_entry(GtkWidget *entry);
/* What its text picks is shown, or in words why it picks nothing. */
void hune_measure_filter_ends(void);

G_END_DECLS
