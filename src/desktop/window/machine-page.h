/* HuneMachinePage: everything about one machine, in a tab of its own. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_MACHINE_PAGE (hune_machine_page_get_type())
G_DECLARE_FINAL_TYPE(HuneMachinePage, hune_machine_page, HUNE, MACHINE_PAGE, AdwBin)

GtkWidget *hune_machine_page_new(HuneFleet *fleet, HuneMachine *machine);
/* Borrowed. */
HuneMachine *hune_machine_page_machine(HuneMachinePage *self);
/* The tab whose title, icon and state follow the machine. */
void hune_machine_page_set_tab(HuneMachinePage *self, AdwTabPage *tab);
/* Files on their way: they stop with the page. */
guint hune_machine_page_transfers(HuneMachinePage *self);
void hune_machine_page_stop_transfers(HuneMachinePage *self);
/* "overview", "command", ... */
void hune_machine_page_show(HuneMachinePage *self, const char *name);
/* The next of these, or the one before; the first follows the last. */
void hune_machine_page_step(HuneMachinePage *self, gboolean forward);

G_END_DECLS
