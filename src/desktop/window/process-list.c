/* See process-list.h. */
#include "desktop/window/process-list.h"

#include <math.h>

#include "desktop/model/order-model.h"
#include "desktop/text/facts-text.h"
#include "desktop/view/row-name.h"
#include "desktop/view/sort-keys.h"
#include "desktop/view/table-scroll.h"
#include "desktop/window/window.h"
#include "desktop/worker/sight.h"
#include "fleet/home/i18n.h"

/* ---- one process ---- */

#define HUNE_TYPE_PROCESS (hune_process_get_type())
G_DECLARE_FINAL_TYPE(HuneProcess, hune_process, HUNE, PROCESS, GObject)

struct _HuneProcess {
    GObject parent_instance;
    guint64 pid;
    double cpu;
    guint64 memory;
    char *user;
    char *command;
};

G_DEFINE_FINAL_TYPE(HuneProcess, hune_process, G_TYPE_OBJECT)

static void hune_process_finalize(GObject *object)
{
    g_free(HUNE_PROCESS(object)->user);
    g_free(HUNE_PROCESS(object)->command);
    G_OBJECT_CLASS(hune_process_parent_class)->finalize(object);
}

static void hune_process_class_init(HuneProcessClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hune_process_finalize;
}

static void hune_process_init(HuneProcess *self)
{
    (void)self;
}

/* ---- the list ---- */

struct _HuneProcessList {
    AdwBin parent_instance;

    GtkColumnView *view;
    GListStore *store;
    GtkSingleSelection *selection;
    GtkButton *stop;

    HuneFleet *fleet;
    HuneMachine *machine;
};

G_DEFINE_FINAL_TYPE(HuneProcessList, hune_process_list, ADW_TYPE_BIN)

static char *pid_text(const HuneProcess *process)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, process->pid);
}

static char *user_text(const HuneProcess *process)
{
    return g_strdup(process->user);
}

static char *cpu_text(const HuneProcess *process)
{
    return isnan(process->cpu) ? g_strdup("") : g_strdup_printf("%.1f %%", process->cpu);
}

static char *memory_text(const HuneProcess *process)
{
    return hune_size_text((double)process->memory);
}

static char *command_text(const HuneProcess *process)
{
    return g_strdup(process->command);
}

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_pid(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return compare_numbers((double)((const HuneProcess *)a)->pid,
                           (double)((const HuneProcess *)b)->pid);
}

static int by_user(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return g_strcmp0(((const HuneProcess *)a)->user, ((const HuneProcess *)b)->user);
}

static int by_cpu(gconstpointer a, gconstpointer b, gpointer data)
{
    double one = ((const HuneProcess *)a)->cpu, other = ((const HuneProcess *)b)->cpu;

    (void)data;
    return compare_numbers(isnan(one) ? -1 : one, isnan(other) ? -1 : other);
}

static int by_memory(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return compare_numbers((double)((const HuneProcess *)a)->memory,
                           (double)((const HuneProcess *)b)->memory);
}

static int by_command(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return g_strcmp0(((const HuneProcess *)a)->command, ((const HuneProcess *)b)->command);
}

static const struct process_column {
    const char *title;
    char *(*text)(const HuneProcess *process);
    GCompareDataFunc compare;
    int width_chars;
    gboolean right;
} columns[] = {
    {N_("PID"), pid_text, by_pid, 7, TRUE},
    {N_("User"), user_text, by_user, 9, FALSE},
    {N_("CPU"), cpu_text, by_cpu, 7, TRUE},
    {N_("Memory"), memory_text, by_memory, 9, TRUE},
    {N_("Command"), command_text, by_command, 20, FALSE},
};

static void setup_cell(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct process_column *column = data;
    GtkWidget *label = gtk_label_new("");

    (void)factory;
    gtk_label_set_xalign(GTK_LABEL(label), column->right ? 1 : 0);
    gtk_label_set_width_chars(GTK_LABEL(label), column->width_chars);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_list_item_set_child(item, label);
}

