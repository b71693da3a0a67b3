/* See overview.h. Facts are asked for while the page can be seen, and again every half minute. */
#include "desktop/window/overview.h"

#include "desktop/text/facts-text.h"
#include "desktop/view/announce.h"
#include "desktop/window/load-view.h"
#include "fleet/home/i18n.h"
#include "proto/right.h"

enum { FACTS_S = 30 };

struct _HuneOverview {
    AdwBin parent_instance;

    GtkBox *page;
    AdwPreferencesGroup *facts;
    AdwActionRow *rows[FACT_COUNT];
    AdwActionRow *id_row;
    AdwActionRow *rights_row;
    AdwActionRow *agent_row;

    HuneFleet *fleet;
    HuneMachine *machine;
    guint timer;
    gboolean is_asking;
    gboolean is_known;
};

G_DEFINE_FINAL_TYPE(HuneOverview, hune_overview, ADW_TYPE_BIN)

static void set_row(AdwActionRow *row, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text ? text : "", -1);

    adw_action_row_set_subtitle(row, escaped);
    hune_describe(GTK_WIDGET(row), text ? text : "");
}

static void on_facts(json_t *root, const char *sentence, void *owner)
{
    g_autoptr(HuneOverview) self = owner;

    (void)sentence; /* the banner tells it */
    self->is_asking = FALSE;
    if (!root)
        return;
    if (!self->machine) { /* the tab was closed meanwhile */
        json_decref(root);
        return;
    }
    self->is_known = TRUE;
    for (int i = 0; i < FACT_COUNT; i++) {
        json_t *fact = json_object_get(root, fact_name((enum fact)i));
        g_autofree char *text = fact ? hune_fact_text((enum fact)i, fact, TRUE) : NULL;

        gtk_widget_set_visible(GTK_WIDGET(self->rows[i]), fact != NULL);
        if (fact)
            set_row(self->rows[i], text);
    }
    json_decref(root);
}

static void ask_facts(HuneOverview *self)
{
    const struct worker_ask ask = {
        .slot = self->machine->slot, .path = "/v1/facts", .done = on_facts, .owner = self};

    if (self->is_asking || self->machine->state != MACHINE_CONNECTED ||
        !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    self->is_asking = TRUE;
    g_object_ref(self);
    worker_send_ask(hune_fleet_worker(self->fleet), &ask);
}

static gboolean on_timer(gpointer data)
{
    ask_facts(data);
    return G_SOURCE_CONTINUE;
}

static char *rights_text(const struct link_info *info)
{
    _cleanup_buffer_ struct buffer words = BUFFER_INIT;
    g_autofree char *run_as = hune_printable(info->run_as);

    if (rights_append(&words, info->rights) != 0)
        return g_strdup("");
    buffer_append(&words, "", 1);
    return *run_as ? g_strdup_printf(_("%s; runs commands as %s"),
                                     (const char *)buffer_bytes(&words), run_as)
                   : g_strdup((const char *)buffer_bytes(&words));
}

static void show_agent(HuneOverview *self)
{
    const struct link_info *info = self->machine->info;
    g_autofree char *rights = NULL;
    g_autofree char *version = NULL;
    g_autofree char *agent = NULL;

    set_row(self->id_row, self->machine->has_id ? self->machine->id : _("not known"));
    gtk_widget_set_visible(GTK_WIDGET(self->rights_row), info != NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->agent_row), info != NULL);
    if (!info)
        return;
    rights = rights_text(info);
    version = hune_printable(info->version);
    agent = g_strdup_printf(_("version %s, answers in %u ms"), version, info->round_trip_ms);
    set_row(self->rights_row, rights);
    set_row(self->agent_row, agent);
}

static void on_changed(HuneOverview *self)
{
    show_agent(self);
    if (!self->is_known)
        ask_facts(self);
}

static void hune_overview_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(hune_overview_parent_class)->map(widget);
    ask_facts(HUNE_OVERVIEW(widget));
}

static void hune_overview_dispose(GObject *object)
{
    HuneOverview *self = HUNE_OVERVIEW(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->machine)
        g_signal_handlers_disconnect_by_data(self->machine, self);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_overview_parent_class)->dispose(object);
}

static void hune_overview_class_init(HuneOverviewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_overview_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_overview_map;
}

static AdwActionRow *add_row(AdwPreferencesGroup *group, const char *title)
{
    GtkWidget *row = adw_action_row_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 3);
    adw_preferences_group_add(group, row);
    return ADW_ACTION_ROW(row);
}

static void hune_overview_init(HuneOverview *self)
{
    AdwPreferencesGroup *agent = ADW_PREFERENCES_GROUP(adw_preferences_group_new());

    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkWidget *clamp = adw_clamp_new();

    self->page = GTK_BOX(gtk_box_new(GTK_ORIENTATION_VERTICAL, 24));
    gtk_widget_set_margin_top(GTK_WIDGET(self->page), 12);
    gtk_widget_set_margin_bottom(GTK_WIDGET(self->page), 24);
    gtk_widget_set_margin_start(GTK_WIDGET(self->page), 12);
    gtk_widget_set_margin_end(GTK_WIDGET(self->page), 12);
    adw_clamp_set_maximum_size(ADW_CLAMP(clamp), 1000);
    adw_clamp_set_child(ADW_CLAMP(clamp), GTK_WIDGET(self->page));
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), clamp);
    self->facts = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    adw_preferences_group_set_title(self->facts, _("Facts"));
    for (int i = 0; i < FACT_COUNT; i++) {
        self->rows[i] = add_row(self->facts, hune_fact_title((enum fact)i));
        set_row(self->rows[i], "…");
    }
    adw_preferences_group_set_title(agent, _("Agent"));
    self->id_row = add_row(agent, _("Machine id"));
    self->rights_row = add_row(agent, _("Your rights"));
    self->agent_row = add_row(agent, _("Agent"));
    gtk_box_append(self->page, GTK_WIDGET(self->facts));
    gtk_box_append(self->page, GTK_WIDGET(agent));
    adw_bin_set_child(ADW_BIN(self), scrolled);
}

GtkWidget *hune_overview_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneOverview *self = g_object_new(HUNE_TYPE_OVERVIEW, NULL);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    g_signal_connect_swapped(machine, "changed", G_CALLBACK(on_changed), self);
    gtk_box_prepend(self->page, hune_load_view_new(fleet, machine));
    self->timer = g_timeout_add_seconds(FACTS_S, on_timer, self);
    on_changed(self);
    return GTK_WIDGET(self);
}
