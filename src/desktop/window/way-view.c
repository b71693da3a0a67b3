/* See way-view.h. */
#include "desktop/window/way-view.h"

#include "desktop/worker/way.h"
#include "fleet/home/i18n.h"
#include "proto/sshkey.h"

struct _HuneWayView {
    AdwBin parent_instance;

    GtkListBox *steps;
    GtkLabel *verdict;

    HuneFleet *fleet;
    guint serial; /* of the look */
};

G_DEFINE_FINAL_TYPE(HuneWayView, hune_way_view, ADW_TYPE_BIN)

struct look {
    HuneWayView *view;
    guint serial;
};

/* ---- rows ---- */

static GtkWidget *text_new(const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_selectable(GTK_LABEL(label), TRUE);
    if (class)
        gtk_widget_add_css_class(label, class);
    return label;
}

static GtkWidget *mark_new(const struct way_news *news)
{
    GtkWidget *icon;

    if (!news)
        icon = gtk_spinner_new();
    else
        icon = gtk_image_new_from_icon_name(!news->is_ok       ? "process-stop-symbolic"
                                            : news->is_warning ? "dialog-warning-symbolic"
                                                               : "emblem-ok-symbolic");
    if (!news)
        gtk_spinner_start(GTK_SPINNER(icon));
    else
        gtk_widget_add_css_class(icon, !news->is_ok       ? "error"
                                       : news->is_warning ? "warning"
                                                          : "success");
    gtk_widget_set_valign(icon, GTK_ALIGN_START);
    return icon;
}

/* `news` NULL: the step is under way. */
static void add_row(HuneWayView *self, enum doctor_step step, const struct way_news *news)
{
    GtkWidget *row = gtk_list_box_row_new();
    GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    const char *text = _(doctor_step_text(step));
    const char *word = !news              ? _("under way")
                       : !news->is_ok     ? _("failed")
                       : news->is_warning ? _("look at it")
                                          : _("ok");
    g_autofree char *name = g_strdup_printf(_("%s: %s"), text, word);

    gtk_box_append(GTK_BOX(box), text_new(text, NULL));
    if (news && *news->detail)
        gtk_box_append(GTK_BOX(box), text_new(news->detail, "caption"));
    if (news && news->sentence)
        gtk_box_append(GTK_BOX(box), text_new(news->sentence, "error"));
    if (news && news->advice && *news->advice)
        gtk_box_append(GTK_BOX(box), text_new(news->advice, NULL));
    gtk_widget_set_hexpand(box, TRUE);
    gtk_box_append(GTK_BOX(line), mark_new(news));
    gtk_box_append(GTK_BOX(line), box);
    gtk_widget_set_margin_top(line, 6);
    gtk_widget_set_margin_bottom(line, 6);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), line);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    g_object_set_data(G_OBJECT(row), "under-way", GINT_TO_POINTER(!news));
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    gtk_list_box_append(self->steps, row);
}

/* Takes away the row of the step that is under way. */
static void remove_under_way(HuneWayView *self)
{
    GtkWidget *last = gtk_widget_get_last_child(GTK_WIDGET(self->steps));

    if (last && g_object_get_data(G_OBJECT(last), "under-way"))
        gtk_list_box_remove(self->steps, last);
}

/* ---- what is found ---- */

static void on_told(const struct way_news *news, void *owner)
{
    struct look *look = owner;
    HuneWayView *self = look->view;

    if (self->fleet && look->serial == self->serial) {
        remove_under_way(self);
        if (!news->is_over)
            add_row(self, news->step, news);
        if (!news->is_over && news->is_ok && news->step + 1 < DOCTOR_STEPS)
            add_row(self, news->step + 1, NULL);
        if (news->is_over && news->is_ok)
            gtk_label_set_label(self->verdict, _("The machine is well."));
        gtk_widget_set_visible(GTK_WIDGET(self->verdict), news->is_over && news->is_ok);
    }
    if (!news->is_over)
        return;
    g_object_unref(self);
    g_free(look);
}

void hune_way_view_look(HuneWayView *self, const char *host, guint16 port, const guint8 *id,
                        const char *user)
{
    struct look *look = g_new0(struct look, 1);
    const struct way_ask ask = {
        .host = host, .port = port, .id = id, .user = user, .told = on_told, .owner = look};
    GtkListBoxRow *row;

    while ((row = gtk_list_box_get_row_at_index(self->steps, 0)))
        gtk_list_box_remove(self->steps, GTK_WIDGET(row));
    gtk_widget_set_visible(GTK_WIDGET(self->verdict), FALSE);
    look->view = g_object_ref(self);
    look->serial = ++self->serial;
    add_row(self, DOCTOR_RESOLVE, NULL);
    worker_send_way(hune_fleet_worker(self->fleet), &ask);
}

/* ---- the type ---- */

static void hune_way_view_dispose(GObject *object)
{
    g_clear_object(&HUNE_WAY_VIEW(object)->fleet);
    G_OBJECT_CLASS(hune_way_view_parent_class)->dispose(object);
}

static void hune_way_view_class_init(HuneWayViewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_way_view_dispose;
}

static void hune_way_view_init(HuneWayView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

    self->steps = GTK_LIST_BOX(gtk_list_box_new());
    gtk_list_box_set_selection_mode(self->steps, GTK_SELECTION_NONE);
    gtk_widget_add_css_class(GTK_WIDGET(self->steps), "background");
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->steps), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("The way to the machine"), -1);
    self->verdict = GTK_LABEL(text_new("", "heading"));
    gtk_widget_set_visible(GTK_WIDGET(self->verdict), FALSE);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->steps));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->verdict));
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_way_view_new(HuneFleet *fleet)
{
    HuneWayView *self = g_object_new(HUNE_TYPE_WAY_VIEW, NULL);

    self->fleet = g_object_ref(fleet);
    return GTK_WIDGET(self);
}

/* ---- a window of its own ---- */

void hune_way_window_show(GtkWindow *parent, HuneFleet *fleet, HuneMachine *machine)
{
    GtkWidget *window = g_object_new(ADW_TYPE_WINDOW, "accessible-role", GTK_ACCESSIBLE_ROLE_DIALOG,
                                     NULL);
    GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkWidget *view = hune_way_view_new(fleet);
    GtkEventController *keys = gtk_shortcut_controller_new();
    g_autofree char *title = g_strdup_printf(_("The way to %s"), machine->name);
    uint8_t id[MACHINE_ID_SIZE];
    bool has_id = machine->has_id && fingerprint_parse(machine->id, id);

    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
                                         gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                                                          gtk_named_action_new("window.close")));
    gtk_widget_add_controller(window, keys);
    gtk_widget_set_margin_top(view, 12);
    gtk_widget_set_margin_bottom(view, 12);
    gtk_widget_set_margin_start(view, 18);
    gtk_widget_set_margin_end(view, 18);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), view);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scrolled, TRUE);
    gtk_box_append(GTK_BOX(outer), adw_header_bar_new());
    gtk_box_append(GTK_BOX(outer), scrolled);
    adw_window_set_content(ADW_WINDOW(window), outer);
    gtk_window_set_title(GTK_WINDOW(window), title);
    gtk_window_set_transient_for(GTK_WINDOW(window), parent);
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 520, 480);
    hune_way_view_look(HUNE_WAY_VIEW(view), machine->host, machine->port, has_id ? id : NULL,
                       machine->user);
    gtk_window_present(GTK_WINDOW(window));
}
