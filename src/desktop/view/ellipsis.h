/* A label that is cut at its end for want of room has its whole text in a tooltip, and only then.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void hune_label_ellipsize(GtkLabel *label);

G_END_DECLS
