/* See load-view.h. The machine is looked at only while this can be seen. */
#include "desktop/window/load-view.h"

#include <math.h>

#include "desktop/view/graph.h"
#include "desktop/window/process-list.h"
#include "desktop/worker/sight.h"
#include "fleet/home/i18n.h"

enum { CPU, MEMORY, NETWORK, DISKS, GRAPHS };
enum { LIVE, RANGES = 4, HISTORY_S = 60 };

struct _HuneLoadView {
    AdwBin parent_instance;

    HuneGraph *graphs[GRAPHS];
    GtkToggleButton *buttons[RANGES];
    GtkLabel *note;
    HuneProcessList *processes;

    HuneFleet *fleet;
    HuneMachine *machine;
    guint range;
    gboolean is_looking; /* the worker holds a reference to us */
    gboolean wants_look;
    guint timer;
    guint asked; /* serial of the last question for history */
};

G_DEFINE_FINAL_TYPE(HuneLoadView, hune_load_view, ADW_TYPE_BIN)

static const struct {
    const char *title;
    gint64 span_ms;
} ranges[RANGES] = {
    {N_("Live"), 5 * 60 * 1000LL},
    {N_("1 hour"), 60 * 60 * 1000LL},
    {N_("24 hours"), 24 * 60 * 60 * 1000LL},
    {N_("14 days"), 14 * 24 * 60 * 60 * 1000LL},
};

/* ---- live ---- */

static double percent(const double *value, enum vital used, enum vital total)
{
    return value[total] > 0 ? 100 * value[used] / value[total] : (double)NAN;
}

static void add_live(HuneLoadView *self, const struct sight_news *news)
{
    double cpu[HUNE_GRAPH_SERIES_MAX];
    guint cores = MIN((guint)news->core_count, HUNE_GRAPH_SERIES_MAX - 1);
    double memory = percent(news->value, VITAL_MEM_USED, VITAL_MEM_TOTAL);
    double network[2] = {news->value[VITAL_NET_RX], news->value[VITAL_NET_TX]};
    double disks[2] = {news->value[VITAL_DISK_READ], news->value[VITAL_DISK_WRITE]};
    gint64 time = (gint64)news->time_ms;

    cpu[0] = news->value[VITAL_CPU_BUSY];
    for (guint i = 0; i < cores; i++)
        cpu[i + 1] = news->cores[i];
    hune_graph_add(self->graphs[CPU], time, cpu, cores + 1);
    hune_graph_add(self->graphs[MEMORY], time, &memory, 1);
    hune_graph_add(self->graphs[NETWORK], time, network, 2);
    hune_graph_add(self->graphs[DISKS], time, disks, 2);
    for (guint i = 0; i < GRAPHS; i++)
        hune_graph_show(self->graphs[i]);
}

static void look(HuneLoadView *self);
static void ask_history(HuneLoadView *self);

static void on_told(const struct sight_news *news, void *owner)
{
    HuneLoadView *self = owner;

    if (news->is_over) {
        self->is_looking = FALSE;
        if (self->wants_look && self->machine && self->machine->state == MACHINE_CONNECTED)
            look(self);
        g_object_unref(self);
        return;
    }
    if (!self->machine || !self->wants_look)
        return;
    if (self->range == LIVE)
        add_live(self, news);
    hune_process_list_take(self->processes, news->processes, news->process_count);
}

static void look(HuneLoadView *self)
{
    self->wants_look = TRUE;
    if (self->is_looking || self->machine->state != MACHINE_CONNECTED)
        return;
    self->is_looking = TRUE;
    if (self->range == LIVE)
        ask_history(self);
    worker_send_sight(hune_fleet_worker(self->fleet), self->machine->slot, on_told,
                      g_object_ref(self));
}

static void look_away(HuneLoadView *self)
{
    self->wants_look = FALSE;
    if (self->is_looking)
        worker_send_sight_end(hune_fleet_worker(self->fleet), self);
}

/* ---- history ---- */

struct question {
    HuneLoadView *view;
    guint serial;
    gint64 span_ms;
};

static double cell(const struct vitals_history *history, size_t row, long column)
{
    return column < 0 ? (double)NAN : history->mean[row * history->column_count + (size_t)column];
}

