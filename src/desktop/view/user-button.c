/* See user-button.h. The machine alone decides who may run what; what it told of that is only a
 * proposal, and any name can be typed: the refusal then comes from the machine, in words. */
#include "desktop/view/user-button.h"

#include <string.h>

#include "desktop/view/announce.h"
#include "desktop/view/spoken-names.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/machines.h"

struct _HuneUserButton {
    AdwBin parent_instance;

    GtkMenuButton *button;
    GtkEntry *entry;
    GtkLabel *fault;
    GtkWidget *proposals;

    GPtrArray *machines; /* HuneMachine */
    char *user;
    char *before; /* what stood when the popover opened */
};

G_DEFINE_FINAL_TYPE(HuneUserButton, hune_user_button, ADW_TYPE_BIN)

enum { PROPERTY_0, PROPERTY_USER, PROPERTIES };
static GParamSpec *properties[PROPERTIES];

/* ---- what was chosen ---- */

const char *hune_user_button_get(HuneUserButton *self)
{
    return *self->user == '\0' || machine_user_valid(self->user) ? self->user : NULL;
}

static void show(HuneUserButton *self)
{
    gboolean good = hune_user_button_get(self) != NULL;
    g_autofree char *text = *self->user ? g_strdup_printf(_("as %s"), self->user)
                                        : g_strdup(_("as default"));
    g_autofree char *name = g_strdup_printf(_("Run as: %s"),
                                            *self->user ? self->user : _("default"));

    gtk_menu_button_set_label(self->button, good ? text : _("as …"));
    hune_spoken_menu_button(self->button, name, NULL);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->button), name);
    if (!good && !gtk_widget_get_visible(GTK_WIDGET(self->fault)))
        hune_announce(GTK_WIDGET(self), gtk_label_get_label(self->fault));
    gtk_widget_set_visible(GTK_WIDGET(self->fault), !good);
    if (good)
        gtk_widget_remove_css_class(GTK_WIDGET(self->entry), "error");
    else
        gtk_widget_add_css_class(GTK_WIDGET(self->entry), "error");
}

static void set_user(HuneUserButton *self, const char *text)
{
    g_autofree char *user = g_strstrip(g_strdup(text ? text : ""));

    if (g_str_equal(user, self->user))
        return;
    g_free(self->user);
    self->user = g_steal_pointer(&user);
    show(self);
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROPERTY_USER]);
}

static void on_typed(HuneUserButton *self)
{
    set_user(self, gtk_editable_get_text(GTK_EDITABLE(self->entry)));
}

/* Not typed, so the entry has to follow. */
static void write_user(HuneUserButton *self, const char *user)
{
    g_signal_handlers_block_by_func(self->entry, on_typed, self);
    gtk_editable_set_text(GTK_EDITABLE(self->entry), user ? user : "");
    g_signal_handlers_unblock_by_func(self->entry, on_typed, self);
    set_user(self, user);
}

static void on_entered(HuneUserButton *self)
{
    if (hune_user_button_get(self))
        gtk_menu_button_popdown(self->button);
}

/* Escape takes back what was typed since the popover opened; the popover closes by itself. */
static gboolean on_key(HuneUserButton *self, guint key)
{
    if (key == GDK_KEY_Escape)
        write_user(self, self->before);
    return GDK_EVENT_PROPAGATE;
}

/* ---- proposals ---- */

static gboolean allows(const HuneMachine *machine, const char *user)
{
    g_auto(GStrv) users = machine->info ? g_strsplit(machine->info->run_as, ",", -1) : NULL;

    return !users || g_strv_contains((const char *const *)users, user) ||
           g_strv_contains((const char *const *)users, "*");
}

/* A machine that was never connected forbids nothing. */
static gboolean all_allow(HuneUserButton *self, const char *user)
{
    for (guint i = 0; i < self->machines->len; i++) {
        if (!allows(g_ptr_array_index(self->machines, i), user))
            return FALSE;
    }
    return TRUE;
}

static void on_picked(HuneUserButton *self, GtkButton *button)
{
    write_user(self, g_object_get_data(G_OBJECT(button), "user"));
    gtk_menu_button_popdown(self->button);
}

static void add_proposal(HuneUserButton *self, const char *user, const char *title)
{
    GtkWidget *button = gtk_button_new_with_label(title);

    g_object_set_data_full(G_OBJECT(button), "user", g_strdup(user), g_free);
    gtk_widget_add_css_class(button, "flat");
    gtk_label_set_xalign(GTK_LABEL(gtk_button_get_child(GTK_BUTTON(button))), 0);
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_picked), self, G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(self->proposals), button);
}

/* What the list says for all of them, if it says one thing. */
static char *default_title(HuneUserButton *self)
{
    const HuneMachine *first = self->machines->len > 0 ? g_ptr_array_index(self->machines, 0)
                                                       : NULL;

    for (guint i = 1; i < self->machines->len; i++) {
        const HuneMachine *machine = g_ptr_array_index(self->machines, i);

        if (g_strcmp0(machine->user, first->user) != 0)
            return g_strdup(_("Default: as the list says"));
    }
    return first && first->user && *first->user ? g_strdup_printf(_("Default: %s"), first->user)
                                                : g_strdup(_("Default: the machine decides"));
}

