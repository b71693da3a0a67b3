/* A bar in which a text is typed that is to be found: the next place, the one before. Where, and
 * how it is shown, is its user's. */
#pragma once

#include <gtk/gtk.h>

struct find_bar_events {
    /* `from_here`: the text has just been typed, and a place at the cursor counts. */
    void (*find)(gpointer user, const char *text, gboolean forward, gboolean from_here);
    /* Nothing is looked for any more. */
    void (*stop)(gpointer user);
};

/* `events` live for ever, `user` as long as the bar. */
GtkWidget *find_bar_new(const struct find_bar_events *events, gpointer user);
/* Shows it, ready to be typed into. */
void find_bar_open(GtkWidget *bar);
/* How it stands: "Not found"; "" for nothing. */
void find_bar_tell(GtkWidget *bar, const char *text);
