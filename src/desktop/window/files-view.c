/* See files-view.h. */
#include "desktop/window/files-view.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/view/carry-row.h"
#include "desktop/view/file-pane.h"
#include "fleet/home/i18n.h"

enum {
    NAMES_SHOWN = 10,
    TYPING_MS = 600, /* a name that is being typed is nobody's yet */
};

struct _HuneFilesView {
    AdwBin parent_instance;

    HuneFilePane *here;
    HuneFilePane *there;
    GtkWidget *get;
    GtkWidget *put;
    HuneUserButton *user;
    guint typing;
    GtkWidget *transfers; /* scrolls `rows` */
    GtkBox *rows;

    HuneFleet *fleet;
    HuneMachine *machine;
    gboolean was_connected;
};

G_DEFINE_FINAL_TYPE(HuneFilesView, hune_files_view, ADW_TYPE_BIN)

/* ---- files on their way ---- */

static void on_ended(HuneFilesView *self, gboolean is_whole, HuneCarryRow *row)
{
    if (!self->machine || !is_whole)
        return;
    hune_file_pane_reload(hune_carry_row_verb(row) == VERB_GET ? self->here : self->there);
}

static void on_dismissed(HuneFilesView *self, GtkWidget *row)
{
    gtk_box_remove(self->rows, row);
    gtk_widget_set_visible(self->transfers,
                           gtk_widget_get_first_child(GTK_WIDGET(self->rows)) != NULL);
}

static void begin(HuneFilesView *self, enum verb verb, const char *const *paths, const char *target)
{
    const struct hune_carry carry = {
        .verb = verb, .paths = paths, .target = target, .user = hune_user_button_get(self->user)};
    GtkWidget *row;

    if (!carry.user)
        return;
    row = hune_carry_row_new(self->fleet, self->machine, &carry);

    g_signal_connect_object(row, "ended", G_CALLBACK(on_ended), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(row, "dismissed", G_CALLBACK(on_dismissed), self, G_CONNECT_SWAPPED);
    gtk_box_prepend(self->rows, row);
    gtk_widget_set_visible(self->transfers, TRUE);
}

/* ---- what would be replaced ---- */

struct plan {
    HuneFilesView *view;
    enum verb verb;
    char **paths;
    char *target;
};

static void plan_free(gpointer data, GClosure *closure)
{
    struct plan *plan = data;

    (void)closure;
    g_object_unref(plan->view);
    g_strfreev(plan->paths);
    g_free(plan->target);
    g_free(plan);
}

static void on_response(AdwMessageDialog *dialog, const char *response, gpointer data)
{
    struct plan *plan = data;

    (void)dialog;
    if (g_str_equal(response, "replace") && plan->view->machine)
        begin(plan->view, plan->verb, (const char *const *)plan->paths, plan->target);
}

/* Names of the paths that stand in the pane already, printable, a line each; the count of all. */
static char *names_there(HuneFilePane *pane, const char *const *paths, guint *count_out)
{
    GString *names = g_string_new(NULL);
    guint count = 0;

    for (; *paths; paths++) {
        const char *slash = strrchr(*paths, '/');
        const char *name = slash ? slash + 1 : *paths;
        g_autofree char *shown = NULL;

        if (!hune_file_pane_has(pane, name))
            continue;
        if (count++ >= NAMES_SHOWN)
            continue;
        shown = hune_printable(name);
        g_string_append_printf(names, "%s%s", names->len > 0 ? "\n" : "", shown);
    }
    if (count > NAMES_SHOWN)
        g_string_append(names, "\n…");
    *count_out = count;
    return g_string_free(names, FALSE);
}

static void ask(struct plan *plan, const char *names, guint count)
{
    g_autofree char *target = hune_printable(plan->target);
    g_autofree char *heading = g_strdup_printf(
        ngettext("Replace %u file?", "Replace %u files?", count), count);
    g_autofree char *body = g_strdup_printf(
        _("These are in %s already. Files are replaced, folders are filled up.\n\n"
          "%s"),
        target, names);
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(plan->view))), heading, body);

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("Cancel"), "replace",
                                     _("Replace"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "replace",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), plan, plan_free,
                          G_CONNECT_DEFAULT);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void carry(HuneFilesView *self, enum verb verb, const char *const *paths)
{
    HuneFilePane *other = verb == VERB_GET ? self->here : self->there;
    const char *target = hune_file_pane_target(other);
    g_autofree char *names = NULL;
    struct plan *plan;
    guint count;

    if (!target || !paths || !*paths || !self->machine)
        return;
    names = names_there(other, paths, &count);
    if (count == 0) {
        begin(self, verb, paths, target);
        return;
    }
    plan = g_new0(struct plan, 1);
    plan->view = g_object_ref(self);
    plan->verb = verb;
    plan->paths = g_strdupv((char **)paths);
    plan->target = g_strdup(target);
    ask(plan, names, count);
}

