/* What the two halves of HuneShownRows share: shown-rows.c shows, shown-rows-selection.c selects.
 */
#pragma once

#include "desktop/model/row.h"
#include "desktop/view/shown-rows.h"

G_BEGIN_DECLS

struct _HuneShownRows {
    GObject parent_instance;

    GtkSelectionModel *all;
    GtkColumnView *view; /* weak: it keeps us, and may go first all the same */
    GPtrArray *rows;     /* HuneRow, or NULL as long as nobody asked for it */
    guint filled;        /* so many of them, from the first on, have their machines */
    int row_height;
    guint tick;
    gboolean is_another;
    gboolean was_selected; /* any of them */

    /* What was selected last by itself: a range is drawn from there. */
    GObject *start;
    guint start_at; /* where GTK believes it to be */
};

void hune_shown_rows_selection_init(GtkSelectionModelInterface *iface);

G_END_DECLS
