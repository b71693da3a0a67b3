/* What a screen reader says of a row of a table when the row itself has the focus. GTK 4.8 would
 * have it say the name of the row's type, and has no call for it: the row is found from one of its
 * cells. */
#pragma once

#include <gtk/gtk.h>

/* `child` is what a list item shows in a cell, at the time of its "bind" or later. */
void hune_row_name(GtkWidget *child, const char *name);
/* What is said behind the name, if the row can be found. Of a row that has the focus it stays as it
 * is: each change of it would be said at once. */
void hune_row_describe(GtkWidget *child, const char *text);
/* The same as hune_row_name() for a list without columns. */
void hune_row_name_line(GtkWidget *child, const char *name);