static void carry_chosen(HuneFilesView *self, enum verb verb)
{
    g_auto(GStrv) paths = hune_file_pane_chosen(verb == VERB_GET ? self->there : self->here);

    carry(self, verb, (const char *const *)paths);
}

static void on_get(HuneFilesView *self)
{
    carry_chosen(self, VERB_GET);
}

static void on_put(HuneFilesView *self)
{
    carry_chosen(self, VERB_PUT);
}

static void on_dropped_here(HuneFilesView *self, char **paths)
{
    carry(self, VERB_GET, (const char *const *)paths);
}

static void on_dropped_there(HuneFilesView *self, char **paths)
{
    carry(self, VERB_PUT, (const char *const *)paths);
}

static void show_sensitive(HuneFilesView *self)
{
    g_auto(GStrv) here = NULL, there = NULL;
    gboolean both;

    if (!self->machine) /* the tab is being closed */
        return;
    here = hune_file_pane_chosen(self->here);
    there = hune_file_pane_chosen(self->there);
    both = hune_file_pane_target(self->here) && hune_file_pane_target(self->there);
    gtk_widget_set_sensitive(self->put, both && *here);
    gtk_widget_set_sensitive(self->get, both && *there);
}

/* ---- as whom ---- */

static gboolean on_typed(gpointer data)
{
    HuneFilesView *self = data;

    self->typing = 0;
    hune_file_pane_set_user(self->there, hune_user_button_get(self->user));
    return G_SOURCE_REMOVE;
}

static void on_user(HuneFilesView *self)
{
    hune_file_pane_set_user(self->there, NULL);
    g_clear_handle_id(&self->typing, g_source_remove);
    self->typing = g_timeout_add(TYPING_MS, on_typed, self);
}

HuneUserButton *hune_files_view_user(HuneFilesView *self)
{
    return self->user;
}

guint hune_files_view_transfers(HuneFilesView *self)
{
    GtkWidget *row = gtk_widget_get_first_child(GTK_WIDGET(self->rows));
    guint count = 0;

    for (; row; row = gtk_widget_get_next_sibling(row))
        count += !hune_carry_row_is_over(HUNE_CARRY_ROW(row));
    return count;
}

/* ---- life ---- */

static gboolean is_connected(HuneFilesView *self)
{
    return self->machine->is_listed && self->machine->state == MACHINE_CONNECTED;
}

/* A folder of a machine that comes back is read then. */
static void on_machine(HuneFilesView *self)
{
    gboolean connected = is_connected(self);

    if (connected && !self->was_connected && gtk_widget_get_mapped(GTK_WIDGET(self)))
        hune_file_pane_reload(self->there);
    self->was_connected = connected;
}

static void hune_files_view_map(GtkWidget *widget)
{
    HuneFilesView *self = HUNE_FILES_VIEW(widget);

    GTK_WIDGET_CLASS(hune_files_view_parent_class)->map(widget);
    if (!hune_file_pane_folder(self->here))
        hune_file_pane_reload(self->here);
    if (!hune_file_pane_folder(self->there))
        hune_file_pane_reload(self->there);
}

void hune_files_view_stop(HuneFilesView *self)
{
    GtkWidget *row = gtk_widget_get_first_child(GTK_WIDGET(self->rows));

    for (; row; row = gtk_widget_get_next_sibling(row))
        hune_carry_row_stop(HUNE_CARRY_ROW(row));
}