/* From when to when: an agent that is young remembers less than was asked for. */
static void show_stretch(HuneLoadView *self, const struct vitals_history *history)
{
    g_autoptr(GDateTime) first = NULL;
    g_autoptr(GDateTime) last = NULL;
    g_autofree char *first_text = NULL;
    g_autofree char *last_text = NULL;
    g_autofree char *text = NULL;

    if (history->row_count > 0) {
        first = g_date_time_new_from_unix_local((gint64)(history->row_ms[0] / 1000));
        last = g_date_time_new_from_unix_local(
            (gint64)(history->row_ms[history->row_count - 1] / 1000));
        first_text = first ? g_date_time_format(first, "%x %H:%M") : NULL;
        last_text = last ? g_date_time_format(last, "%x %H:%M") : NULL;
    }
    if (first_text && last_text)
        text = g_strdup_printf(_("%s to %s"), first_text, last_text);
    gtk_label_set_label(self->note,
                        text ? text : _("The agent remembers nothing of that time yet."));
}

static void draw_history(HuneLoadView *self, const struct vitals_history *history)
{
    long cpu = vitals_history_column(history, "cpu.busy");
    long used = vitals_history_column(history, "mem.used");
    long total = vitals_history_column(history, "mem.total");
    long rx = vitals_history_column(history, "net.rx");
    long tx = vitals_history_column(history, "net.tx");
    long disk_read = vitals_history_column(history, "disk.read");
    long disk_write = vitals_history_column(history, "disk.write");

    for (guint i = 0; i < GRAPHS; i++)
        hune_graph_clear(self->graphs[i]);
    for (size_t row = 0; row < history->row_count; row++) {
        gint64 time = (gint64)history->row_ms[row];
        double busy = cell(history, row, cpu);
        double whole = cell(history, row, total);
        double memory = whole > 0 ? 100 * cell(history, row, used) / whole : (double)NAN;
        double network[2] = {cell(history, row, rx), cell(history, row, tx)};
        double disks[2] = {cell(history, row, disk_read), cell(history, row, disk_write)};

        hune_graph_add(self->graphs[CPU], time, &busy, 1);
        hune_graph_add(self->graphs[MEMORY], time, &memory, 1);
        hune_graph_add(self->graphs[NETWORK], time, network, 2);
        hune_graph_add(self->graphs[DISKS], time, disks, 2);
    }
    for (guint i = 0; i < GRAPHS; i++)
        hune_graph_show(self->graphs[i]);
}

static void show_history(HuneLoadView *self, const struct vitals_history *history)
{
    draw_history(self, history);
    show_stretch(self, history);
}

/* What the agent remembers stands before what is seen from now on: who opens a machine sees at once
 * how it did. A sample that was quicker than this answer is given up for it. */
static void show_before_live(HuneLoadView *self, const struct vitals_history *history)
{
    if (history && history->row_count > 0)
        draw_history(self, history);
}

static void on_history(const struct vitals_history *history, const char *sentence, void *owner)
{
    g_autofree struct question *question = owner;
    g_autoptr(HuneLoadView) self = question->view;

    if (!self->machine || question->serial != self->asked)
        return;
    if (self->range == LIVE)
        show_before_live(self, history);
    else if (history)
        show_history(self, history);
    else
        gtk_label_set_label(self->note, sentence);
}

static void ask_history(HuneLoadView *self)
{
    struct question *question;
    struct sight_history ask = {
        .slot = self->machine->slot,
        .fields = "cpu.busy,mem.used,mem.total,net.rx,net.tx,disk.read,disk.write",
        .since_ms = -ranges[self->range].span_ms,
        .done = on_history,
    };

    question = g_new0(struct question, 1);
    question->view = g_object_ref(self);
    question->serial = ++self->asked;
    ask.owner = question;
    worker_send_history(hune_fleet_worker(self->fleet), &ask);
}

static gboolean on_timer(gpointer data)
{
    HuneLoadView *self = data;

    if (self->range != LIVE && gtk_widget_get_mapped(GTK_WIDGET(self)))
        ask_history(self);
    return G_SOURCE_CONTINUE;
}

static void on_range(HuneLoadView *self, GtkToggleButton *button)
{
    if (!gtk_toggle_button_get_active(button))
        return;
    self->range = GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(button), "range"));
    gtk_label_set_label(self->note, "");
    for (guint i = 0; i < GRAPHS; i++) {
        hune_graph_clear(self->graphs[i]);
        hune_graph_set_span(self->graphs[i], ranges[self->range].span_ms);
    }
    ask_history(self);
}

/* ---- the type ---- */

static void on_changed(HuneLoadView *self)
{
    if (gtk_widget_get_mapped(GTK_WIDGET(self)))
        look(self);
}

