/* Which columns of the list are shown, chosen in a menu, and by which it is sorted: both are
 * remembered. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Adds the columns to `view`; the menu of `button` shows and hides them by actions of `page`. */
void hune_columns_add_chosen(GtkWidget *page, GtkColumnView *view, GtkMenuButton *button);

G_END_DECLS
