/* HuneShownRows: what a table shows of a list with thousands of machines. GTK 4.8 makes widgets for
 * up to 200 rows, and takes as many away, in one go; that takes longer than a person who types
 * waits. Here a row stays when the list changes and is given another machine (HuneRow); when the
 * list becomes another one, what is in view is right at once, and the rest follows a few rows with
 * each frame. A key pressed in the table, or the wheel turned, finds all of it.
 *
 * Selecting is handed on to the whole list: "all" means all of it, and positions are the same in
 * both. The keyboard's focus follows its machine. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define HUNE_TYPE_SHOWN_ROWS (hune_shown_rows_get_type())
G_DECLARE_FINAL_TYPE(HuneShownRows, hune_shown_rows, HUNE, SHOWN_ROWS, GObject)

/* Becomes the model of `view`, which has the columns of columns.h and keeps it. `all` is the whole
 * list of HuneMachine. */
HuneShownRows *hune_shown_rows_new(GtkColumnView *view, GtkSelectionModel *all);
/* What changes between these two makes the list another one, seen from its first row on. */
void hune_shown_rows_begin(HuneShownRows *self);
void hune_shown_rows_end(HuneShownRows *self);
/* All rows, now. */
void hune_shown_rows_finish(HuneShownRows *self);

G_END_DECLS
