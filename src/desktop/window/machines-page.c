/* See machines-page.h. The models stand behind one another: store, filter, order, selection. */
#include "desktop/window/machines-page.h"

#include "desktop/model/history.h"
#include "desktop/view/announce.h"
#include "desktop/view/columns-chosen.h"
#include "desktop/view/columns.h"
#include "desktop/view/groups.h"
#include "desktop/view/measure.h"
#include "desktop/view/shown-rows.h"
#include "desktop/view/sort-keys.h"
#include "desktop/view/user-button.h"
#include "desktop/view/waves-button.h"
#include "desktop/window/machines-actions.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/nodeset.h"

enum { LIVE_MS = 3000 }; /* a live column is put in order again this often */

struct _HuneMachinesPage {
    AdwBin parent_instance;

    /* of the template */
    GtkStack *stack;
    AdwFlap *flap;
    GtkListBox *groups;
    GtkSearchEntry *filter;
    GtkLabel *filter_fault;
    GtkMenuButton *columns_button;
    GtkColumnView *view;
    GtkLabel *count_label;
    GtkEntry *command;
    GtkButton *run_button;
    HuneUserButton *user;
    HuneWavesButton *waves;
    GtkLabel *targets;

    /* own */
    HuneFleet *fleet;
    GtkFilter *custom;
    GtkFilterListModel *filtered;
    GtkSortListModel *sorted;
    GtkMultiSelection *selection;
    HuneShownRows *rows;
    struct hune_columns_chosen *columns;
    struct hune_group group;
    char *words;         /* casefolded text to be contained; NULL: none */
    gboolean by_matches; /* the selector's answer counts */
    GtkWidget *menu;
    guint live_timer;
    gboolean is_stale;
};

G_DEFINE_FINAL_TYPE(HuneMachinesPage, hune_machines_page, ADW_TYPE_BIN)

/* ---- what is shown ---- */

static gboolean contains_all(const HuneMachine *machine, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, " ", -1);

    for (char **part = parts; *part; part++) {
        if (**part && !hune_machine_contains(machine, *part))
            return FALSE;
    }
    return TRUE;
}

static gboolean is_shown(gpointer item, gpointer data)
{
    HuneMachinesPage *self = data;
    HuneMachine *machine = item;

    if (!hune_group_has(&self->group, machine))
        return FALSE;
    if (self->by_matches)
        return machine->matches;
    return !self->words || contains_all(machine, self->words);
}

static void show_counts(HuneMachinesPage *self)
{
    guint all = g_list_model_get_n_items(hune_fleet_machines(self->fleet));
    guint shown = g_list_model_get_n_items(G_LIST_MODEL(self->sorted));
    g_autoptr(GtkBitset)
        selected = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(self->selection));
    guint chosen = (guint)gtk_bitset_get_size(selected);
    g_autoptr(GString) text = g_string_new(NULL);

    if (shown == all)
        g_string_printf(text, ngettext("%'u machine", "%'u machines", all), all);
    else
        g_string_printf(text, ngettext("%'u of %'u machine", "%'u of %'u machines", all), shown,
                        all);
    if (chosen > 0) {
        g_string_append(text, " · ");
        g_string_append_printf(text, ngettext("%'u selected", "%'u selected", chosen), chosen);
    }
    gtk_label_set_label(self->count_label, text->str);
}

static void tell_count(HuneMachinesPage *self)
{
    hune_announce(GTK_WIDGET(self), gtk_label_get_label(self->count_label));
}

/* The machines may be others than before. */
static void refilter(HuneMachinesPage *self)
{
    gtk_filter_changed(self->custom, GTK_FILTER_CHANGE_DIFFERENT);
    show_counts(self);
}

/* Something else is asked: the answer is seen from its first row on. */
static void ask(HuneMachinesPage *self)
{
    hune_shown_rows_begin(self->rows);
    refilter(self);
    hune_shown_rows_end(self->rows);
}

static void show_stack(HuneMachinesPage *self)
{
    const char *name = "list";

    if (!hune_fleet_is_read(self->fleet))
        name = "loading";
    else if (g_list_model_get_n_items(hune_fleet_machines(self->fleet)) == 0)
        name = "empty";
    gtk_stack_set_visible_child_name(self->stack, name);
}

/* ---- the filter ---- */

