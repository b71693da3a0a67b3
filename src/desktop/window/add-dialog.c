/* See add-dialog.h. States: form -> progress -> confirm (by address) -> saved, or failed -> form.
 */
#include "desktop/window/add-dialog-private.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/view/announce.h"
#include "desktop/view/dialog-header.h"
#include "desktop/window/way-view.h"
#include "desktop/worker/meeting.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/address.h"
#include "fleet/inventory/newcomer.h"

G_DEFINE_FINAL_TYPE(HuneAddDialog, hune_add_dialog, ADW_TYPE_WINDOW)

static const char *page_of(HuneAddDialog *self)
{
    return gtk_stack_get_visible_child_name(self->stack);
}

static void show_next(HuneAddDialog *self)
{
    const char *page = page_of(self);
    gboolean form = g_str_equal(page, "form");
    gboolean is_right = form && hune_add_form_judge(self);

    gtk_widget_set_visible(GTK_WIDGET(self->next_button), !g_str_equal(page, "progress"));
    if (form) {
        gtk_button_set_label(self->next_button, self->has_link ? _("Join") : _("Connect"));
        gtk_widget_set_sensitive(GTK_WIDGET(self->next_button), is_right);
    } else {
        gtk_button_set_label(self->next_button,
                             g_str_equal(page, "confirm") ? _("Add") : _("Back"));
        gtk_widget_set_sensitive(GTK_WIDGET(self->next_button), TRUE);
    }
}

static void on_changed(HuneAddDialog *self)
{
    if (!self->fleet)
        return; /* being built */
    if (*hune_add_form_text(self->host_row) || *hune_add_form_text(self->link_row))
        self->was_touched = TRUE;
    show_next(self);
}

static void show_page(HuneAddDialog *self, const char *page)
{
    gtk_stack_set_visible_child_name(self->stack, page);
    gtk_spinner_set_spinning(self->spinner, g_str_equal(page, "progress"));
    show_next(self);
    if (!g_str_equal(page, "progress") && !g_str_equal(page, "form"))
        gtk_widget_grab_focus(GTK_WIDGET(self->next_button));
    if (g_str_equal(page, "progress"))
        hune_announce(GTK_WIDGET(self), gtk_label_get_label(self->progress_label));
}

/* ---- saving ---- */

struct saving {
    struct newcomer newcomer;
    struct newcomer_entry entry;
    char *name, *tags, *host, *own_name;
    uint8_t id[MACHINE_ID_SIZE];
};

static void saving_free(gpointer data)
{
    struct saving *saving = data;

    g_free(saving->name);
    g_free(saving->tags);
    g_free(saving->host);
    g_free(saving->own_name);
    g_free(saving);
}

static int enter(struct fleet *fleet, void *context, struct fault *fault)
{
    struct saving *saving = context;

    return newcomer_enter(fleet, &saving->entry, fault);
}

static void show_failed(HuneAddDialog *self, const char *sentence, const char *advice)
{
    g_autofree char *told = NULL;

    gtk_label_set_label(self->failed_title, sentence);
    gtk_label_set_label(self->failed_text, advice ? advice : "");
    adw_bin_set_child(self->failed_way, NULL);
    show_page(self, "failed");
    told = g_strdup_printf("%s\n%s", sentence, gtk_label_get_label(self->failed_text));
    hune_announce(GTK_WIDGET(self), told);
}

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneAddDialog) self = data;
    g_autoptr(GError) error = NULL;
    const struct saving *saving = g_task_get_task_data(G_TASK(result));
    HuneMachine *machine;
    g_autofree char *text = NULL;

    if (!hune_fleet_edit_finish(HUNE_FLEET(source), result, &error)) {
        if (self->fleet)
            show_failed(self, _("The machine could not be saved."), error->message);
        return;
    }
    machine = hune_fleet_find(HUNE_FLEET(source), saving->entry.name);
    text = g_strdup_printf(_("“%s” was added"), saving->entry.name);
    if (self->window) {
        hune_window_toast(self->window, text);
        if (machine)
            hune_window_open_machine(self->window, machine);
    }
    if (self->fleet) /* else it is closed already */
        gtk_window_close(GTK_WINDOW(self));
}

