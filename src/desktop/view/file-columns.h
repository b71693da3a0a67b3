/* The columns of a list of files: name, size, time, mode. Folders always stand before files. */
#pragma once

#include <gtk/gtk.h>

#include "desktop/view/file-pane.h"
#include "desktop/worker/file.h"

G_BEGIN_DECLS

/* `drag` makes what a row gives away when it is dragged. Returns the sorter for the model: a
 * reference of the caller's. */
GtkSorter *hune_file_columns_add(GtkColumnView *view,
                                 GdkContentProvider *(*drag)(HuneFilePane *pane, HuneFile *file),
                                 HuneFilePane *pane);
/* Selects this file alone, unless it is selected already. */
void hune_file_columns_select(GtkSelectionModel *selection, HuneFile *file);

G_END_DECLS
