/* What can be done with the selected machines of the list: "machines.open" and so on, and the menu
 * that offers it. */
#pragma once

#include "desktop/window/machines-page.h"

G_BEGIN_DECLS

void hune_machines_actions_install(GtkWidgetClass *widget_class);
/* Under the pointer when the second button is pressed on `view`; a child of the page, which has to
 * unparent it. */
GtkWidget *hune_machines_menu_new(HuneMachinesPage *page, GtkColumnView *view);

G_END_DECLS