static void save(HuneAddDialog *self)
{
    struct saving *saving = g_new0(struct saving, 1);

    saving->name = *hune_add_form_text(self->name_row)
                       ? g_strdup(hune_add_form_text(self->name_row))
                       : NULL;
    saving->tags = *hune_add_form_text(self->tags_row)
                       ? g_strdup(hune_add_form_text(self->tags_row))
                       : NULL;
    saving->host = g_strdup(self->host);
    saving->own_name = g_strdup(self->own_name);
    memcpy(saving->id, self->id, sizeof(saving->id));
    saving->newcomer = (struct newcomer){.name = saving->name,
                                         .tags = saving->tags,
                                         .host = saving->host,
                                         .port = self->port,
                                         .id = saving->id,
                                         .own_name = saving->own_name};
    saving->entry.newcomer = &saving->newcomer;
    gtk_label_set_label(self->progress_label, _("Saving"));
    show_page(self, "progress");
    hune_fleet_edit(self->fleet, enter, saving, saving_free, on_saved, g_object_ref(self));
}

/* ---- meeting ---- */

static const char *const state_texts[] = {
    [LINK_IDLE] = N_("Waiting"),
    [LINK_RESOLVING] = N_("Looking up the name"),
    [LINK_CONNECTING] = N_("Connecting"),
    [LINK_SECURING] = N_("Making the connection secure"),
    [LINK_GREETING] = N_("Asking who is there"),
    [LINK_OPENING] = N_("Showing your key"),
    [LINK_READY] = N_("Asking what it is"),
    [LINK_WAITING] = N_("Waiting"),
    [LINK_CLOSED] = N_("The connection is closed"),
};

static void add_confirm_row(HuneAddDialog *self, const char *title, const char *text)
{
    GtkWidget *row;
    g_autofree char *printable = hune_printable(text);
    g_autofree char *escaped = NULL;

    if (!*printable)
        return;
    escaped = g_markup_escape_text(printable, -1);
    row = adw_action_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), escaped);
    hune_describe(row, printable);
    adw_preferences_group_add(self->confirm_group, row);
    self->confirm_rows = g_list_prepend(self->confirm_rows, row);
}

static void show_confirm(HuneAddDialog *self, const struct meeting_news *news)
{
    g_autofree char *told = NULL;

    for (GList *row = self->confirm_rows; row; row = row->next)
        adw_preferences_group_remove(self->confirm_group, row->data);
    g_clear_pointer(&self->confirm_rows, g_list_free);
    add_confirm_row(self, _("Machine id"), news->id_text);
    add_confirm_row(self, _("It calls itself"), news->own_name);
    add_confirm_row(self, _("System"), news->os);
    if (news->is_trusted) {
        add_confirm_row(self, _("Your rights"), news->rights);
        add_confirm_row(self, _("Commands run as"), news->run_as);
    } else {
        add_confirm_row(self, _("It does not let you in yet"), news->sentence);
        add_confirm_row(self, _("What to do"), news->advice);
    }
    show_page(self, "confirm");
    told = g_strdup_printf("%s\n%s", _("Machine id"), news->id_text);
    hune_announce(GTK_WIDGET(self), told);
}

/* Where on the way it went wrong. */
static void look_at_way(HuneAddDialog *self)
{
    GtkWidget *view = hune_way_view_new(self->fleet);

    adw_bin_set_child(self->failed_way, view);
    hune_way_view_look(HUNE_WAY_VIEW(view), self->host, self->port,
                       self->has_link ? self->invite.machine : NULL, NULL);
}

static void end_meeting(HuneAddDialog *self, const struct meeting_news *news)
{
    self->is_meeting = FALSE;
    if (!news->is_met) {
        show_failed(self, news->sentence ? news->sentence : _("It was called off."), news->advice);
        if (news->sentence)
            look_at_way(self);
        return;
    }
    memcpy(self->id, news->id, sizeof(self->id));
    g_free(self->own_name);
    self->own_name = g_strdup(news->own_name);
    if (self->has_link)
        save(self); /* the invitation has proved both sides */
    else
        show_confirm(self, news);
}

static void show_progress(HuneAddDialog *self, enum link_state state)
{
    const char *text = _(state_texts[state]);

    if (state == LINK_READY && self->has_link)
        text = _("Using the invitation");
    if (state != LINK_CLOSED || !self->has_link) /* its end is told by itself */
        gtk_label_set_label(self->progress_label, text);
}

static void on_met(const struct meeting_news *news, void *owner)
{
    HuneAddDialog *self = owner;

    if (!self->is_called_off && self->fleet) {
        if (news->is_over)
            end_meeting(self, news);
        else
            show_progress(self, news->state);
    }
    if (news->is_over)
        g_object_unref(self);
}

