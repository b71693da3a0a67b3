/* HuneTextCell: one line of text in a list of thousands of rows. It asks for as many characters as
 * it was told, whatever it holds, and lays its text out only when it is drawn: of the rows that a
 * list keeps ready, most never are. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define HUNE_TYPE_TEXT_CELL (hune_text_cell_get_type())
G_DECLARE_FINAL_TYPE(HuneTextCell, hune_text_cell, HUNE, TEXT_CELL, GtkWidget)

GtkWidget *hune_text_cell_new(int width_chars, gboolean is_right);
void hune_text_cell_set_text(HuneTextCell *self, const char *text);
/* At least so many pixels high; 0: a line. Whether it was another height before. */
gboolean hune_text_cell_set_height(HuneTextCell *self, int height);

G_END_DECLS
