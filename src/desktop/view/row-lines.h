/* A row of a list box in two lines. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Fills the row anew: `title` (also as its tooltip, since it is cut where there is no room) in the
 * style `title_class`, and `caption` below it, small and in the style `caption_class`. A screen
 * reader says "title, caption". */
void hune_row_set_lines(GtkListBoxRow *row, const char *title, const char *title_class,
                        const char *caption, const char *caption_class);

G_END_DECLS
