/* HuneFilesView: the Files tab of a machine. Two folders side by side, this computer's and the
 * machine's; what is chosen in one is got or put into the other. */
#pragma once

#include <adwaita.h>

#include "desktop/fleet-model.h"

G_BEGIN_DECLS

#define HUNE_TYPE_FILES_VIEW (hune_files_view_get_type())
G_DECLARE_FINAL_TYPE(HuneFilesView, hune_files_view, HUNE, FILES_VIEW, AdwBin)

GtkWidget *hune_files_view_new(HuneFleet *fleet, HuneMachine *machine);

G_END_DECLS
