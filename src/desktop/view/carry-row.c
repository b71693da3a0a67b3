/* See carry-row.h. */
#include "desktop/view/carry-row.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/worker/files.h"
#include "fleet/home/i18n.h"

enum {
    RATE_US = 2000000, /* the rate is that of about so long */
    LINES_MAX = 20,    /* of what the couriers complain of */
};

struct _HuneCarryRow {
    AdwBin parent_instance;

    GtkLabel *title;
    GtkLabel *details;
    GtkLabel *lines;
    GtkProgressBar *bar;
    GtkButton *button;

    HuneFleet *fleet;
    enum verb verb;
    GString *said;
    guint line_count;
    gboolean is_over;
    gboolean is_broken;
    gboolean is_stopping;
    guint64 moved;
    guint64 total;
    double rate; /* bytes a second, smoothed */
    gint64 measured_us;
    guint64 measured;
};

G_DEFINE_FINAL_TYPE(HuneCarryRow, hune_carry_row, ADW_TYPE_BIN)

enum { SIGNAL_ENDED, SIGNAL_DISMISSED, SIGNALS };
static guint signals[SIGNALS];

/* ---- texts ---- */

static char *title_text(const struct hune_carry *carry)
{
    guint count = g_strv_length((char **)carry->paths);
    const char *slash = strrchr(carry->paths[0], '/');
    g_autofree char *name = hune_printable(slash && slash[1] ? slash + 1 : carry->paths[0]);
    g_autofree char *target = hune_printable(carry->target);

    if (count == 1)
        return g_strdup_printf(carry->verb == VERB_GET ? _("Get %s into %s") : _("Put %s into %s"),
                               name, target);
    return g_strdup_printf(carry->verb == VERB_GET
                               ? ngettext("Get %u file into %s", "Get %u files into %s", count)
                               : ngettext("Put %u file into %s", "Put %u files into %s", count),
                           count, target);
}

static char *left_text(double seconds)
{
    int whole = (int)MIN(seconds + 0.5, 360000.0);

    if (whole < 60)
        return g_strdup_printf(_("%d s left"), whole);
    if (whole < 3600)
        return g_strdup_printf(_("%d min %d s left"), whole / 60, whole % 60);
    return g_strdup_printf(_("%d h %d min left"), whole / 3600, whole / 60 % 60);
}

static char *progress_text(HuneCarryRow *self)
{
    g_autofree char *moved = hune_size_text((double)self->moved);
    g_autofree char *total = hune_size_text((double)self->total);
    g_autofree char *rate = hune_size_text(self->rate);
    g_autofree char *left = NULL;

    if (self->is_stopping)
        return g_strdup(_("Stopping it on both sides"));
    if (self->is_broken)
        return g_strdup_printf(_("Connection lost at %s; it goes on when it is back"), moved);
    if (self->moved == 0 && self->total == 0)
        return g_strdup(_("Beginning"));
    if (self->total == 0)
        return g_strdup_printf(_("%s · %s/s"), moved, rate);
    if (self->rate < 1)
        return g_strdup_printf(_("%s of %s"), moved, total);
    left = left_text((double)(self->total - self->moved) / self->rate);
    return g_strdup_printf(_("%s of %s · %s/s · %s"), moved, total, rate, left);
}

/* ---- while it runs ---- */

static void measure(HuneCarryRow *self)
{
    gint64 now = g_get_monotonic_time();
    double us = (double)(now - self->measured_us);
    double latest = us > 0 ? (double)(self->moved - self->measured) * 1e6 / us : 0;
    double weight = self->rate > 0 ? MIN(us / RATE_US, 1) : 1;

    if (us < 1000)
        return;
    self->rate += (latest - self->rate) * weight;
    self->measured_us = now;
    self->measured = self->moved;
}

static void show(HuneCarryRow *self)
{
    g_autofree char *text = progress_text(self);

    gtk_label_set_label(self->details, text);
    if (self->total > 0)
        gtk_progress_bar_set_fraction(self->bar, (double)self->moved / (double)self->total);
    else
        gtk_progress_bar_pulse(self->bar);
}

static void take_line(HuneCarryRow *self, const char *text)
{
    if (self->line_count++ == LINES_MAX)
        g_string_append(self->said, _("\n(more of these are not shown)"));
    if (self->line_count > LINES_MAX)
        return;
    g_string_append_printf(self->said, "%s%s", self->said->len > 0 ? "\n" : "", text);
    gtk_label_set_label(self->lines, self->said->str);
    gtk_widget_set_visible(GTK_WIDGET(self->lines), TRUE);
}

/* ---- the end ---- */

static char *ending_text(HuneCarryRow *self, const struct carry_news *news)
{
    g_autofree char *bytes = hune_size_text((double)news->bytes);

    if (news->sentence && news->advice)
        return g_strdup_printf("%s %s", news->sentence, news->advice);
    if (news->sentence)
        return g_strdup(news->sentence);
    if (self->is_stopping)
        return g_strdup(_("Stopped; what was begun is taken away"));
    if (!news->is_whole && news->state.state == STATE_LOST)
        return g_strdup(_("The machine lost it on the way; begin again."));
    if (!news->is_whole)
        return g_strdup(_("Nothing was changed"));
    if (news->state.detail != 0 || self->line_count > 0)
        return g_strdup_printf(_("Done with things left out: %s"), bytes);
    return g_strdup_printf(_("Done: %s"), bytes);
}

