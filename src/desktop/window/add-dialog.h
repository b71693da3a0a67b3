/* HuneAddDialog: a machine is added, by an invitation or by its address: fields that are judged
 * while they are typed, progress, who answered, and what to do if nobody did. */
#pragma once

#include <adwaita.h>

#include "desktop/window/window.h"

G_BEGIN_DECLS

#define HUNE_TYPE_ADD_DIALOG (hune_add_dialog_get_type())
G_DECLARE_FINAL_TYPE(HuneAddDialog, hune_add_dialog, HUNE, ADD_DIALOG, AdwWindow)

/* `text` fills the form: an invitation link, or an address; NULL for none. */
GtkWidget *hune_add_dialog_new(HuneWindow *window, const char *text);

G_END_DECLS
