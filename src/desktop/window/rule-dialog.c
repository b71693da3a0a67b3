/* See rule-dialog.h. What a rule may say is judged by the fleet's own parser, as it is typed; which
 * machines a selector means, by the worker, which has the list. */
#include "desktop/window/rule-dialog.h"

#include <string.h>

#include "desktop/view/dialog-header.h"
#include "desktop/view/field-error.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/selector.h"

enum { FIELDS = ALERT_CLEAR + 1 };

struct _HuneRuleDialog {
    AdwWindow parent_instance;

    HuneEntryRow *rows[FIELDS];
    GtkSwitch *message;
    GtkLabel *place; /* the rule again, with a mark below the mistake */
    GtkLabel *error;
    GtkButton *save;

    HuneFleet *fleet;
    char *label; /* as it is in the file; NULL: a new one */
    guint asked; /* about machines */
};

G_DEFINE_FINAL_TYPE(HuneRuleDialog, hune_rule_dialog, ADW_TYPE_WINDOW)

static const char *value(HuneRuleDialog *self, enum alert_draft_field field)
{
    return gtk_editable_get_text(GTK_EDITABLE(self->rows[field]));
}

static struct alert_draft draft_of(HuneRuleDialog *self)
{
    return (struct alert_draft){
        .label = value(self, ALERT_LABEL),
        .when = value(self, ALERT_WHEN),
        .machines = value(self, ALERT_MACHINES),
        .command = value(self, ALERT_COMMAND),
        .clear = value(self, ALERT_CLEAR),
        .is_silent = !gtk_switch_get_active(self->message),
    };
}

/* ---- mistakes ---- */

/* `field` below 0: none. */
static void show_error(HuneRuleDialog *self, int field, const char *text)
{
    hune_field_error_show(self->rows, FIELDS, field, self->error, text);
    gtk_widget_set_sensitive(GTK_WIDGET(self->save), *text == '\0');
}

/* The column counts bytes; a person counts characters. */
static long character_of(const char *text, guint32 column)
{
    size_t before = MIN((size_t)column - 1, strlen(text));

    return g_utf8_strlen(text, (gssize)before) + 1;
}

static void show_place(HuneRuleDialog *self, const char *rule, long character)
{
    g_autofree char *text = NULL;

    gtk_widget_set_visible(GTK_WIDGET(self->place), character > 0);
    if (character == 0)
        return;
    text = g_strdup_printf("%s\n%*s^", rule, (int)character - 1, "");
    gtk_label_set_label(self->place, text);
}

static void show_fault(HuneRuleDialog *self, enum alert_draft_field field,
                       const struct fault *fault)
{
    long character = field == ALERT_WHEN && fault->column
                         ? character_of(value(self, ALERT_WHEN), fault->column)
                         : 0;
    g_autofree char *text = character ? g_strdup_printf(_("Character %ld: %s %s"), character,
                                                        fault->text, fault->hint)
                                      : g_strdup_printf("%s %s", fault->text, fault->hint);

    show_place(self, value(self, ALERT_WHEN), character);
    show_error(self, (int)field, g_strchomp(text));
}

/* ---- which machines ---- */

struct question {
    HuneRuleDialog *dialog;
    guint serial;
    char *selector;
    char *fault;
};

/* In the worker. */
static void look(const struct fleet *fleet, void *context)
{
    _cleanup_selection_ struct selection selection = SELECTION_INIT;
    struct question *question = context;
    struct fault fault = {0};

    if (selector_match(fleet, question->selector, &selection, &fault) != 0)
        question->fault = g_strdup_printf("%s %s", fault.text, fault.hint);
}

static void on_looked(void *context, void *owner)
{
    struct question *question = context;
    g_autoptr(HuneRuleDialog) self = question->dialog;

    (void)owner;
    if (self->fleet && question->serial == self->asked && question->fault)
        show_error(self, ALERT_MACHINES, g_strchomp(question->fault));
    g_free(question->selector);
    g_free(question->fault);
    g_free(question);
}

static void ask_machines(HuneRuleDialog *self)
{
    struct question *question;
    struct worker_look ask = {.look = look, .done = on_looked};

    if (!*value(self, ALERT_MACHINES))
        return;
    question = g_new0(struct question, 1);
    question->dialog = g_object_ref(self);
    question->serial = self->asked;
    question->selector = g_strdup(value(self, ALERT_MACHINES));
    ask.context = question;
    worker_send_look(hune_fleet_worker(self->fleet), &ask);
}

/* ---- judging ---- */

static gboolean is_taken(HuneRuleDialog *self, const char *label)
{
    GArray *rules = hune_alerts_rules(hune_fleet_alerts(self->fleet));

    if (g_strcmp0(label, self->label) == 0)
        return FALSE;
    for (guint i = 0; i < rules->len; i++) {
        if (g_str_equal(g_array_index(rules, struct alert_copy, i).label, label))
            return TRUE;
    }
    return FALSE;
}

/* A name that is still to come is no mistake, but nothing can be saved without. */
static void judge(HuneRuleDialog *self)
{
    struct alert_draft draft;
    enum alert_draft_field field;
    struct fault fault = {0};
    gboolean is_named;

    if (!self->fleet)
        return;
    self->asked++;
    draft = draft_of(self);
    is_named = *draft.label != '\0';
    show_place(self, "", 0);
    if (!is_named)
        draft.label = "x";
    if (*draft.when && alert_draft_check(&draft, &field, &fault) != 0) {
        show_fault(self, field, &fault);
        return;
    }
    if (is_named && is_taken(self, draft.label)) {
        show_error(self, ALERT_LABEL, _("Another rule has this name already."));
        return;
    }
    show_error(self, -1, "");
    if (is_named && *draft.when)
        ask_machines(self);
    else
        gtk_widget_set_sensitive(GTK_WIDGET(self->save), FALSE);
}