static void hune_load_view_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(hune_load_view_parent_class)->map(widget);
    look(HUNE_LOAD_VIEW(widget));
}

static void hune_load_view_unmap(GtkWidget *widget)
{
    look_away(HUNE_LOAD_VIEW(widget));
    GTK_WIDGET_CLASS(hune_load_view_parent_class)->unmap(widget);
}

static void hune_load_view_dispose(GObject *object)
{
    HuneLoadView *self = HUNE_LOAD_VIEW(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    if (self->machine)
        g_signal_handlers_disconnect_by_data(self->machine, self);
    g_clear_object(&self->machine);
    g_clear_object(&self->fleet);
    G_OBJECT_CLASS(hune_load_view_parent_class)->dispose(object);
}

static void hune_load_view_class_init(HuneLoadViewClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_load_view_dispose;
    GTK_WIDGET_CLASS(class)->map = hune_load_view_map;
    GTK_WIDGET_CLASS(class)->unmap = hune_load_view_unmap;
}

static GtkWidget *make_ranges(HuneLoadView *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);

    gtk_widget_add_css_class(box, "linked");
    for (guint i = 0; i < RANGES; i++) {
        self->buttons[i] = GTK_TOGGLE_BUTTON(gtk_toggle_button_new_with_label(_(ranges[i].title)));
        g_object_set_data(G_OBJECT(self->buttons[i]), "range", GUINT_TO_POINTER(i));
        if (i > 0)
            gtk_toggle_button_set_group(self->buttons[i], self->buttons[0]);
        else
            gtk_toggle_button_set_active(self->buttons[i], TRUE);
        g_signal_connect_swapped(self->buttons[i], "toggled", G_CALLBACK(on_range), self);
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->buttons[i]));
    }
    return box;
}

static GtkWidget *card_of(HuneGraph *graph)
{
    GtkWidget *card = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

    gtk_widget_add_css_class(card, "card");
    gtk_widget_add_css_class(card, "graph-card");
    gtk_box_append(GTK_BOX(card), GTK_WIDGET(graph));
    return card;
}

static void hune_load_view_init(HuneLoadView *self)
{
    static const struct {
        const char *title;
        enum hune_graph_unit unit;
    } kinds[GRAPHS] = {
        [CPU] = {N_("Processor"), HUNE_GRAPH_PERCENT},
        [MEMORY] = {N_("Memory"), HUNE_GRAPH_PERCENT},
        [NETWORK] = {N_("Network"), HUNE_GRAPH_RATE},
        [DISKS] = {N_("Disks"), HUNE_GRAPH_RATE},
    };
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
    GtkWidget *top = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *grid = gtk_grid_new();

    gtk_grid_set_column_homogeneous(GTK_GRID(grid), TRUE);
    gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
    gtk_grid_set_row_spacing(GTK_GRID(grid), 12);
    for (int i = 0; i < GRAPHS; i++) {
        self->graphs[i] = HUNE_GRAPH(hune_graph_new(_(kinds[i].title), kinds[i].unit));
        gtk_grid_attach(GTK_GRID(grid), card_of(self->graphs[i]), i % 2, i / 2, 1, 1);
    }
    hune_graph_set_part_name(self->graphs[CPU], "cpu");
    hune_graph_set_names(self->graphs[NETWORK], _("in"), _("out"));
    hune_graph_set_names(self->graphs[DISKS], _("read"), _("written"));
    self->note = GTK_LABEL(gtk_label_new(""));
    gtk_label_set_wrap(self->note, TRUE);
    gtk_widget_add_css_class(GTK_WIDGET(self->note), "dim-label");
    gtk_box_append(GTK_BOX(top), make_ranges(self));
    gtk_box_append(GTK_BOX(top), GTK_WIDGET(self->note));
    self->processes = HUNE_PROCESS_LIST(hune_process_list_new());
    gtk_box_append(GTK_BOX(box), top);
    gtk_box_append(GTK_BOX(box), grid);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->processes));
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *hune_load_view_new(HuneFleet *fleet, HuneMachine *machine)
{
    HuneLoadView *self = g_object_new(HUNE_TYPE_LOAD_VIEW, NULL);

    self->fleet = g_object_ref(fleet);
    self->machine = g_object_ref(machine);
    hune_process_list_set_machine(self->processes, fleet, machine);
    g_signal_connect_swapped(machine, "changed", G_CALLBACK(on_changed), self);
    self->timer = g_timeout_add_seconds(HISTORY_S, on_timer, self);
    return GTK_WIDGET(self);
}
