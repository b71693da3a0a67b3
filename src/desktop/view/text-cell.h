/* HuneTextCell: one line of text in a table, cut at its end when there is no room, and whole in a
 * tooltip then. Two hundred rows of a table have their widgets ready, and a GtkLabel measures its
 * text each time it is given one: here it is measured when it is drawn, which happens to a few
 * rows, and how wide the column is was found out for all of its cells together. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define HUNE_TYPE_TEXT_CELL (hune_text_cell_get_type())
G_DECLARE_FINAL_TYPE(HuneTextCell, hune_text_cell, HUNE, TEXT_CELL, GtkWidget)

/* What the cells of one column ask for, in pixels; a GRcBox. Whoever changes it lets one of the
 * cells resize. */
struct hune_cell_width {
    int least;
    int natural;
};

/* Takes a reference of its own to `width`. */
GtkWidget *hune_text_cell_new(struct hune_cell_width *width, gboolean is_right);
/* Copied. */
void hune_text_cell_set_text(HuneTextCell *self, const char *text);
/* At least so many pixels; 0: what a line needs. False if it is so already. */
gboolean hune_text_cell_set_height(HuneTextCell *self, int height);

G_END_DECLS
