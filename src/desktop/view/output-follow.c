/* That an output stays at its end while it comes, until somebody looks elsewhere in it. GTK lays
 * out much text a part at a time, guesses where its end is until then, and scrolls by itself
 * meanwhile: only what a person does takes the view away from the end, or what happens while
 * nothing is being laid out. */
#include "desktop/view/output-private.h"

enum {
    NEAR_THE_END = 40,           /* pixels: two lines */
    BY_HAND_US = G_USEC_PER_SEC, /* so long what scrolls is a person's */
};

static double left_below(const HuneOutputView *self)
{
    return gtk_adjustment_get_upper(self->adjustment) -
           gtk_adjustment_get_page_size(self->adjustment) -
           gtk_adjustment_get_value(self->adjustment);
}

/* Runs once all is laid out: that goes before. */
static gboolean on_laid_out(gpointer data)
{
    HuneOutputView *self = data;

    if (self->follows && !self->pager.page)
        gtk_adjustment_set_value(self->adjustment,
                                 gtk_adjustment_get_upper(self->adjustment) -
                                     gtk_adjustment_get_page_size(self->adjustment));
    self->laid_out = 0;
    return G_SOURCE_REMOVE;
}

void output_follow_begin(HuneOutputView *self)
{
    if (self->follows && !self->laid_out)
        self->laid_out = g_idle_add(on_laid_out, self);
}

void output_follow(HuneOutputView *self)
{
    if (!self->follows || self->pager.page)
        return;
    gtk_text_view_scroll_mark_onscreen(self->view, self->end);
    output_follow_begin(self);
}

static void on_scrolled(HuneOutputView *self)
{
    gboolean by_hand = g_get_monotonic_time() - self->touched_us < BY_HAND_US;

    if (self->pager.page)
        return;
    if (left_below(self) < NEAR_THE_END)
        self->follows = TRUE;
    else if (by_hand || !self->laid_out)
        self->follows = FALSE;
}

/* There is more of it, or less room. */
static void on_resized(HuneOutputView *self)
{
    if (left_below(self) >= 1)
        output_follow_begin(self);
}

static gboolean is_by_hand(GdkEvent *event)
{
    switch (gdk_event_get_event_type(event)) {
    case GDK_SCROLL:
    case GDK_KEY_PRESS:
    case GDK_BUTTON_PRESS:
    case GDK_TOUCH_BEGIN:
    case GDK_TOUCH_UPDATE: return TRUE;
    case GDK_MOTION_NOTIFY:
        return (gdk_event_get_modifier_state(event) & (GDK_BUTTON1_MASK | GDK_BUTTON2_MASK)) != 0;
    default: return FALSE;
    }
}

static gboolean on_event(HuneOutputView *self, GdkEvent *event)
{
    if (is_by_hand(event))
        self->touched_us = g_get_monotonic_time();
    return GDK_EVENT_PROPAGATE;
}

void output_follow_watch(HuneOutputView *self, GtkWidget *scrolled)
{
    GtkEventController *events = gtk_event_controller_legacy_new();

    self->follows = TRUE;
    self->touched_us = -BY_HAND_US;
    self->adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scrolled));
    g_signal_connect_swapped(self->adjustment, "value-changed", G_CALLBACK(on_scrolled), self);
    g_signal_connect_swapped(self->adjustment, "changed", G_CALLBACK(on_resized), self);
    gtk_event_controller_set_propagation_phase(events, GTK_PHASE_CAPTURE);
    g_signal_connect_swapped(events, "event", G_CALLBACK(on_event), self);
    gtk_widget_add_controller(scrolled, events);
}

void output_follow_dispose(HuneOutputView *self)
{
    g_signal_handlers_disconnect_by_data(self->adjustment, self);
    g_clear_handle_id(&self->laid_out, g_source_remove);
}