static void show_end(HuneCarryRow *self, const struct carry_news *news)
{
    g_autofree char *text = ending_text(self, news);
    gboolean good = news->is_whole && news->state.detail == 0 && self->line_count == 0;

    self->is_over = TRUE;
    gtk_label_set_label(self->details, text);
    gtk_widget_remove_css_class(GTK_WIDGET(self->details), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->details), good ? "success" : "error");
    gtk_widget_set_visible(GTK_WIDGET(self->bar), FALSE);
    gtk_widget_set_sensitive(GTK_WIDGET(self->button), TRUE);
    gtk_button_set_label(self->button, _("Dismiss"));
}

static void on_told(const struct carry_news *news, void *owner)
{
    HuneCarryRow *self = owner;

    self->moved = MAX(news->moved, self->moved);
    self->total = news->total;
    if (self->total > 0)
        self->moved = MIN(self->moved, self->total);
    if (news->event == CARRY_BROKEN || news->event == CARRY_BACK)
        self->is_broken = news->event == CARRY_BROKEN;
    if (news->event == CARRY_LINE)
        take_line(self, news->text);
    if (news->event == CARRY_ENDED) {
        show_end(self, news);
        g_signal_emit(self, signals[SIGNAL_ENDED], 0, (gboolean)news->is_whole);
        g_object_unref(self); /* the worker's own */
        return;
    }
    measure(self);
    show(self);
}

void hune_carry_row_stop(HuneCarryRow *self)
{
    if (self->is_over || !hune_fleet_worker(self->fleet))
        return;
    self->is_stopping = TRUE;
    worker_send_carry_stop(hune_fleet_worker(self->fleet), self);
    show(self);
}

static void on_button(HuneCarryRow *self)
{
    if (self->is_over)
        g_signal_emit(self, signals[SIGNAL_DISMISSED], 0);
    else
        hune_carry_row_stop(self);
}

gboolean hune_carry_row_is_over(HuneCarryRow *self)
{
    return self->is_over;
}

enum verb hune_carry_row_verb(HuneCarryRow *self)
{
    return self->verb;
}

/* ---- the type ---- */

static void hune_carry_row_finalize(GObject *object)
{
    HuneCarryRow *self = HUNE_CARRY_ROW(object);

    g_clear_object(&self->fleet);
    g_string_free(self->said, TRUE);
    G_OBJECT_CLASS(hune_carry_row_parent_class)->finalize(object);
}

static void hune_carry_row_class_init(HuneCarryRowClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->finalize = hune_carry_row_finalize;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_GROUP);
    signals[SIGNAL_ENDED] = g_signal_new("ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
    signals[SIGNAL_DISMISSED] = g_signal_new("dismissed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                             NULL, G_TYPE_NONE, 0);
}

static GtkLabel *left_label(GtkWidget *box, const char *class)
{
    GtkWidget *label = gtk_label_new("");

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    if (class)
        gtk_widget_add_css_class(label, class);
    gtk_box_append(GTK_BOX(box), label);
    return GTK_LABEL(label);
}

static void hune_carry_row_init(HuneCarryRow *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *texts = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);

    self->said = g_string_new(NULL);
    self->title = left_label(texts, NULL);
    gtk_label_set_ellipsize(self->title, PANGO_ELLIPSIZE_MIDDLE);
    self->bar = GTK_PROGRESS_BAR(gtk_progress_bar_new());
    gtk_box_append(GTK_BOX(texts), GTK_WIDGET(self->bar));
    self->details = left_label(texts, "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self->details), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->details), "numeric");
    gtk_label_set_wrap(self->details, TRUE);
    self->lines = left_label(texts, "caption");
    gtk_label_set_wrap(self->lines, TRUE);
    gtk_label_set_wrap_mode(self->lines, PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(self->lines, TRUE);
    gtk_widget_set_visible(GTK_WIDGET(self->lines), FALSE);
    gtk_widget_set_hexpand(texts, TRUE);
    self->button = GTK_BUTTON(gtk_button_new_with_label(_("Cancel")));
    gtk_widget_set_valign(GTK_WIDGET(self->button), GTK_ALIGN_CENTER);
    g_signal_connect_swapped(self->button, "clicked", G_CALLBACK(on_button), self);
    gtk_box_append(GTK_BOX(box), texts);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->button));
    gtk_widget_set_margin_start(box, 12);
    gtk_widget_set_margin_end(box, 12);
    gtk_widget_set_margin_top(box, 6);
    gtk_widget_set_margin_bottom(box, 6);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_carry_row_new(HuneFleet *fleet, HuneMachine *machine,
                              const struct hune_carry *carry)
{
    HuneCarryRow *self = g_object_new(HUNE_TYPE_CARRY_ROW, NULL);
    g_autofree char *what = title_text(carry);
    g_autofree char *title = *carry->user ? g_strdup_printf(_("%s (as %s)"), what, carry->user)
                                          : g_strdup(what);
    const struct carry_request request = {
        .slot = machine->slot,
        .verb = carry->verb,
        .paths = carry->paths,
        .target = carry->target,
        .user = carry->user,
        .told = on_told,
        .owner = g_object_ref_sink(self),
    };

    self->fleet = g_object_ref(fleet);
    self->verb = carry->verb;
    self->measured_us = g_get_monotonic_time();
    gtk_label_set_label(self->title, title);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                   -1);
    show(self);
    worker_send_carry(hune_fleet_worker(fleet), &request);
    return GTK_WIDGET(self);
}