/* Signs that only selectors have; anything else is text that is looked for. */
static gboolean is_selector(const char *text)
{
    return strpbrk(text, "@!&[]*?,") != NULL || g_strcmp0(text, "all") == 0;
}

static void on_filter_changed(HuneMachinesPage *self)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->filter))));

    if (is_selector(text)) {
        hune_fleet_match(self->fleet, text);
        return; /* on_matched() goes on */
    }
    gtk_widget_set_visible(GTK_WIDGET(self->filter_fault), FALSE);
    self->by_matches = FALSE;
    g_clear_pointer(&self->words, g_free);
    if (*text)
        self->words = g_utf8_casefold(text, -1);
    ask(self);
    tell_count(self);
    hune_measure_filter_ends();
}

static void on_matched(HuneMachinesPage *self)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->filter))));

    if (g_strcmp0(text, hune_fleet_matched_text(self->fleet)) != 0)
        return; /* typed on, or another window asked */
    gtk_widget_set_visible(GTK_WIDGET(self->filter_fault), !hune_fleet_match_is_valid(self->fleet));
    if (!hune_fleet_match_is_valid(self->fleet)) {
        gtk_label_set_label(self->filter_fault, hune_fleet_match_fault(self->fleet));
        hune_announce(GTK_WIDGET(self), hune_fleet_match_fault(self->fleet));
        hune_measure_filter_ends();
        return; /* half a selector: what is shown stays */
    }
    self->by_matches = TRUE;
    ask(self);
    tell_count(self);
    hune_measure_filter_ends();
}

static void on_group_selected(HuneMachinesPage *self, GtkListBoxRow *row)
{
    if (!row)
        return;
    hune_group_copy(&self->group, hune_groups_of_row(row));
    ask(self);
}

/* ---- changes ---- */

static void resort_live(HuneMachinesPage *self)
{
    GListModel *columns = gtk_column_view_get_columns(self->view);

    for (guint i = 0; i < g_list_model_get_n_items(columns); i++) {
        g_autoptr(GtkColumnViewColumn) column = g_list_model_get_item(columns, i);
        const char *id = g_object_get_data(G_OBJECT(column), "id");

        if (g_str_equal(id, "state") || g_str_equal(id, "cpu") || g_str_equal(id, "memory") ||
            g_str_equal(id, "disk"))
            gtk_sorter_changed(gtk_column_view_column_get_sorter(column),
                               GTK_SORTER_CHANGE_DIFFERENT);
    }
}

static gboolean on_live(gpointer data)
{
    HuneMachinesPage *self = data;

    if (!self->is_stale || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return G_SOURCE_CONTINUE;
    self->is_stale = FALSE;
    hune_groups_update(self->groups, self->fleet);
    hune_columns_chosen_look(self->columns, hune_fleet_machines(self->fleet));
    resort_live(self);
    if (hune_group_is_live(&self->group))
        refilter(self);
    return G_SOURCE_CONTINUE;
}

static void on_told(HuneMachinesPage *self)
{
    /* The first news is shown at once, a flood of it every few seconds. */
    self->is_stale = TRUE;
    if (g_list_model_get_n_items(hune_fleet_machines(self->fleet)) < 200)
        on_live(self);
}

static void on_sampled(HuneMachinesPage *self)
{
    self->is_stale = TRUE;
}

static void on_listed(HuneMachinesPage *self)
{
    hune_groups_update(self->groups, self->fleet);
    hune_columns_chosen_look(self->columns, hune_fleet_machines(self->fleet));
    show_stack(self);
    if (hune_fleet_is_read(self->fleet))
        hune_measure_listed();
    refilter(self);
    if (self->by_matches)
        on_filter_changed(self);
}

/* ---- the command bar ---- */

GPtrArray *hune_machines_page_selected(HuneMachinesPage *self)
{
    GPtrArray *machines = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GtkBitset)
        selected = gtk_selection_model_get_selection(GTK_SELECTION_MODEL(self->selection));
    GtkBitsetIter iter;
    guint position;

    if (!gtk_bitset_iter_init_first(&iter, selected, &position))
        return machines;
    do {
        g_ptr_array_add(machines, g_list_model_get_item(G_LIST_MODEL(self->selection), position));
    } while (gtk_bitset_iter_next(&iter, &position));
    return machines;
}

/* False while what was typed there means nothing. */
static gboolean get_terms(HuneMachinesPage *self, struct order_terms *terms_out)
{
    terms_out->user = hune_user_button_get(self->user);
    return hune_waves_button_get(self->waves, &terms_out->waves) && terms_out->user != NULL;
}

