/* How wide the columns of the machines' list are: by what their texts measure in the font at hand,
 * the usual ones and those that the list has. Nothing is shown or hidden here. */
#pragma once

#include <gtk/gtk.h>

#include "desktop/view/column-table.h"
#include "desktop/view/text-cell.h"

G_BEGIN_DECLS

struct hune_column_widths;

/* `view` is borrowed and outlives it. */
struct hune_column_widths *hune_column_widths_new(GtkColumnView *view);
/* Takes NULL. */
void hune_column_widths_free(struct hune_column_widths *widths);

/* What the cells of a column ask for. Borrowed; the cells may keep a reference. */
struct hune_cell_width *hune_column_width(struct hune_column_widths *widths, guint position);
/* The list, of HuneMachine, has other texts: columns become wider, never narrower again, so that
 * nothing jumps to and fro. True if one did. */
gboolean hune_column_widths_look(struct hune_column_widths *widths, GListModel *machines);
/* Once the view has its columns, and when the font is another one. */
void hune_column_widths_measure(struct hune_column_widths *widths);
/* The least that the column takes, with the room around its text and its title. */
int hune_column_widths_need(const struct hune_column_widths *widths, guint position);

G_END_DECLS
