/* HuneEditDialog: the line of one machine in the list: name, address, port, tags, user. */
#pragma once

#include <adwaita.h>

#include "desktop/window/window.h"

G_BEGIN_DECLS

#define HUNE_TYPE_EDIT_DIALOG (hune_edit_dialog_get_type())
G_DECLARE_FINAL_TYPE(HuneEditDialog, hune_edit_dialog, HUNE, EDIT_DIALOG, AdwWindow)

GtkWidget *hune_edit_dialog_new(HuneWindow *window, HuneMachine *machine);

G_END_DECLS
