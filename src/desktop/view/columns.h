/* The cells of the machines' list: what column-table.h says, as widgets over HuneRow. */
#pragma once

#include <gtk/gtk.h>

#include "desktop/model/row.h"
#include "desktop/view/column-widths.h"

/* All columns with their ids, factories and sorters. The view takes them; its items are HuneRow. */
void hune_columns_add(GtkColumnView *view, struct hune_column_widths *widths);
/* What its cells ask for is other than before. */
void hune_columns_resize(GtkColumnView *view);
/* Which one a row of widgets shows, or NULL. */
HuneRow *hune_columns_row_of(GtkWidget *row);
