/* A text of any length in a dialog: it scrolls, where a dialog's own body would grow beyond the
 * screen. */
#pragma once

#include <gtk/gtk.h>

/* Longer texts than this are better shown so. */
enum { HUNE_LONG_TEXT = 600 };

GtkWidget *hune_long_text_new(const char *text);