static void bind_cell(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct process_column *column = data;
    g_autofree char *text = column->text(gtk_list_item_get_item(item));

    (void)factory;
    gtk_label_set_label(GTK_LABEL(gtk_list_item_get_child(item)), text);
    if (column->compare == by_command)
        hune_row_name(gtk_list_item_get_child(item), text);
}

static void add_columns(HuneProcessList *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
        g_autoptr(GtkColumnViewColumn) column = NULL;
        g_autoptr(GtkSorter)
            sorter = GTK_SORTER(gtk_custom_sorter_new(columns[i].compare, NULL, NULL));

        g_signal_connect(factory, "setup", G_CALLBACK(setup_cell), (gpointer)&columns[i]);
        g_signal_connect(factory, "bind", G_CALLBACK(bind_cell), (gpointer)&columns[i]);
        column = gtk_column_view_column_new(_(columns[i].title), factory);
        gtk_column_view_column_set_sorter(column, sorter);
        gtk_column_view_column_set_expand(column, i + 1 == G_N_ELEMENTS(columns));
        gtk_column_view_append_column(self->view, column);
        if (columns[i].compare == by_cpu)
            gtk_column_view_sort_by_column(self->view, column, GTK_SORT_DESCENDING);
    }
}

/* ---- taking samples ---- */

static guint64 selected_pid(HuneProcessList *self)
{
    HuneProcess *process = gtk_single_selection_get_selected_item(self->selection);

    return process ? process->pid : 0;
}

static void select_pid(HuneProcessList *self, guint64 pid)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(self->selection));

    for (guint i = 0; pid && i < count; i++) {
        g_autoptr(HuneProcess) process = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

        if (process->pid == pid) {
            gtk_single_selection_set_selected(self->selection, i);
            return;
        }
    }
}

/* All rows are new ones; who was selected stays so. */
void hune_process_list_take(HuneProcessList *self, const struct sight_process *processes,
                            size_t count)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_object_unref);
    guint64 pid = selected_pid(self);

    for (size_t i = 0; i < count; i++) {
        HuneProcess *process = g_object_new(HUNE_TYPE_PROCESS, NULL);

        process->pid = processes[i].pid;
        process->cpu = processes[i].cpu;
        process->memory = processes[i].memory;
        process->user = g_strdup(processes[i].user);
        process->command = g_strdup(processes[i].command);
        g_ptr_array_add(items, process);
    }
    /* Told once, at the end: else the button would be insensitive for a moment, and lose the focus
     * and the click that was just begun. */
    g_object_freeze_notify(G_OBJECT(self->selection));
    g_list_store_splice(self->store, 0, g_list_model_get_n_items(G_LIST_MODEL(self->store)),
                        items->pdata, items->len);
    select_pid(self, pid);
    g_object_thaw_notify(G_OBJECT(self->selection));
}

/* ---- stopping one ---- */

static void on_stop_done(HuneOrder *order, gpointer data)
{
    HuneProcessList *self = data;
    const struct hune_answer *answer = hune_order_answer(order, 0);
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));

    if (root && HUNE_IS_WINDOW(root)) {
        if (hune_answer_is_ok(answer))
            hune_window_toast(HUNE_WINDOW(root), _("The process was told to end"));
        else
            hune_window_fail(HUNE_WINDOW(root), _("The process could not be stopped"),
                             answer->sentence ? answer->sentence : answer->text->str);
    }
    g_object_unref(self);
}

static void on_response(HuneProcessList *self, const char *response, GtkWidget *dialog)
{
    const char *line = g_object_get_data(G_OBJECT(dialog), "line");
    g_autoptr(GPtrArray) machines = g_ptr_array_new();
    g_autoptr(HuneOrder) order = NULL;

    if (!g_str_equal(response, "stop") || !self->machine)
        return;
    g_ptr_array_add(machines, self->machine);
    order = hune_order_new(self->fleet, machines, VERB_RUN, line);
    g_signal_connect(order, "done", G_CALLBACK(on_stop_done), g_object_ref(self));
}