static void on_command_changed(HuneMachinesPage *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->command));
    struct order_terms terms;

    gtk_widget_set_sensitive(GTK_WIDGET(self->run_button),
                             gtk_widget_get_sensitive(GTK_WIDGET(self->command)) &&
                                 text[strspn(text, " ")] != '\0' && get_terms(self, &terms));
}

/* The machines themselves that a command would touch, not only how many. */
static void show_targets(HuneMachinesPage *self, GPtrArray *machines, const char *names)
{
    g_autofree char *text = g_strdup_printf(
        ngettext("On %u machine: %s", "On %u machines: %s", machines->len), machines->len, names);

    gtk_label_set_label(self->targets, text);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->targets), names);
    gtk_widget_set_visible(GTK_WIDGET(self->targets), machines->len > 0);
    gtk_widget_set_sensitive(GTK_WIDGET(self->waves), machines->len > 1);
    hune_waves_button_set_machines(self->waves, machines->len);
    gtk_widget_set_sensitive(GTK_WIDGET(self->user), machines->len > 0);
    hune_user_button_set_machines(self->user, machines);
}

static void on_selection(HuneMachinesPage *self)
{
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);
    g_autofree char *names = hune_fold_names(machines);
    g_autofree char *hint = NULL;

    gtk_widget_set_sensitive(GTK_WIDGET(self->command), machines->len > 0);
    if (machines->len == 0)
        hint = g_strdup(_("Select machines, then type a command for them"));
    else
        hint = g_strdup_printf(_("Command for %s"), names);
    gtk_entry_set_placeholder_text(self->command, hint);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->command), machines->len > 0 ? names : NULL);
    show_targets(self, machines, names);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "machines.open", machines->len > 0);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "machines.edit", machines->len == 1);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "machines.remove", machines->len > 0);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "machines.connect", machines->len > 0);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "machines.disconnect", machines->len > 0);
    on_command_changed(self);
    show_counts(self);
    if (machines->len > 1) /* of one its row tells */
        tell_count(self);
}

static HuneWindow *window_of(HuneMachinesPage *self)
{
    return HUNE_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

static void on_run(HuneMachinesPage *self)
{
    g_autoptr(GPtrArray) machines = hune_machines_page_selected(self);
    const char *line = hune_history_take(self->command);
    struct order_terms terms;

    if (machines->len > 0 && line[strspn(line, " ")] && get_terms(self, &terms))
        hune_window_run(window_of(self), machines, GTK_EDITABLE(self->command), &terms);
}

static void on_activate(HuneMachinesPage *self, guint position)
{
    g_autoptr(HuneMachine) machine = g_list_model_get_item(G_LIST_MODEL(self->selection), position);

    if (machine)
        hune_window_open_machine(window_of(self), machine);
}

/* ---- the type ---- */

static void hune_machines_page_dispose(GObject *object)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(object);

    g_clear_handle_id(&self->live_timer, g_source_remove);
    if (self->fleet)
        g_signal_handlers_disconnect_by_data(self->fleet, self);
    g_clear_pointer(&self->menu, gtk_widget_unparent);
    g_clear_pointer(&self->columns, hune_columns_chosen_free);
    if (self->selection)
        g_signal_handlers_disconnect_by_data(self->selection, self);
    g_clear_object(&self->custom);
    g_clear_object(&self->filtered);
    g_clear_object(&self->sorted);
    g_clear_object(&self->selection);
    g_clear_object(&self->rows);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_machines_page_parent_class)->dispose(object);
}

static void hune_machines_page_finalize(GObject *object)
{
    HuneMachinesPage *self = HUNE_MACHINES_PAGE(object);

    g_free(self->words);
    hune_group_clear(&self->group);
    G_OBJECT_CLASS(hune_machines_page_parent_class)->finalize(object);
}

static void hune_machines_page_class_init(HuneMachinesPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_machines_page_dispose;
    G_OBJECT_CLASS(class)->finalize = hune_machines_page_finalize;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/hune/Hune/machines-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, HuneMachinesPage, name)
    CHILD(stack);
    CHILD(flap);
    CHILD(groups);
    CHILD(filter);
    CHILD(filter_fault);
    CHILD(columns_button);
    CHILD(view);
    CHILD(count_label);
    CHILD(command);
    CHILD(run_button);
    CHILD(user);
    CHILD(waves);
    CHILD(targets);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, on_filter_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_group_selected);
    gtk_widget_class_bind_template_callback(widget_class, on_activate);
    gtk_widget_class_bind_template_callback(widget_class, on_run);
    gtk_widget_class_bind_template_callback(widget_class, on_command_changed);
    hune_machines_actions_install(widget_class);
}

