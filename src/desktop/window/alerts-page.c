/* See alerts-page.h. */
#include "desktop/window/alerts-page.h"

#include "base/buffer.h"
#include "desktop/window/window.h"
#include "fleet/home/figure.h"
#include "fleet/home/i18n.h"

enum { SHOWN_MAX = 500 };

struct _HuneAlertsPage {
    AdwBin parent_instance;

    GtkLabel *heading;
    GtkLabel *fault;
    GtkListBox *rows;
    GtkLabel *rest; /* how many are not shown */

    HuneFleet *fleet;
    guint asked;
};

G_DEFINE_FINAL_TYPE(HuneAlertsPage, hune_alerts_page, ADW_TYPE_BIN)

/* ---- texts ---- */

static char *time_text(guint64 ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(ms / 1000));
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    gboolean today = time && g_date_time_get_day_of_year(time) == g_date_time_get_day_of_year(now);

    if (!time || ms == 0)
        return g_strdup("?");
    return g_date_time_format(time, today ? "%X" : "%x %H:%M");
}

static char *span_text(guint64 ms)
{
    _cleanup_buffer_ struct buffer span = BUFFER_INIT;

    figure_append_span(&span, (double)ms / 1000);
    return g_strdup(buffer_length(&span) ? buffer_text(&span) : "");
}

static char *when_text(const struct alert_item *item, gboolean stands)
{
    g_autofree char *begun = time_text(item->begun_ms);
    g_autofree char *ended = NULL;
    g_autofree char *span = NULL;

    if (stands)
        return g_strdup_printf(_("since %s"), begun);
    if (!item->ended_ms)
        return g_strdup_printf(_("from %s; it is not watched any more"), begun);
    ended = time_text(item->ended_ms);
    span = span_text(item->ended_ms - MIN(item->begun_ms, item->ended_ms));
    return g_strdup_printf(_("%s to %s, %s long"), begun, ended, span);
}

/* The name that the rule has now; what was remembered does not have it. */
static const char *label_of(HuneAlertsPage *self, const struct alert_item *item)
{
    GArray *rules = hune_alerts_rules(hune_fleet_alerts(self->fleet));

    if (*item->label)
        return item->label;
    for (guint i = 0; i < rules->len; i++) {
        const struct alert_copy *rule = &g_array_index(rules, struct alert_copy, i);

        if (g_str_equal(rule->when, item->rule))
            return rule->label;
    }
    return item->rule;
}

/* ---- rows ---- */

static GtkWidget *text_new(const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_widget_set_tooltip_text(label, text);
    if (class)
        gtk_widget_add_css_class(label, class);
    return label;
}

static GtkWidget *row_new(HuneAlertsPage *self, const struct alert_item *item, gboolean stands)
{
    GtkWidget *row = gtk_list_box_row_new();
    GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    GtkWidget *icon = gtk_image_new_from_icon_name(stands ? "dialog-warning-symbolic"
                                                          : "emblem-ok-symbolic");
    g_autofree char *when = when_text(item, stands);
    g_autofree char *title = g_strdup_printf("%s · %s", item->machine, label_of(self, item));
    g_autofree char *text = g_strdup_printf("%s%s%s · %s", item->rule, *item->detail ? " · " : "",
                                            item->detail, when);
    g_autofree char *name = g_strdup_printf("%s, %s", title, text);
    GtkWidget *caption = text_new(text, "caption");

    gtk_widget_add_css_class(caption, "dim-label");
    gtk_widget_add_css_class(icon, stands ? "warning" : "dim-label");
    gtk_box_append(GTK_BOX(box), text_new(title, NULL));
    gtk_box_append(GTK_BOX(box), caption);
    gtk_box_append(GTK_BOX(line), icon);
    gtk_box_append(GTK_BOX(line), box);
    gtk_widget_set_margin_top(line, 6);
    gtk_widget_set_margin_bottom(line, 6);
    gtk_widget_set_margin_start(line, 12);
    gtk_widget_set_margin_end(line, 12);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), line);
    g_object_set_data_full(G_OBJECT(row), "machine", g_strdup(item->machine), g_free);
    g_object_set_data(G_OBJECT(row), "stands", GINT_TO_POINTER(stands));
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    return row;
}

static gboolean row_stands(GtkListBoxRow *row)
{
    return g_object_get_data(G_OBJECT(row), "stands") != NULL;
}

static void add_header(GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
    GtkWidget *label;

    (void)data;
    if (before && row_stands(before) == row_stands(row)) {
        gtk_list_box_row_set_header(row, NULL);
        return;
    }
    label = text_new(row_stands(row) ? _("Now") : _("Before"), "heading");
    gtk_widget_set_margin_top(label, 12);
    gtk_widget_set_margin_bottom(label, 6);
    gtk_widget_set_margin_start(label, 12);
    gtk_list_box_row_set_header(row, label);
}

/* ---- filling ---- */

static gboolean stands_now(GHashTable *standing, const struct alert_item *item)
{
    g_autofree char *key = g_strdup_printf("%s\n%s", item->machine, item->rule);

    return !item->ended_ms && g_hash_table_contains(standing, key);
}

/* The keys of all that stand; the first of them have rows. */
static GHashTable *add_standing(HuneAlertsPage *self)
{
    GArray *items = hune_alerts_standing(hune_fleet_alerts(self->fleet));
    GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < items->len; i++) {
        const struct alert_item *item = &g_array_index(items, struct alert_item, i);

        g_hash_table_add(keys, g_strdup_printf("%s\n%s", item->machine, item->rule));
        if (i < SHOWN_MAX)
            gtk_list_box_append(self->rows, row_new(self, item, TRUE));
    }
    return keys;
}

