/* Which row of a table stands in view. It must not select, nor move the focus. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The row at `position` of the table's model comes into view. */
void hune_table_scroll_to(GtkColumnView *view, guint position);
/* From now on: whoever sorts the table by another column, or the other way, sees its first row. GTK
 * keeps the row in view that stood there, which is somewhere in the middle then. What sorts itself
 * anew because it changed stays where it is. After the columns were added. */
void hune_table_sort_from_top(GtkColumnView *view);

G_END_DECLS
