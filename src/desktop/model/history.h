/* The command lines that were typed, the newest last, shared by all pages and remembered. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void hune_history_add(const char *line);
/* 0: the newest. NULL past the oldest. Borrowed until the next one is added. */
const char *hune_history_get(guint back);
/* Up and Down walk through the lines. Behind what is typed the rest of a line or word is proposed;
 * Tab and Right take it, and otherwise it does not run. */
void hune_history_attach(GtkEntry *entry);
/* What was typed, to run it: without what is proposed behind it. The next Up is the newest line.
 * Borrowed from the entry. */
const char *hune_history_take(GtkEntry *entry);

G_END_DECLS
