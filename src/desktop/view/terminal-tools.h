/* What a person does with the terminal itself, by keys and by the menu of the second button: copy,
 * paste, find, change the size of the letters. Knows nothing of shells. */
#pragma once

#include <vte/vte.h>

G_BEGIN_DECLS

/* `around` is what the terminal scrolls in. `find()` is called with `owner` when something is to be
 * found. The menu is a child of `owner`, which has to unparent it. */
GtkWidget *hune_terminal_tools_add(VteTerminal *terminal, GtkWidget *around, GtkWidget *owner,
                                   void (*find)(GtkWidget *owner));

G_END_DECLS
