/* What is wrong with the fields of a dialog, told in words below them, and at the field itself. */
#pragma once

#include "desktop/view/entry-row.h"

G_BEGIN_DECLS

/* `field` is the place of the wrong one among the `count` rows, or -1 for none of them. Without a
 * text nothing is wrong. */
void hune_field_error_show(HuneEntryRow *const *rows, int count, int field, GtkLabel *words,
                           const char *text);

G_END_DECLS