static void meet(HuneAddDialog *self)
{
    struct meeting_request request = {.told = on_met, .owner = g_object_ref(self)};

    if (self->has_link) {
        g_free(self->host);
        self->host = g_strdup(self->invite.host);
        self->port = self->invite.port;
        request.invite = &self->invite;
    }
    request.host = self->host;
    request.port = self->port;
    self->is_meeting = TRUE;
    gtk_label_set_label(self->progress_label, _("Connecting"));
    show_page(self, "progress");
    worker_send_meeting(hune_fleet_worker(self->fleet), &request);
}

static void on_next(HuneAddDialog *self)
{
    const char *page = page_of(self);

    if (g_str_equal(page, "form") && hune_add_form_judge(self))
        meet(self);
    else if (g_str_equal(page, "confirm"))
        save(self);
    else if (g_str_equal(page, "failed"))
        show_page(self, "form");
}

static void on_cancel(HuneAddDialog *self)
{
    gtk_window_close(GTK_WINDOW(self));
}

/* ---- the type ---- */

static void hune_add_dialog_dispose(GObject *object)
{
    HuneAddDialog *self = HUNE_ADD_DIALOG(object);

    if (self->is_meeting && !self->is_called_off) {
        self->is_called_off = TRUE;
        worker_send_meeting_cancel(hune_fleet_worker(self->fleet), self);
    }
    g_clear_weak_pointer(&self->window);
    g_clear_object(&self->fleet);
    g_clear_pointer(&self->confirm_rows, g_list_free);
    G_OBJECT_CLASS(hune_add_dialog_parent_class)->dispose(object);
}

static void hune_add_dialog_finalize(GObject *object)
{
    HuneAddDialog *self = HUNE_ADD_DIALOG(object);

    explicit_bzero(&self->invite, sizeof(self->invite));
    g_free(self->host);
    g_free(self->own_name);
    G_OBJECT_CLASS(hune_add_dialog_parent_class)->finalize(object);
}

static void hune_add_dialog_class_init(HuneAddDialogClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = hune_add_dialog_dispose;
    gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_DIALOG);
    G_OBJECT_CLASS(class)->finalize = hune_add_dialog_finalize;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/hune/Hune/add-dialog.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, HuneAddDialog, name)
    CHILD(stack);
    CHILD(cancel_button);
    CHILD(next_button);
    CHILD(link_row);
    CHILD(link_error);
    CHILD(address_group);
    CHILD(host_row);
    CHILD(host_error);
    CHILD(port_row);
    CHILD(port_error);
    CHILD(name_row);
    CHILD(tags_row);
    CHILD(name_error);
    CHILD(spinner);
    CHILD(progress_label);
    CHILD(confirm_group);
    CHILD(failed_title);
    CHILD(failed_text);
    CHILD(failed_way);
#undef CHILD
    gtk_widget_class_bind_template_callback(widget_class, on_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_next);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void hune_add_dialog_init(HuneAddDialog *self)
{
    g_type_ensure(HUNE_TYPE_ENTRY_ROW);
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_entry_set_input_purpose(hune_entry_row_entry(self->port_row), GTK_INPUT_PURPOSE_DIGITS);
    gtk_window_set_default_widget(GTK_WINDOW(self), GTK_WIDGET(self->next_button));
    dialog_begin_at(GTK_WINDOW(self), GTK_WIDGET(self->link_row));
}

static void fill(HuneAddDialog *self, const char *text)
{
    struct address address;
    g_autofree char *port = NULL;

    if (g_str_has_prefix(text, "hune://")) {
        gtk_editable_set_text(GTK_EDITABLE(self->link_row), text);
        return;
    }
    if (address_parse(text, DEFAULT_PORT, &address, NULL) != 0)
        return;
    port = g_strdup_printf("%u", address.port);
    gtk_editable_set_text(GTK_EDITABLE(self->port_row), port);
    gtk_editable_set_text(GTK_EDITABLE(self->host_row), address.host);
}

GtkWidget *hune_add_dialog_new(HuneWindow *window, const char *text)
{
    HuneAddDialog *self = g_object_new(HUNE_TYPE_ADD_DIALOG, "transient-for", window, NULL);

    g_set_weak_pointer(&self->window, window);
    self->fleet = g_object_ref(hune_window_fleet(window));
    gtk_editable_set_text(GTK_EDITABLE(self->port_row), "10000");
    if (text)
        fill(self, text);
    show_next(self);
    return GTK_WIDGET(self);
}
