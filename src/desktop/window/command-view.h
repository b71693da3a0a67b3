/* HuneCommandView: a command on one machine at a time: a line above, what it says below. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "desktop/view/user-button.h"

G_BEGIN_DECLS

#define HUNE_TYPE_COMMAND_VIEW (hune_command_view_get_type())
G_DECLARE_FINAL_TYPE(HuneCommandView, hune_command_view, HUNE, COMMAND_VIEW, AdwBin)

GtkWidget *hune_command_view_new(HuneFleet *fleet, HuneMachine *machine);
/* As whom it runs; borrowed. */
HuneUserButton *hune_command_view_user(HuneCommandView *self);

G_END_DECLS