static void show_heading(HuneAlertsPage *self)
{
    HuneAlerts *alerts = hune_fleet_alerts(self->fleet);
    guint count = hune_alerts_standing(alerts)->len;
    guint rules = hune_alerts_rules(alerts)->len;
    const char *fault = hune_alerts_fault(alerts);
    const char *complaint = hune_alerts_complaint(alerts);
    g_autofree char *text = NULL;
    g_autofree char *rest = NULL;

    if (count > 0)
        text = g_strdup_printf(ngettext("%u alert stands", "%u alerts stand", count), count);
    else
        text = g_strdup(rules > 0 ? _("No alert stands") : _("Nothing is watched for yet"));
    rest = count > SHOWN_MAX ? g_strdup_printf(_("… and %u more"), count - SHOWN_MAX)
                             : g_strdup("");
    gtk_label_set_label(self->heading, text);
    gtk_label_set_label(self->fault, fault ? fault : complaint ? complaint : "");
    gtk_widget_set_visible(GTK_WIDGET(self->fault), fault || complaint);
    gtk_label_set_label(self->rest, rest);
    gtk_widget_set_visible(GTK_WIDGET(self->rest), *rest != '\0');
}

struct question {
    HuneAlertsPage *page;
    guint serial;
};

static void on_log(const struct alert_item *items, size_t count, void *owner)
{
    g_autofree struct question *question = owner;
    g_autoptr(HuneAlertsPage) self = question->page;
    g_autoptr(GHashTable) standing = NULL;
    GtkListBoxRow *row;

    if (!self->fleet || question->serial != self->asked)
        return;
    while ((row = gtk_list_box_get_row_at_index(self->rows, 0)))
        gtk_list_box_remove(self->rows, GTK_WIDGET(row));
    standing = add_standing(self);
    for (size_t i = count; i > 0; i--) {
        if (!stands_now(standing, &items[i - 1]))
            gtk_list_box_append(self->rows, row_new(self, &items[i - 1], FALSE));
    }
    show_heading(self);
}

static void refresh(HuneAlertsPage *self)
{
    struct question *question;
    struct alert_log log = {.done = on_log};

    if (!self->fleet || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    question = g_new0(struct question, 1);
    question->page = g_object_ref(self);
    question->serial = ++self->asked;
    log.owner = question;
    worker_send_alert_log(hune_fleet_worker(self->fleet), &log);
}

static void on_activated(HuneAlertsPage *self, GtkListBoxRow *row)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
    HuneMachine *machine = hune_fleet_find(self->fleet,
                                           g_object_get_data(G_OBJECT(row), "machine"));

    if (machine && HUNE_IS_WINDOW(root))
        hune_window_open_machine(HUNE_WINDOW(root), machine);
}

/* ---- the type ---- */

static void hune_alerts_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(hune_alerts_page_parent_class)->map(widget);
    refresh(HUNE_ALERTS_PAGE(widget));
}

static void hune_alerts_page_dispose(GObject *object)
{
    g_clear_object(&HUNE_ALERTS_PAGE(object)->fleet);
    G_OBJECT_CLASS(hune_alerts_page_parent_class)->dispose(object);
}

static void hune_alerts_page_class_init(HuneAlertsPageClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_alerts_page_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_alerts_page_map;
}

static GtkWidget *make_top(HuneAlertsPage *self)
{
    GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *rules = gtk_button_new_with_label(_("Rules…"));

    self->heading = GTK_LABEL(text_new("", "heading"));
    gtk_widget_set_hexpand(GTK_WIDGET(self->heading), TRUE);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(rules), "win.rules");
    gtk_box_append(GTK_BOX(line), GTK_WIDGET(self->heading));
    gtk_box_append(GTK_BOX(line), rules);
    gtk_widget_set_margin_top(line, 9);
    gtk_widget_set_margin_bottom(line, 9);
    gtk_widget_set_margin_start(line, 12);
    gtk_widget_set_margin_end(line, 12);
    return line;
}

static void hune_alerts_page_init(HuneAlertsPage *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *inner = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->rows = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_activate_on_single_click(self->rows, FALSE); /* as in the list of machines */
    gtk_list_box_set_header_func(self->rows, add_header, NULL, NULL);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->rows), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Alerts"), -1);
    g_signal_connect_object(self->rows, "row-activated", G_CALLBACK(on_activated), self,
                            G_CONNECT_SWAPPED);
    self->fault = GTK_LABEL(text_new("", "error"));
    gtk_label_set_wrap(self->fault, TRUE);
    gtk_label_set_ellipsize(self->fault, PANGO_ELLIPSIZE_NONE);
    gtk_widget_set_margin_start(GTK_WIDGET(self->fault), 12);
    gtk_widget_set_margin_end(GTK_WIDGET(self->fault), 12);
    self->rest = GTK_LABEL(text_new("", "dim-label"));
    gtk_box_append(GTK_BOX(inner), GTK_WIDGET(self->rows));
    gtk_box_append(GTK_BOX(inner), GTK_WIDGET(self->rest));
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), inner);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_box_append(GTK_BOX(box), make_top(self));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->fault));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_alerts_page_new(HuneFleet *fleet)
{
    HuneAlertsPage *self = g_object_new(HUNE_TYPE_ALERTS_PAGE, NULL);

    self->fleet = g_object_ref(fleet);
    show_heading(self);
    g_signal_connect_object(hune_fleet_alerts(fleet), "changed", G_CALLBACK(refresh), self,
                            G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
