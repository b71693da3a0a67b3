/* A place of the text comes into view: what was looked for, or where one reads on. The text may be
 * new by then, a megabyte of it: GTK lays that out a part at a time, and until then goes somewhere
 * else. See output-private.h. */
#include "desktop/view/output-private.h"

enum {
    FRAMES_IN_VIEW = 4, /* so long it must have stood there */
    FRAMES_MAX = 60,
};

static void scroll(HuneOutputView *self)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->view);

    gtk_text_view_scroll_to_mark(self->view, gtk_text_buffer_get_insert(buffer), 0.1, FALSE, 0, 0);
}

static gboolean is_in_view(HuneOutputView *self)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->view);
    GdkRectangle place, shown;
    GtkTextIter at;

    gtk_text_buffer_get_iter_at_mark(buffer, &at, gtk_text_buffer_get_insert(buffer));
    gtk_text_view_get_iter_location(self->view, &at, &place);
    gtk_text_view_get_visible_rect(self->view, &shown);
    return place.y >= shown.y && place.y + place.height <= shown.y + shown.height;
}

static gboolean on_frame(GtkWidget *view, GdkFrameClock *clock, gpointer data)
{
    HuneOutputView *self = data;

    (void)view;
    (void)clock;
    if (is_in_view(self)) {
        self->frames_in_view++;
    } else {
        self->frames_in_view = 0;
        scroll(self);
    }
    if (++self->frames < FRAMES_MAX && self->frames_in_view < FRAMES_IN_VIEW)
        return G_SOURCE_CONTINUE;
    self->tick = 0;
    return G_SOURCE_REMOVE;
}

/* Behind the parts that are laid out when nothing else is to be done. */
static gboolean on_laid_out(gpointer data)
{
    HuneOutputView *self = data;

    self->wait_laid_out = 0;
    self->frames = self->frames_in_view = 0;
    scroll(self);
    if (self->tick == 0)
        self->tick = gtk_widget_add_tick_callback(GTK_WIDGET(self->view), on_frame, self, NULL);
    return G_SOURCE_REMOVE;
}

void output_scroll_to_cursor(HuneOutputView *self)
{
    output_scroll_stop(self);
    scroll(self);
    self->wait_laid_out = g_idle_add_full(G_PRIORITY_LOW, on_laid_out, self, NULL);
}

void output_scroll_stop(HuneOutputView *self)
{
    g_clear_handle_id(&self->wait_laid_out, g_source_remove);
    if (self->tick)
        gtk_widget_remove_tick_callback(GTK_WIDGET(self->view), self->tick);
    self->tick = 0;
}
