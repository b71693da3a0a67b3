/* HuneFilesView: the Files tab of a machine. Two folders side by side, this computer's and the
 * machine's; what is chosen in one is got or put into the other. */
#pragma once

#include <adwaita.h>

#include "desktop/model/fleet-model.h"
#include "desktop/view/user-button.h"

G_BEGIN_DECLS

#define HUNE_TYPE_FILES_VIEW (hune_files_view_get_type())
G_DECLARE_FINAL_TYPE(HuneFilesView, hune_files_view, HUNE, FILES_VIEW, AdwBin)

GtkWidget *hune_files_view_new(HuneFleet *fleet, HuneMachine *machine);
/* Where it is chosen as whom files are read and written there. */
HuneUserButton *hune_files_view_user(HuneFilesView *self);
/* Files on their way: rows that have not ended. */
guint hune_files_view_transfers(HuneFilesView *self);
void hune_files_view_stop(HuneFilesView *self);

G_END_DECLS
