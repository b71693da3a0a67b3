/* HuneEntryRow: a line of text in a list of preferences, below its title. It looks like
 * AdwEntryRow, of which GTK 4.8 never tells a screen reader that it has the focus: whoever cannot
 * see heard nothing at all. This one is an editable, too (its entry is its delegate), and emits
 * "entry-activated" at Return. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define HUNE_TYPE_ENTRY_ROW (hune_entry_row_get_type())
G_DECLARE_FINAL_TYPE(HuneEntryRow, hune_entry_row, HUNE, ENTRY_ROW, AdwPreferencesRow)

/* `title` is plain text. */
HuneEntryRow *hune_entry_row_new(const char *title);
/* Borrowed. */
GtkEntry *hune_entry_row_entry(HuneEntryRow *self);

G_END_DECLS