/* Of the first machine that told any: who is allowed by all is allowed by it. */
static void propose(HuneUserButton *self)
{
    g_autofree char *title = default_title(self);
    g_auto(GStrv) users = NULL;
    GtkWidget *child;

    while ((child = gtk_widget_get_first_child(self->proposals)))
        gtk_box_remove(GTK_BOX(self->proposals), child);
    add_proposal(self, "", title);
    for (guint i = 0; !users && i < self->machines->len; i++) {
        const HuneMachine *machine = g_ptr_array_index(self->machines, i);

        if (machine->info && !g_str_equal(machine->info->run_as, "*"))
            users = g_strsplit(machine->info->run_as, ",", -1);
    }
    for (guint i = 0; users && users[i]; i++) {
        if (machine_user_valid(users[i]) && all_allow(self, users[i]))
            add_proposal(self, users[i], users[i]);
    }
}

static void on_opened(HuneUserButton *self)
{
    g_free(self->before);
    self->before = g_strdup(self->user);
    propose(self);
}

void hune_user_button_set_machines(HuneUserButton *self, GPtrArray *machines)
{
    g_ptr_array_ref(machines);
    g_ptr_array_unref(self->machines);
    self->machines = machines;
}

void hune_user_button_set_machine(HuneUserButton *self, HuneMachine *machine)
{
    g_autoptr(GPtrArray) machines = g_ptr_array_new_with_free_func(g_object_unref);

    g_ptr_array_add(machines, g_object_ref(machine));
    hune_user_button_set_machines(self, machines);
}

/* ---- the type ---- */

static void hune_user_button_get_property(GObject *object, guint id, GValue *value,
                                          GParamSpec *spec)
{
    if (id == PROPERTY_USER)
        g_value_set_string(value, HUNE_USER_BUTTON(object)->user);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void hune_user_button_set_property(GObject *object, guint id, const GValue *value,
                                          GParamSpec *spec)
{
    if (id == PROPERTY_USER)
        write_user(HUNE_USER_BUTTON(object), g_value_get_string(value));
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
}

static void hune_user_button_finalize(GObject *object)
{
    HuneUserButton *self = HUNE_USER_BUTTON(object);

    g_ptr_array_unref(self->machines);
    g_free(self->user);
    g_free(self->before);
    G_OBJECT_CLASS(hune_user_button_parent_class)->finalize(object);
}

static void hune_user_button_class_init(HuneUserButtonClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);

    object_class->get_property = hune_user_button_get_property;
    object_class->set_property = hune_user_button_set_property;
    object_class->finalize = hune_user_button_finalize;
    properties[PROPERTY_USER] = g_param_spec_string("user", NULL, NULL, "",
                                                    G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                                        G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object_class, PROPERTIES, properties);
}

static GtkWidget *make_content(HuneUserButton *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *scrolled = gtk_scrolled_window_new();

    self->entry = GTK_ENTRY(gtk_entry_new());
    self->fault = GTK_LABEL(gtk_label_new(_("That is no user's name.")));
    self->proposals = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_entry_set_placeholder_text(self->entry, _("User on the machine"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("User to run as"), -1);
    g_signal_connect_swapped(self->entry, "changed", G_CALLBACK(on_typed), self);
    g_signal_connect_swapped(self->entry, "activate", G_CALLBACK(on_entered), self);
    gtk_label_set_xalign(self->fault, 0);
    gtk_widget_add_css_class(GTK_WIDGET(self->fault), "caption");
    gtk_widget_add_css_class(GTK_WIDGET(self->fault), "error");
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scrolled), 240);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), self->proposals);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->entry));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->fault));
    gtk_box_append(GTK_BOX(box), scrolled);
    return box;
}

static void hune_user_button_init(HuneUserButton *self)
{
    GtkWidget *popover = gtk_popover_new();
    GtkEventController *keys = gtk_event_controller_key_new();

    self->user = g_strdup("");
    self->before = g_strdup("");
    self->machines = g_ptr_array_new();
    self->button = GTK_MENU_BUTTON(gtk_menu_button_new());
    gtk_popover_set_child(GTK_POPOVER(popover), make_content(self));
    g_signal_connect_object(popover, "show", G_CALLBACK(on_opened), self, G_CONNECT_SWAPPED);
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect_object(keys, "key-pressed", G_CALLBACK(on_key), self, G_CONNECT_SWAPPED);
    gtk_widget_add_controller(popover, keys);
    gtk_menu_button_set_popover(self->button, popover);
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->button));
    show(self);
}

GtkWidget *hune_user_button_new(void)
{
    return g_object_new(HUNE_TYPE_USER_BUTTON, NULL);
}
