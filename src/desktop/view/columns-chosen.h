/* Which columns of the list are shown, chosen in a menu, and by which it is sorted: both are
 * remembered. Where there is not room for all that were chosen, the less important ones go until
 * there is; chosen once more, such a column stays, and the list scrolls sideways. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

struct hune_columns_chosen;

/* Adds the columns to `view`, which outlives it; the menu of `button` shows and hides them by
 * actions of `page`. */
struct hune_columns_chosen *hune_columns_chosen_new(GtkWidget *page, GtkColumnView *view,
                                                    GtkMenuButton *button);
/* Takes NULL. */
void hune_columns_chosen_free(struct hune_columns_chosen *chosen);
/* The list, of HuneMachine, may have longer texts than before. */
void hune_columns_chosen_look(struct hune_columns_chosen *chosen, GListModel *machines);

G_END_DECLS
