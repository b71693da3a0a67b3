/* HuneImportDialog: what a list would add, change and what is refused, line by line, before
 * anything is taken over. */
#pragma once

#include <adwaita.h>

#include "desktop/window/window.h"

G_BEGIN_DECLS

#define HUNE_TYPE_IMPORT_DIALOG (hune_import_dialog_get_type())
G_DECLARE_FINAL_TYPE(HuneImportDialog, hune_import_dialog, HUNE, IMPORT_DIALOG, AdwWindow)

/* Reads the first GFile, shows itself, and when that is answered the next; one that cannot be read
 * is told in the window. */
void hune_import_dialog_open(HuneWindow *window, GSList *files);

G_END_DECLS
