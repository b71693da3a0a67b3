/* The columns of the machines' list: one row of a table each, with how it shows and how it sorts.
 */
#pragma once

#include <gtk/gtk.h>

#include "desktop/model/row.h"

/* All columns with their ids, factories and sorters. The view takes them; its items are HuneRow. */
void hune_columns_add(GtkColumnView *view);
/* Which one a row of widgets shows, or NULL. */
HuneRow *hune_columns_row_of(GtkWidget *row);
