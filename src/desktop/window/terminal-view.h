/* HuneTerminalView: a shell on a machine in a terminal. It survives broken connections; copy,
 * paste, find and the size of the font are on Ctrl+Shift, so that every Ctrl+letter is the shell's.
 */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "desktop/view/user-button.h"

G_BEGIN_DECLS

#define HUNE_TYPE_TERMINAL_VIEW (hune_terminal_view_get_type())
G_DECLARE_FINAL_TYPE(HuneTerminalView, hune_terminal_view, HUNE, TERMINAL_VIEW, AdwBin)

GtkWidget *hune_terminal_view_new(HuneFleet *fleet, HuneMachine *machine);
/* Whose the next shell is; borrowed. */
HuneUserButton *hune_terminal_view_user(HuneTerminalView *self);

G_END_DECLS
