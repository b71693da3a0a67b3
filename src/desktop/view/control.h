/* disconnect, reset, kill: what a person is asked before, and what is said after. */
#pragma once

#include <gtk/gtk.h>

#include "proto/verb.h"

G_BEGIN_DECLS

/* Asks if it must be asked about (disconnect loses nothing), then calls `agreed` with `widget`.
 * `names` are the machines. */
void hune_control_ask(GtkWidget *widget, const char *names, enum verb verb,
                      void (*agreed)(gpointer widget, enum verb verb));
/* "the agent stops": translated. */
const char *hune_control_done(enum verb verb);

G_END_DECLS
