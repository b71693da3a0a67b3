/* HuneMachinesPage: the list of all machines: groups at the side, a filter above, the command bar
 * below. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_MACHINES_PAGE (hune_machines_page_get_type())
G_DECLARE_FINAL_TYPE(HuneMachinesPage, hune_machines_page, HUNE, MACHINES_PAGE, AdwBin)

GtkWidget *hune_machines_page_new(HuneFleet *fleet);
/* The selected machines, in the order shown; free with g_ptr_array_unref(). */
GPtrArray *hune_machines_page_selected(HuneMachinesPage *self);
void hune_machines_page_select_all(HuneMachinesPage *self);
void hune_machines_page_focus_filter(HuneMachinesPage *self);
void hune_machines_page_focus_command(HuneMachinesPage *self);
void hune_machines_page_show_groups(HuneMachinesPage *self, gboolean shown);
/* What is done next is meant for the machine of this row of widgets, or for all that are selected
 * if it is one of them. NULL: whatever is selected. */
void hune_machines_page_mean(HuneMachinesPage *self, GtkWidget *row);

G_END_DECLS