static void on_stop(HuneProcessList *self)
{
    HuneProcess *process = gtk_single_selection_get_selected_item(self->selection);
    g_autofree char *body = NULL;
    g_autofree char *pid = NULL;
    GtkWidget *dialog;

    if (!process)
        return;
    pid = pid_text(process);
    body = g_strdup_printf(_("%s\n\nProcess %s of %s on %s is asked to end (SIGTERM)."),
                           process->command, pid, process->user, self->machine->name);
    dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))),
                                    _("Stop this process?"), body);
    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("Cancel"), "stop",
                                     _("Stop the process"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "stop",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    g_object_set_data_full(G_OBJECT(dialog), "line",
                           g_strdup_printf("kill -TERM %" G_GUINT64_FORMAT, process->pid), g_free);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_response), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void on_selected(HuneProcessList *self)
{
    gtk_widget_set_sensitive(GTK_WIDGET(self->stop),
                             gtk_single_selection_get_selected_item(self->selection) != NULL);
}

/* ---- the type ---- */

static void hune_process_list_dispose(GObject *object)
{
    HuneProcessList *self = HUNE_PROCESS_LIST(object);

    if (self->selection)
        g_signal_handlers_disconnect_by_data(self->selection, self);
    g_clear_object(&self->selection);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_process_list_parent_class)->dispose(object);
}

static void hune_process_list_class_init(HuneProcessListClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_process_list_dispose;
}

/* The title, which of all processes these are, and the button. */
static GtkWidget *make_top(HuneProcessList *self)
{
    GtkWidget *top = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *title = gtk_label_new(_("Processes"));
    g_autofree char *text = g_strdup_printf(_("the %d busiest and the %d largest"), SIGHT_PROCESSES,
                                            SIGHT_PROCESSES);
    GtkWidget *which = gtk_label_new(text);

    gtk_widget_add_css_class(title, "heading");
    gtk_widget_add_css_class(which, "dim-label");
    gtk_widget_set_hexpand(which, TRUE);
    gtk_label_set_xalign(GTK_LABEL(which), 0);
    gtk_label_set_ellipsize(GTK_LABEL(which), PANGO_ELLIPSIZE_END);
    self->stop = GTK_BUTTON(gtk_button_new_with_label(_("Stop the process…")));
    gtk_widget_set_sensitive(GTK_WIDGET(self->stop), FALSE);
    g_signal_connect_swapped(self->stop, "clicked", G_CALLBACK(on_stop), self);
    gtk_box_append(GTK_BOX(top), title);
    gtk_box_append(GTK_BOX(top), which);
    gtk_box_append(GTK_BOX(top), GTK_WIDGET(self->stop));
    return top;
}

static void hune_process_list_init(HuneProcessList *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
    GtkWidget *scrolled = gtk_scrolled_window_new();
    GtkSortListModel *sorted;

    self->view = GTK_COLUMN_VIEW(gtk_column_view_new(NULL));
    self->store = g_list_store_new(HUNE_TYPE_PROCESS);
    sorted = gtk_sort_list_model_new(G_LIST_MODEL(self->store),
                                     g_object_ref(gtk_column_view_get_sorter(self->view)));
    self->selection = gtk_single_selection_new(G_LIST_MODEL(sorted));
    gtk_single_selection_set_autoselect(self->selection, FALSE);
    gtk_single_selection_set_can_unselect(self->selection, TRUE);
    gtk_column_view_set_model(self->view, GTK_SELECTION_MODEL(self->selection));
    add_columns(self);
    hune_sort_keys_add(self->view);
    hune_table_sort_from_top(self->view);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Processes"), -1);
    g_signal_connect_swapped(self->selection, "notify::selected-item", G_CALLBACK(on_selected),
                             self);
    gtk_widget_add_css_class(GTK_WIDGET(self->view), "data-table");
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), GTK_WIDGET(self->view));
    gtk_scrolled_window_set_has_frame(GTK_SCROLLED_WINDOW(scrolled), TRUE);
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled), 260);
    gtk_box_append(GTK_BOX(box), make_top(self));
    gtk_box_append(GTK_BOX(box), scrolled);
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_process_list_new(void)
{
    return g_object_new(HUNE_TYPE_PROCESS_LIST, NULL);
}

void hune_process_list_set_machine(HuneProcessList *self, HuneFleet *fleet, HuneMachine *machine)
{
    g_set_object(&self->fleet, fleet);
    g_set_object(&self->machine, machine);
}