static void hune_files_view_dispose(GObject *object)
{
    HuneFilesView *self = HUNE_FILES_VIEW(object);

    g_clear_handle_id(&self->typing, g_source_remove);
    if (self->machine) {
        hune_files_view_stop(self);
        g_signal_handlers_disconnect_by_data(self->machine, self);
    }
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_files_view_parent_class)->dispose(object);
}

static void hune_files_view_class_init(HuneFilesViewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_files_view_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_files_view_map;
}

static void hune_files_view_init(HuneFilesView *self)
{
    (void)self;
}

static GtkWidget *side(HuneFilesView *self, GtkWidget *pane, const char *title, GtkWidget *user,
                       GtkWidget *button, GCallback dropped, GCallback send)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *top = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *label = gtk_label_new(title);

    gtk_widget_add_css_class(label, "heading");
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_widget_set_hexpand(label, TRUE);
    gtk_widget_set_sensitive(button, FALSE);
    g_signal_connect_swapped(button, "clicked", send, self);
    g_signal_connect_swapped(pane, "send", send, self);
    g_signal_connect_swapped(pane, "dropped", dropped, self);
    g_signal_connect_swapped(pane, "chosen", G_CALLBACK(show_sensitive), self);
    gtk_box_append(GTK_BOX(top), label);
    if (user)
        gtk_box_append(GTK_BOX(top), user);
    gtk_box_append(GTK_BOX(top), button);
    gtk_widget_set_margin_start(top, 6);
    gtk_box_append(GTK_BOX(box), top);
    gtk_box_append(GTK_BOX(box), pane);
    gtk_widget_set_vexpand(pane, TRUE);
    gtk_widget_set_margin_start(box, 6);
    gtk_widget_set_margin_end(box, 6);
    gtk_widget_set_margin_bottom(box, 6);
    return box;
}

static GtkWidget *make_transfers(HuneFilesView *self)
{
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->rows = GTK_BOX(gtk_box_new(GTK_ORIENTATION_VERTICAL, 0));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->rows), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Transfers"), -1);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->rows));
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), 220);
    gtk_widget_set_visible(scrolled, FALSE);
    self->transfers = scrolled;
    return scrolled;
}

GtkWidget *hune_files_view_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneFilesView *self = g_object_new(HUNE_TYPE_FILES_VIEW, NULL);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *paned = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
    g_autoptr(GtkSizeGroup) halves = gtk_size_group_new(GTK_SIZE_GROUP_HORIZONTAL);
    GtkWidget *here, *there;

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    self->was_connected = is_connected(self);
    self->here = HUNE_FILE_PANE(hune_file_pane_new(fleet, NULL));
    self->there = HUNE_FILE_PANE(hune_file_pane_new(fleet, machine));
    self->user = HUNE_USER_BUTTON(hune_user_button_new());
    hune_user_button_set_machine(self->user, machine);
    g_signal_connect_object(self->user, "notify::user", G_CALLBACK(on_user), self,
                            G_CONNECT_SWAPPED);
    self->put = gtk_button_new_with_label(_("Put there"));
    self->get = gtk_button_new_with_label(_("Get here"));
    here = side(self, GTK_WIDGET(self->here), _("This computer"), NULL, self->put,
                G_CALLBACK(on_dropped_here), G_CALLBACK(on_put));
    there = side(self, GTK_WIDGET(self->there), machine->name, GTK_WIDGET(self->user), self->get,
                 G_CALLBACK(on_dropped_there), G_CALLBACK(on_get));
    /* A paned begins where its sides' needs are in proportion: these get a half each. */
    gtk_size_group_add_widget(halves, here);
    gtk_size_group_add_widget(halves, there);
    gtk_paned_set_start_child(GTK_PANED(paned), here);
    gtk_paned_set_end_child(GTK_PANED(paned), there);
    gtk_paned_set_shrink_start_child(GTK_PANED(paned), FALSE);
    gtk_paned_set_shrink_end_child(GTK_PANED(paned), FALSE);
    gtk_widget_set_vexpand(paned, TRUE);
    gtk_box_append(GTK_BOX(box), paned);
    gtk_box_append(GTK_BOX(box), make_transfers(self));
    adw_bin_set_child(ADW_BIN(self), box);
    g_signal_connect_swapped(machine, "changed", G_CALLBACK(on_machine), self);
    return GTK_WIDGET(self);
}
