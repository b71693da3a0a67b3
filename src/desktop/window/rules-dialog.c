/* See rules-dialog.h. */
#include "desktop/window/rules-dialog.h"

#include "desktop/window/rule-dialog.h"
#include "fleet/home/i18n.h"

struct _HuneRulesDialog {
    AdwWindow parent_instance;

    GtkLabel *fault;
    AdwPreferencesGroup *group;
    GPtrArray *rows; /* borrowed, of the group */
    char *shown;     /* what the rows say */

    HuneFleet *fleet;
};

G_DEFINE_FINAL_TYPE(HuneRulesDialog, hune_rules_dialog, ADW_TYPE_WINDOW)

static void show_fault(HuneRulesDialog *self, const char *text)
{
    gtk_label_set_label(self->fault, text ? text : "");
    gtk_widget_set_visible(GTK_WIDGET(self->fault), text != NULL);
}

/* ---- one rule ---- */

static const struct alert_copy *rule_named(HuneRulesDialog *self, const char *label)
{
    GArray *rules = hune_alerts_rules(hune_fleet_alerts(self->fleet));

    for (guint i = 0; i < rules->len; i++) {
        const struct alert_copy *rule = &g_array_index(rules, struct alert_copy, i);

        if (g_str_equal(rule->label, label))
            return rule;
    }
    return NULL;
}

static void on_edit(GtkWidget *button)
{
    HuneRulesDialog *self = HUNE_RULES_DIALOG(gtk_widget_get_root(button));
    const struct alert_copy *rule = rule_named(self, g_object_get_data(G_OBJECT(button), "label"));

    if (rule)
        gtk_window_present(GTK_WINDOW(hune_rule_dialog_new(GTK_WINDOW(self), self->fleet, rule)));
}

static void on_removed(const char *fault, void *owner)
{
    g_autoptr(HuneRulesDialog) self = owner;

    if (self->fleet && fault)
        show_fault(self, fault);
}

static void on_remove(GtkWidget *button)
{
    HuneRulesDialog *self = HUNE_RULES_DIALOG(gtk_widget_get_root(button));
    const struct alert_change change = {.label = g_object_get_data(G_OBJECT(button), "label"),
                                        .done = on_removed,
                                        .owner = g_object_ref(self)};

    worker_send_alert_change(hune_fleet_worker(self->fleet), &change);
}

static void on_add(HuneRulesDialog *self)
{
    gtk_window_present(GTK_WINDOW(hune_rule_dialog_new(GTK_WINDOW(self), self->fleet, NULL)));
}

/* ---- all of them ---- */

static void add_button(GtkWidget *row, const char *icon, const char *text, const char *label,
                       GCallback pressed)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);
    g_autofree char *name = g_strdup_printf(_("%s: %s"), label, text);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_tooltip_text(button, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_object_set_data_full(G_OBJECT(button), "label", g_strdup(label), g_free);
    g_signal_connect(button, "clicked", pressed, NULL);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

static char *subtitle_of(const struct alert_copy *rule)
{
    g_autoptr(GString) text = g_string_new(rule->when);

    if (*rule->machines)
        g_string_append_printf(text, _(" · on %s"), rule->machines);
    if (*rule->command)
        g_string_append_printf(text, _(" · runs %s"), rule->command);
    if (rule->is_silent)
        g_string_append(text, _(" · no message"));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static GtkWidget *row_new(const struct alert_copy *rule)
{
    GtkWidget *row = adw_action_row_new();
    g_autofree char *subtitle = subtitle_of(rule);

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), rule->label);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 2);
    add_button(row, "document-edit-symbolic", _("Edit…"), rule->label, G_CALLBACK(on_edit));
    add_button(row, "user-trash-symbolic", _("Remove"), rule->label, G_CALLBACK(on_remove));
    return row;
}

