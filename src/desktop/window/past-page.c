/* See past-page.h. */
#include "desktop/window/past-page.h"

#include "desktop/model/order-model.h"
#include "desktop/view/row-lines.h"
#include "desktop/window/results-page.h"
#include "desktop/window/window.h"
#include "desktop/worker/past.h"
#include "fleet/home/i18n.h"

struct _HunePastPage {
    AdwBin parent_instance;

    GtkSearchEntry *search;
    GtkListBox *runs;
    GtkLabel *status;

    HuneFleet *fleet;
    guint asked;
};

G_DEFINE_FINAL_TYPE(HunePastPage, hune_past_page, ADW_TYPE_BIN)

struct question {
    HunePastPage *page;
    guint serial;
};

/* ---- the list ---- */

static char *counts_text(const struct past_run *run, const char *when)
{
    if (run->unasked == 0)
        return g_strdup_printf(_("%s · %s · %u done, %u failed, %u unreachable"), when,
                               run->selector, run->ok, run->failed, run->unreachable);
    return g_strdup_printf(_("%s · %s · %u done, %u failed, %u unreachable, %u not asked"), when,
                           run->selector, run->ok, run->failed, run->unreachable, run->unasked);
}

static GtkWidget *row_new(const struct past_run *run)
{
    GtkWidget *row = gtk_list_box_row_new();
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(run->started_ms / 1000));
    g_autofree char *when = time ? g_date_time_format(time, "%x %H:%M") : g_strdup("");
    g_autofree char *text = counts_text(run, when);

    hune_row_set_lines(GTK_LIST_BOX_ROW(row), run->command, "monospace", text, "dim-label");
    g_object_set_data_full(G_OBJECT(row), "number", g_memdup2(&run->number, sizeof(run->number)),
                           g_free);
    return row;
}

static void on_list(const struct past_run *runs, size_t count, void *owner)
{
    g_autofree struct question *question = owner;
    g_autoptr(HunePastPage) self = question->page;
    GtkListBoxRow *row;

    if (!self->fleet || question->serial != self->asked)
        return;
    while ((row = gtk_list_box_get_row_at_index(self->runs, 0)))
        gtk_list_box_remove(self->runs, GTK_WIDGET(row));
    for (size_t i = 0; i < count; i++)
        gtk_list_box_append(self->runs, row_new(&runs[i]));
    gtk_label_set_label(self->status, count == 0 ? _("Nothing was found.") : "");
}

static struct question *question_new(HunePastPage *self)
{
    struct question *question = g_new0(struct question, 1);

    question->page = g_object_ref(self);
    question->serial = self->asked;
    return question;
}

static void refresh(HunePastPage *self)
{
    struct past_list_ask ask = {.text = gtk_editable_get_text(GTK_EDITABLE(self->search)),
                                .done = on_list};

    self->asked++;
    ask.owner = question_new(self);
    worker_send_past_list(hune_fleet_worker(self->fleet), &ask);
}

/* ---- one of them ---- */

static void on_run(const struct past_run *run, const struct past_answer *answers, size_t count,
                   void *owner)
{
    g_autofree struct question *question = owner;
    g_autoptr(HunePastPage) self = question->page;
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    g_autoptr(HuneOrder) order = NULL;
    AdwTabPage *tab;

    if (!self->fleet || !root || !HUNE_IS_WINDOW(root))
        return;
    if (run && hune_window_show_past_run(HUNE_WINDOW(root), run->number))
        return;
    if (!run) {
        hune_window_toast(HUNE_WINDOW(root), _("That command is not remembered any more"));
        refresh(self);
        return;
    }
    order = hune_order_new_past(self->fleet, run, answers, count);
    tab = hune_window_add_page(HUNE_WINDOW(root), hune_results_page_new(self->fleet, order));
    adw_tab_page_set_title(tab, run->command);
}

static void on_activated(HunePastPage *self, GtkListBoxRow *row)
{
    const int64_t *number = g_object_get_data(G_OBJECT(row), "number");
    struct past_run_ask ask = {.number = *number, .done = on_run};

    ask.owner = question_new(self);
    worker_send_past_run(hune_fleet_worker(self->fleet), &ask);
}

/* ---- the type ---- */

static void hune_past_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(hune_past_page_parent_class)->map(widget);
    refresh(HUNE_PAST_PAGE(widget));
}

static void hune_past_page_dispose(GObject *object)
{
    g_clear_object(&HUNE_PAST_PAGE(object)->fleet);
    G_OBJECT_CLASS(hune_past_page_parent_class)->dispose(object);
}

static void hune_past_page_class_init(HunePastPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_past_page_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_past_page_map;
}

static void on_search(HunePastPage *self)
{
    if (self->fleet)
        refresh(self);
}

static void hune_past_page_init(HunePastPage *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->search = GTK_SEARCH_ENTRY(gtk_search_entry_new());
    g_object_set(self->search, "placeholder-text", _("Find a command or a machine"), NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->search), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Find a command"), -1);
    gtk_widget_set_margin_top(GTK_WIDGET(self->search), 6);
    gtk_widget_set_margin_start(GTK_WIDGET(self->search), 6);
    gtk_widget_set_margin_end(GTK_WIDGET(self->search), 6);
    self->status = GTK_LABEL(gtk_label_new(""));
    gtk_widget_add_css_class(GTK_WIDGET(self->status), "dim-label");
    self->runs = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_activate_on_single_click(self->runs, FALSE); /* as in the list of machines */
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->runs), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Commands of before"), -1);
    g_signal_connect_swapped(self->search, "search-changed", G_CALLBACK(on_search), self);
    g_signal_connect_object(self->runs, "row-activated", G_CALLBACK(on_activated), self,
                            G_CONNECT_SWAPPED);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->runs));
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->search));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->status));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_past_page_new(HuneFleet *fleet)
{
    HunePastPage *self = g_object_new(HUNE_TYPE_PAST_PAGE, NULL);

    self->fleet = g_object_ref(fleet);
    return GTK_WIDGET(self);
}
