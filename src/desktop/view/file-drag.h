/* What travels when files are dragged: between panes the pane itself, to other programs the files
 * of this computer, from them files as well. */
#pragma once

#include "desktop/view/file-pane.h"

G_BEGIN_DECLS

/* Of what is chosen in the pane. */
GdkContentProvider *hune_file_drag_content(HuneFilePane *pane);
/* Paths of what is dropped on the pane, NULL-terminated: free them; NULL: it is nothing for it. */
char **hune_file_drop_paths(HuneFilePane *pane, const GValue *value);

G_END_DECLS