static void hune_machines_page_init(HuneMachinesPage *self)
{
    g_type_ensure(HUNE_TYPE_USER_BUTTON);
    g_type_ensure(HUNE_TYPE_WAVES_BUTTON);
    gtk_widget_init_template(GTK_WIDGET(self));
    hune_history_attach(self->command);
    g_signal_connect_swapped(self->user, "notify::user", G_CALLBACK(on_command_changed), self);
    g_signal_connect_swapped(self->waves, "changed", G_CALLBACK(on_command_changed), self);
    gtk_search_entry_set_search_delay(self->filter, 0); /* it answers within a frame */
    hune_measure_filter_entry(GTK_WIDGET(self->filter));
}

static void set_models(HuneMachinesPage *self)
{
    GListModel *machines = hune_fleet_machines(self->fleet);

    self->custom = GTK_FILTER(gtk_custom_filter_new(is_shown, self, NULL));
    self->filtered = gtk_filter_list_model_new(g_object_ref(machines), g_object_ref(self->custom));
    self->sorted = gtk_sort_list_model_new(g_object_ref(G_LIST_MODEL(self->filtered)),
                                           g_object_ref(gtk_column_view_get_sorter(self->view)));
    self->selection = gtk_multi_selection_new(g_object_ref(G_LIST_MODEL(self->sorted)));
    g_signal_connect_swapped(self->selection, "selection-changed", G_CALLBACK(on_selection), self);
    g_signal_connect_swapped(self->selection, "items-changed", G_CALLBACK(on_selection), self);
    self->rows = hune_shown_rows_new(self->view, GTK_SELECTION_MODEL(self->selection));
}

GtkWidget *hune_machines_page_new(HuneFleet *fleet)
{
    HuneMachinesPage *self = g_object_new(HUNE_TYPE_MACHINES_PAGE, NULL);

    self->fleet = g_object_ref(fleet);
    self->columns = hune_columns_chosen_new(GTK_WIDGET(self), self->view, self->columns_button);
    hune_sort_keys_add(self->view);
    self->menu = hune_machines_menu_new(self, self->view);
    set_models(self);
    g_signal_connect_swapped(fleet, "listed", G_CALLBACK(on_listed), self);
    g_signal_connect_swapped(fleet, "told", G_CALLBACK(on_told), self);
    g_signal_connect_swapped(fleet, "sampled", G_CALLBACK(on_sampled), self);
    g_signal_connect_swapped(fleet, "matched", G_CALLBACK(on_matched), self);
    self->live_timer = g_timeout_add(LIVE_MS, on_live, self);
    on_listed(self);
    on_selection(self);
    return GTK_WIDGET(self);
}

void hune_machines_page_select_all(HuneMachinesPage *self)
{
    gtk_selection_model_select_all(GTK_SELECTION_MODEL(self->selection));
}

void hune_machines_page_focus_filter(HuneMachinesPage *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->filter));
}

void hune_machines_page_focus_command(HuneMachinesPage *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->command));
}

void hune_machines_page_show_groups(HuneMachinesPage *self, gboolean shown)
{
    adw_flap_set_reveal_flap(self->flap, shown);
}

/* Where it stands among those that are shown; GTK_INVALID_LIST_POSITION: it is not. */
static guint position_of(HuneMachinesPage *self, HuneMachine *machine)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(self->selection));

    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneMachine) item = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

        if (item == machine)
            return i;
    }
    return GTK_INVALID_LIST_POSITION;
}

void hune_machines_page_mean(HuneMachinesPage *self, GtkWidget *row)
{
    GtkSelectionModel *selection = GTK_SELECTION_MODEL(self->selection);
    HuneRow *shown = row ? hune_columns_row_of(row) : NULL;
    guint position = shown && shown->machine ? position_of(self, shown->machine)
                                             : GTK_INVALID_LIST_POSITION;

    if (position != GTK_INVALID_LIST_POSITION &&
        !gtk_selection_model_is_selected(selection, position))
        gtk_selection_model_select_item(selection, position, TRUE);
}
