/* See edit-dialog.h. What is wrong is said by the list itself when it is saved, and beside the
 * fields while they are typed. */
#include "desktop/window/edit-dialog.h"

#include <string.h>

#include "desktop/view/dialog-header.h"
#include "desktop/view/field-error.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"

enum { NAME, HOST, PORT, TAGS, USER, FIELDS };

struct _HuneEditDialog {
    AdwWindow parent_instance;

    HuneEntryRow *rows[FIELDS];
    GtkLabel *error;
    GtkButton *save;

    HuneWindow *window; /* weak */
    HuneFleet *fleet;
    char *name;          /* as it is in the list now */
    char *shown[FIELDS]; /* when it was opened */
};

G_DEFINE_FINAL_TYPE(HuneEditDialog, hune_edit_dialog, ADW_TYPE_WINDOW)

/* What was typed over, and nothing else: meanwhile another window may have changed the rest. */
struct change {
    char *name; /* before */
    char *shown[FIELDS];
    char *values[FIELDS];
};

static void change_free(gpointer data)
{
    struct change *change = data;

    g_free(change->name);
    for (int i = 0; i < FIELDS; i++) {
        g_free(change->shown[i]);
        g_free(change->values[i]);
    }
    g_free(change);
}

static gboolean is_changed(const struct change *change, int field)
{
    return strcmp(change->values[field], change->shown[field]) != 0;
}

/* Takes away what was taken out, then adds what was typed in. */
static int set_tags(struct fleet *fleet, uint32_t index, const struct change *change,
                    struct fault *fault)
{
    g_auto(GStrv) before = g_strsplit_set(change->shown[TAGS], ", ", -1);
    g_auto(GStrv) after = g_strsplit_set(change->values[TAGS], ", ", -1);
    int error = 0;

    for (char **tag = before; *tag && !error; tag++) {
        if (**tag && !g_strv_contains((const char *const *)after, *tag))
            error = fleet_untag(fleet, index, *tag);
    }
    for (char **tag = after; *tag && !error; tag++) {
        if (**tag && !g_strv_contains((const char *const *)before, *tag))
            error = fleet_tag(fleet, index, *tag, fault);
    }
    return error;
}

static int set_address(struct fleet *fleet, uint32_t index, const struct change *change,
                       struct fault *fault)
{
    uint16_t port = fleet->machines[index].port;
    g_autofree char *host = g_strdup(is_changed(change, HOST) ? change->values[HOST]
                                                              : fleet->machines[index].host);

    if (is_changed(change, PORT) && address_parse_port(change->values[PORT], &port, fault) != 0)
        return 1;
    return fleet_set_address(fleet, index, host, port, fault);
}

/* In a thread of its own. */
static int make_change(struct fleet *fleet, void *context, struct fault *fault)
{
    struct change *change = context;
    uint32_t index = fleet_find(fleet, change->name);
    int error = 0;

    if (index == FLEET_NONE) {
        fault_set(fault, NULL, _("%s is no longer in the list."), change->name);
        return 1;
    }
    if (is_changed(change, HOST) || is_changed(change, PORT))
        error = set_address(fleet, index, change, fault);
    if (!error && is_changed(change, USER))
        error = fleet_set_user(fleet, index, change->values[USER], fault);
    if (!error)
        error = set_tags(fleet, index, change, fault);
    if (!error && is_changed(change, NAME))
        error = fleet_rename(fleet, index, change->values[NAME], fault);
    return error;
}

static void show_error(HuneEditDialog *self, int field, const char *text)
{
    hune_field_error_show(self->rows, FIELDS, field, self->error, text);
    gtk_widget_set_sensitive(GTK_WIDGET(self->save), *text == '\0');
}

static void show_fault(HuneEditDialog *self, int field, const struct fault *fault)
{
    g_autofree char *text = g_strdup_printf("%s %s", fault->text, fault->hint);

    show_error(self, field, text);
}

static const char *value(HuneEditDialog *self, int field)
{
    return gtk_editable_get_text(GTK_EDITABLE(self->rows[field]));
}

