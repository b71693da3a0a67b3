/* What comes up by itself (a message that goes again, a banner, the end of a command, a mistake in
 * a field) is said by a screen reader, although the focus is elsewhere. GTK 4.8 has no call for it.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* `near` is any widget of the window whose reader is to say `text`; nothing is said of a window, or
 * of a page of one, that nobody works in. */
void hune_announce(GtkWidget *near, const char *text);
/* Describes a widget that may have the focus: it is described so again once what was announced has
 * been heard. Readers are told of what is new only. */
void hune_describe(GtkWidget *widget, const char *text);

G_END_DECLS
