/* What is asked before an order goes to several machines: which ones they are, by name, and what
 * the order is; asked for more than ten machines, and for lines that destroy. */
#pragma once

#include "desktop/text/words.h"
#include "desktop/window/window.h"

G_BEGIN_DECLS

/* Asks if it must, then gives the order. `line` is read before it returns. `field` is where it was
 * typed: it is emptied once the order is given, unless something else stands there by then. */
void hune_run_dialog_ask(HuneWindow *window, GPtrArray *machines, const struct hune_line *line,
                         const struct order_terms *terms, GtkEditable *field);

G_END_DECLS