static void judge(HuneEditDialog *self)
{
    struct address address;
    struct fault fault = {0};
    uint16_t port;
    const char *name = value(self, NAME);

    if (!self->fleet)
        return;
    if (!machine_name_valid(name))
        show_error(self, NAME,
                   _("A name has letters, digits and . _ - : only, a letter or digit first."));
    else if (strcmp(name, self->name) != 0 && hune_fleet_find(self->fleet, name))
        show_error(self, NAME, _("Another machine has this name already."));
    else if (address_parse(value(self, HOST), DEFAULT_PORT, &address, &fault) != 0)
        show_fault(self, HOST, &fault);
    else if (address_parse_port(value(self, PORT), &port, &fault) != 0)
        show_fault(self, PORT, &fault);
    else if (*value(self, USER) && !machine_user_valid(value(self, USER)))
        show_error(self, USER, _("This cannot be a user's name."));
    else
        show_error(self, -1, "");
}

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneEditDialog) self = data;
    g_autoptr(GError) error = NULL;
    gboolean ok = hune_fleet_edit_finish(HUNE_FLEET(source), result, &error);

    if (!self->fleet)
        return;
    if (ok)
        gtk_window_close(GTK_WINDOW(self));
    else
        hune_field_error_show(self->rows, FIELDS, -1, self->error, error->message); /* and again */
}

static void on_save(HuneEditDialog *self)
{
    struct change *change;

    if (!gtk_widget_get_sensitive(GTK_WIDGET(self->save)))
        return;
    change = g_new0(struct change, 1);
    change->name = g_strdup(self->name);
    for (int i = 0; i < FIELDS; i++) {
        change->shown[i] = g_strdup(self->shown[i]);
        change->values[i] = g_strdup(value(self, i));
    }
    hune_fleet_edit(self->fleet, make_change, change, change_free, on_saved, g_object_ref(self));
}

static void hune_edit_dialog_dispose(GObject *object)
{
    HuneEditDialog *self = HUNE_EDIT_DIALOG(object);

    g_clear_weak_pointer(&self->window);
    g_clear_object(&self->fleet);
    g_clear_pointer(&self->name, g_free);
    for (int i = 0; i < FIELDS; i++)
        g_clear_pointer(&self->shown[i], g_free);
    G_OBJECT_CLASS(hune_edit_dialog_parent_class)->dispose(object);
}

static void hune_edit_dialog_class_init(HuneEditDialogClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_edit_dialog_dispose;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_DIALOG);
    gtk_widget_class_add_binding_action(GTK_WIDGET_CLASS(class), GDK_KEY_Escape, 0, "window.close",
                                        NULL);
}

static void hune_edit_dialog_init(HuneEditDialog *self)
{
    static const char *const titles[FIELDS] = {N_("Name"), N_("Host name or address"), N_("Port"),
                                               N_("Tags, separated by commas"),
                                               N_("Run as (empty: the machine decides)")};
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *group = adw_preferences_group_new();
    GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    for (int i = 0; i < FIELDS; i++) {
        self->rows[i] = hune_entry_row_new(_(titles[i]));
        adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), GTK_WIDGET(self->rows[i]));
        g_signal_connect_swapped(self->rows[i], "changed", G_CALLBACK(judge), self);
        g_signal_connect_swapped(self->rows[i], "entry-activated", G_CALLBACK(on_save), self);
    }
    self->error = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_wrap(self->error, TRUE);
    gtk_label_set_xalign(self->error, 0);
    gtk_widget_set_visible(GTK_WIDGET(self->error), FALSE);
    gtk_widget_add_css_class(GTK_WIDGET(self->error), "error");
    gtk_widget_add_css_class(GTK_WIDGET(self->error), "caption");
    gtk_box_append(GTK_BOX(box), group);
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
    gtk_window_set_default_size(GTK_WINDOW(self), 460, -1);
    gtk_window_set_title(GTK_WINDOW(self), _("Edit the machine"));
}

GtkWidget *hune_edit_dialog_new(HuneWindow *window, HuneMachine *machine)
{
    HuneEditDialog *self = g_object_new(HUNE_TYPE_EDIT_DIALOG, "transient-for", window, NULL);
    g_autofree char *port = g_strdup_printf("%u", machine->port);
    const char *values[FIELDS] = {machine->name, machine->host, port, machine->tags, machine->user};

    self->name = g_strdup(machine->name);
    for (int i = 0; i < FIELDS; i++) {
        self->shown[i] = g_strdup(values[i]);
        gtk_editable_set_text(GTK_EDITABLE(self->rows[i]), values[i]);
    }
    g_set_weak_pointer(&self->window, window);
    self->fleet = g_object_ref(hune_window_fleet(window));
    judge(self);
    dialog_begin_at(GTK_WINDOW(self), GTK_WIDGET(self->rows[0]));
    return GTK_WIDGET(self);
}