/* Rows stay while they say the same, under the pointer as well. */
static gboolean is_shown(HuneRulesDialog *self, GArray *rules)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < rules->len; i++) {
        const struct alert_copy *rule = &g_array_index(rules, struct alert_copy, i);
        g_autofree char *subtitle = subtitle_of(rule);

        g_string_append_printf(text, "%s\n%s\n", rule->label, subtitle);
    }
    if (g_strcmp0(text->str, self->shown) == 0)
        return TRUE;
    g_free(self->shown);
    self->shown = g_string_free(g_steal_pointer(&text), FALSE);
    return FALSE;
}

static void show_rows(HuneRulesDialog *self, GArray *rules)
{
    g_autofree char *empty = NULL;

    for (guint i = 0; i < self->rows->len; i++)
        adw_preferences_group_remove(self->group, g_ptr_array_index(self->rows, i));
    g_ptr_array_set_size(self->rows, 0);
    for (guint i = 0; i < rules->len; i++) {
        GtkWidget *row = row_new(&g_array_index(rules, struct alert_copy, i));

        adw_preferences_group_add(self->group, row);
        g_ptr_array_add(self->rows, row);
    }
    empty = g_markup_escape_text(_("There are no rules yet. A rule says what to wait for, such as "
                                   "cpu > 90 for 5m, or down for 2m."),
                                 -1);
    adw_preferences_group_set_description(self->group, rules->len ? NULL : empty);
}

static void fill(HuneRulesDialog *self)
{
    HuneAlerts *alerts;

    if (!self->fleet)
        return;
    alerts = hune_fleet_alerts(self->fleet);
    if (!is_shown(self, hune_alerts_rules(alerts)))
        show_rows(self, hune_alerts_rules(alerts));
    show_fault(self, hune_alerts_fault(alerts));
}

/* ---- the type ---- */

static void hune_rules_dialog_dispose(GObject *object)
{
    HuneRulesDialog *self = HUNE_RULES_DIALOG(object);

    g_clear_object(&self->fleet);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_pointer(&self->shown, g_free);
    G_OBJECT_CLASS(hune_rules_dialog_parent_class)->dispose(object);
}

static void hune_rules_dialog_class_init(HuneRulesDialogClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_rules_dialog_dispose;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_DIALOG);
    gtk_widget_class_add_binding_action(GTK_WIDGET_CLASS(class), GDK_KEY_Escape, 0, "window.close",
                                        NULL);
}

static GtkWidget *make_header(HuneRulesDialog *self)
{
    GtkWidget *header = adw_header_bar_new();
    GtkWidget *add = gtk_button_new_with_label(_("Add a rule…"));

    gtk_widget_add_css_class(add, "suggested-action");
    g_signal_connect_swapped(add, "clicked", G_CALLBACK(on_add), self);
    adw_header_bar_pack_start(ADW_HEADER_BAR(header), add);
    return header;
}

static void hune_rules_dialog_init(HuneRulesDialog *self)
{
    GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->rows = g_ptr_array_new();
    self->group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    self->fault = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_wrap(self->fault, TRUE);
    gtk_label_set_xalign(self->fault, 0);
    gtk_widget_add_css_class(GTK_WIDGET(self->fault), "error");
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->fault));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->group));
    gtk_widget_set_margin_top(box, 18);
    gtk_widget_set_margin_bottom(box, 18);
    gtk_widget_set_margin_start(box, 18);
    gtk_widget_set_margin_end(box, 18);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), box);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_box_append(GTK_BOX(outer), make_header(self));
    gtk_box_append(GTK_BOX(outer), scrolled);
    adw_window_set_content(ADW_WINDOW(self), outer);
    gtk_window_set_modal(GTK_WINDOW(self), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(self), 560, 480);
    gtk_window_set_title(GTK_WINDOW(self), _("Rules for alerts"));
}

GtkWidget *hune_rules_dialog_new(HuneWindow *window)
{
    HuneRulesDialog *self = g_object_new(HUNE_TYPE_RULES_DIALOG, "transient-for", window, NULL);

    self->fleet = g_object_ref(hune_window_fleet(window));
    g_signal_connect_object(hune_fleet_alerts(self->fleet), "changed", G_CALLBACK(fill), self,
                            G_CONNECT_SWAPPED);
    fill(self);
    return GTK_WIDGET(self);
}