/* ---- saving ---- */

static void on_saved(const char *fault, void *owner)
{
    g_autoptr(HuneRuleDialog) self = owner;

    if (!self->fleet)
        return;
    if (fault)
        hune_field_error_show(self->rows, FIELDS, -1, self->error, fault); /* and again */
    else
        gtk_window_close(GTK_WINDOW(self));
}

static void on_save(HuneRuleDialog *self)
{
    struct alert_draft draft = draft_of(self);
    const struct alert_change change = {
        .label = self->label, .draft = &draft, .done = on_saved, .owner = self};

    if (!gtk_widget_get_sensitive(GTK_WIDGET(self->save)))
        return;
    g_object_ref(self);
    worker_send_alert_change(hune_fleet_worker(self->fleet), &change);
}

/* ---- the type ---- */

static void hune_rule_dialog_dispose(GObject *object)
{
    HuneRuleDialog *self = HUNE_RULE_DIALOG(object);

    g_clear_object(&self->fleet);
    g_clear_pointer(&self->label, g_free);
    G_OBJECT_CLASS(hune_rule_dialog_parent_class)->dispose(object);
}

static void hune_rule_dialog_class_init(HuneRuleDialogClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_rule_dialog_dispose;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_DIALOG);
    gtk_widget_class_add_binding_action(GTK_WIDGET_CLASS(class), GDK_KEY_Escape, 0, "window.close",
                                        NULL);
}

static GtkLabel *caption_new(const char *class)
{
    GtkWidget *label = gtk_label_new("");

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_widget_add_css_class(label, class);
    gtk_widget_add_css_class(label, "caption");
    gtk_widget_set_visible(label, FALSE);
    return GTK_LABEL(label);
}

static GtkWidget *make_message_row(HuneRuleDialog *self)
{
    GtkWidget *row = adw_action_row_new();

    self->message = GTK_SWITCH(gtk_switch_new());
    gtk_switch_set_active(self->message, TRUE);
    gtk_widget_set_valign(GTK_WIDGET(self->message), GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->message), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("A message on the desktop"), -1);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), _("A message on the desktop"));
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(self->message));
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), GTK_WIDGET(self->message));
    return row;
}

static void hune_rule_dialog_init(HuneRuleDialog *self)
{
    static const char *const titles[FIELDS] = {
        [ALERT_LABEL] = N_("Name of the alert"),
        [ALERT_WHEN] = N_("It begins when, for example: cpu > 90 for 5m"),
        [ALERT_MACHINES] = N_("Machines (empty: all)"),
        [ALERT_COMMAND] = N_("Command to run here at its begin and end"),
        [ALERT_CLEAR] = N_("It ends when that was not so for (empty: 30s)"),
    };
    GtkWidget *group = adw_preferences_group_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    for (int i = 0; i < FIELDS; i++) {
        self->rows[i] = hune_entry_row_new(_(titles[i]));
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), GTK_WIDGET(self->rows[i]));
        g_signal_connect_swapped(self->rows[i], "changed", G_CALLBACK(judge), self);
        g_signal_connect_swapped(self->rows[i], "entry-activated", G_CALLBACK(on_save), self);
    }
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), make_message_row(self));
    self->place = caption_new("monospace");
    self->error = caption_new("error");
    gtk_label_set_wrap(self->error, TRUE);
    gtk_box_append(GTK_BOX(box), group);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->place));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->error));
    gtk_widget_set_margin_top(box, 18);
    gtk_widget_set_margin_bottom(box, 18);
    gtk_widget_set_margin_start(box, 18);
    gtk_widget_set_margin_end(box, 18);
    gtk_box_append(GTK_BOX(outer), dialog_header_new(GTK_WINDOW(self), _("Save"),
                                                     G_CALLBACK(on_save), &self->save));
    gtk_box_append(GTK_BOX(outer), box);
    adw_window_set_content(ADW_WINDOW(self), outer);
    gtk_window_set_modal(GTK_WINDOW(self), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(self), 520, -1);
}

GtkWidget *hune_rule_dialog_new(GtkWindow *parent, HuneFleet *fleet, const struct alert_copy *rule)
{
    HuneRuleDialog *self = g_object_new(HUNE_TYPE_RULE_DIALOG, "transient-for", parent, NULL);

    gtk_window_set_title(GTK_WINDOW(self), rule ? _("Edit the rule") : _("Add a rule"));
    if (rule) {
        const char *const values[FIELDS] = {[ALERT_LABEL] = rule->label,
                                            [ALERT_WHEN] = rule->when,
                                            [ALERT_MACHINES] = rule->machines,
                                            [ALERT_COMMAND] = rule->command,
                                            [ALERT_CLEAR] = rule->clear};

        self->label = g_strdup(rule->label);
        for (int i = 0; i < FIELDS; i++)
            gtk_editable_set_text(GTK_EDITABLE(self->rows[i]), values[i]);
        gtk_switch_set_active(self->message, !rule->is_silent);
    }
    self->fleet = g_object_ref(fleet);
    judge(self);
    dialog_begin_at(GTK_WINDOW(self), GTK_WIDGET(self->rows[0]));
    return GTK_WIDGET(self);
}
