/* A bar that finds words in a text view: the next, the one before, around the end. */
#pragma once

#include <gtk/gtk.h>

/* `view` must live as long as the bar. `on_found` is called with `user` before a place that was
 * found is shown. */
GtkWidget *find_bar_new(GtkTextView *view, void (*on_found)(gpointer user), gpointer user);
/* Shows it, ready to be typed into. */
void find_bar_open(GtkWidget *bar);
