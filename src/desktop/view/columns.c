/* See columns.h. */
#include "desktop/view/columns.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/model/row.h"
#include "desktop/view/row-name.h"
#include "desktop/view/sparkline.h"
#include "desktop/view/text-cell.h"
#include "fleet/home/i18n.h"

struct column {
    const char *id;
    const char *title;
    char *(*text)(const HuneMachine *machine); /* NULL: a sparkline */
    int (*compare)(gconstpointer a, gconstpointer b, gpointer user_data);
    enum hune_measure measure;
    int width_chars;
    gboolean expand;
    gboolean right;
    gboolean has_icon;
};

/* ---- texts ---- */

static char *name_text(const HuneMachine *machine)
{
    return g_strdup(machine->name);
}

/* "Debian 12" of "Debian GNU/Linux 12 (bookworm)": the column is narrow, the machine's page says
 * all. */
static char *os_text(const HuneMachine *machine)
{
    const char *os = machine->os ? machine->os : "";
    const char *gnu = strstr(os, " GNU/Linux");
    const char *rest = gnu ? gnu + strlen(" GNU/Linux") : "";
    g_autofree char *text = gnu ? g_strdup_printf("%.*s%s", (int)(gnu - os), os, rest)
                                : g_strdup(os);
    char *nickname = strstr(text, " (");

    if (nickname && g_str_has_suffix(text, ")"))
        *nickname = '\0';
    return g_steal_pointer(&text);
}

static char *disk_text(const HuneMachine *machine)
{
    return hune_percent_text(hune_machine_disk(machine));
}

static char *uptime_text(const HuneMachine *machine)
{
    return machine->state == MACHINE_CONNECTED ? hune_uptime_text(machine->booted) : g_strdup("");
}

static char *tags_text(const HuneMachine *machine)
{
    return g_strdup(machine->tags);
}

/* ---- orders ---- */

#define TWO(a, b)                   \
    const HuneMachine *one = (a);   \
    const HuneMachine *other = (b); \
    (void)user_data

static int compare_text(const char *a, const char *b)
{
    return g_strcmp0(a, b);
}

/* web2 before web10. */
static int natural(const char *a, const char *b)
{
    while (*a && *b) {
        if (g_ascii_isdigit(*a) && g_ascii_isdigit(*b)) {
            guint64 left = g_ascii_strtoull(a, (char **)&a, 10);
            guint64 right = g_ascii_strtoull(b, (char **)&b, 10);

            if (left != right)
                return left < right ? -1 : 1;
        } else if (g_ascii_tolower(*a) != g_ascii_tolower(*b)) {
            return g_ascii_tolower(*a) < g_ascii_tolower(*b) ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return *a ? 1 : *b ? -1 : 0;
}

static int by_name(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return natural(one->name, other->name);
}

static int by_state(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return (int)one->state - (int)other->state;
}

static int by_address(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    int order = natural(one->host, other->host);

    return order ? order : (int)one->port - (int)other->port;
}

static int by_os(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_text(one->os, other->os);
}

static int compare_numbers(float a, float b)
{
    return (a > b) - (a < b);
}

static int by_cpu(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(hune_machine_cpu(one), hune_machine_cpu(other));
}

static int by_memory(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(hune_machine_memory(one), hune_machine_memory(other));
}

static int by_disk(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_numbers(hune_machine_disk(one), hune_machine_disk(other));
}

/* The longest running last: the later it was booted, the smaller. */
static int by_uptime(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return one->booted < other->booted ? 1 : one->booted > other->booted ? -1 : 0;
}

static int by_tags(gconstpointer a, gconstpointer b, gpointer user_data)
{
    TWO(a, b);
    return compare_text(one->tags, other->tags);
}

static const struct column columns[] = {
    {"state", N_("State"), hune_machine_state_word, by_state, 0, 14, FALSE, FALSE, TRUE},
    {"name", N_("Name"), name_text, by_name, 0, 9, TRUE, FALSE, FALSE},
    {"address", N_("Address"), hune_machine_address, by_address, 0, 15, TRUE, FALSE, FALSE},
    {"os", N_("System"), os_text, by_os, 0, 10, TRUE, FALSE, FALSE},
    {"cpu", N_("CPU"), NULL, by_cpu, HUNE_MEASURE_CPU, 0, FALSE, FALSE, FALSE},
    {"memory", N_("Memory"), NULL, by_memory, HUNE_MEASURE_MEMORY, 0, FALSE, FALSE, FALSE},
    {"disk", N_("Disk"), disk_text, by_disk, 0, 5, FALSE, TRUE, FALSE},
    {"uptime", N_("Uptime"), uptime_text, by_uptime, 0, 9, FALSE, TRUE, FALSE},
    {"tags", N_("Tags"), tags_text, by_tags, 0, 7, TRUE, FALSE, FALSE},
};

/* ---- cells ---- */

struct cell {
    const struct column *column;
    HuneRow *row; /* the list item has it */
    HuneTextCell *label;
    GtkImage *icon; /* of the state's column alone */
    gulong handler;
    gulong sampled; /* of the disk's column alone */
};

static void show_icon(struct cell *cell, const HuneMachine *machine)
{
    gtk_image_set_from_icon_name(cell->icon, machine ? hune_machine_state_icon(machine) : NULL);
    gtk_widget_remove_css_class(GTK_WIDGET(cell->icon), "success");
    gtk_widget_remove_css_class(GTK_WIDGET(cell->icon), "warning");
    if (!machine)
        return;
    if (hune_machine_needs_attention(machine))
        gtk_widget_add_css_class(GTK_WIDGET(cell->icon), "warning");
    else if (machine->state == MACHINE_CONNECTED)
        gtk_widget_add_css_class(GTK_WIDGET(cell->icon), "success");
}

/* An empty row fills what is left of the view (see shown-rows.c). */
static void show_height(struct cell *cell)
{
    GtkWidget *row = gtk_widget_get_parent(gtk_widget_get_parent(GTK_WIDGET(cell->label)));

    if (hune_text_cell_set_height(cell->label, cell->row->height) && row) {
        if (cell->row->height > 0)
            gtk_widget_add_css_class(row, "filler");
        else
            gtk_widget_remove_css_class(row, "filler");
    }
}

static void name_row(struct cell *cell, const HuneMachine *machine)
{
    g_autofree char *state = machine ? hune_machine_state_word(machine) : NULL;
    g_autofree char *name = machine ? g_strdup_printf("%s, %s", machine->name, state)
                                    : g_strdup("");

    hune_row_name(GTK_WIDGET(cell->label), name);
}

static void show_cell(struct cell *cell)
{
    HuneMachine *machine = cell->row->machine;
    g_autofree char *text = machine ? cell->column->text(machine) : g_strdup("");

    hune_text_cell_set_text(cell->label, text);
    if (cell->column->compare == by_name) {
        show_height(cell);
        name_row(cell, machine);
    }
    if (cell->icon)
        show_icon(cell, machine);
}

static void setup_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct column *column = data;
    struct cell *cell = g_new0(struct cell, 1);
    GtkWidget *label = hune_text_cell_new(column->width_chars, column->right);
    GtkWidget *child = label;

    (void)factory;
    cell->column = column;
    cell->label = HUNE_TEXT_CELL(label);
    if (column->has_icon) {
        child = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
        cell->icon = GTK_IMAGE(gtk_image_new());
        gtk_accessible_update_state(GTK_ACCESSIBLE(cell->icon), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE,
                                    -1);
        gtk_box_append(GTK_BOX(child), GTK_WIDGET(cell->icon));
        gtk_widget_set_hexpand(label, TRUE);
        gtk_box_append(GTK_BOX(child), label);
    }
    g_object_set_data_full(G_OBJECT(child), "cell", cell, g_free);
    gtk_list_item_set_child(item, child);
}

static struct cell *cell_of(GtkListItem *item)
{
    return g_object_get_data(G_OBJECT(gtk_list_item_get_child(item)), "cell");
}

static void bind_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    struct cell *cell = cell_of(item);

    (void)factory;
    (void)data;
    cell->row = gtk_list_item_get_item(item);
    hune_row_show(cell->row);
    cell->handler = g_signal_connect_swapped(cell->row, "changed", G_CALLBACK(show_cell), cell);
    if (cell->column->compare == by_disk)
        cell->sampled = g_signal_connect_swapped(cell->row, "sampled", G_CALLBACK(show_cell), cell);
    show_cell(cell);
}

static void unbind_text(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    struct cell *cell = cell_of(item);

    (void)factory;
    (void)data;
    g_clear_signal_handler(&cell->handler, cell->row);
    g_clear_signal_handler(&cell->sampled, cell->row);
    hune_row_hide(cell->row);
    cell->row = NULL;
}

static void setup_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    const struct column *column = data;

    (void)factory;
    gtk_list_item_set_child(item, hune_sparkline_new(column->measure));
}

static void show_sparkline(HuneSparkline *sparkline, HuneRow *row)
{
    hune_sparkline_set_machine(sparkline, row->machine);
}

static void bind_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    HuneSparkline *sparkline = HUNE_SPARKLINE(gtk_list_item_get_child(item));
    HuneRow *row = gtk_list_item_get_item(item);

    (void)factory;
    (void)data;
    hune_row_show(row);
    g_signal_connect_swapped(row, "changed", G_CALLBACK(show_sparkline), sparkline);
    show_sparkline(sparkline, row);
}

static void unbind_sparkline(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
    HuneSparkline *sparkline = HUNE_SPARKLINE(gtk_list_item_get_child(item));
    HuneRow *row = gtk_list_item_get_item(item);

    (void)factory;
    (void)data;
    g_signal_handlers_disconnect_by_func(row, show_sparkline, sparkline);
    hune_row_hide(row);
    hune_sparkline_set_machine(sparkline, NULL);
}

static GtkListItemFactory *factory_of(const struct column *column)
{
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    gboolean text = column->text != NULL;

    g_signal_connect(factory, "setup", G_CALLBACK(text ? setup_text : setup_sparkline),
                     (gpointer)column);
    g_signal_connect(factory, "bind", G_CALLBACK(text ? bind_text : bind_sparkline), NULL);
    g_signal_connect(factory, "unbind", G_CALLBACK(text ? unbind_text : unbind_sparkline), NULL);
    return factory;
}

void hune_columns_add(GtkColumnView *view)
{
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        const struct column *column = &columns[i];
        g_autoptr(GtkColumnViewColumn)
            made = gtk_column_view_column_new(_(column->title), factory_of(column));
        g_autoptr(GtkSorter)
            sorter = GTK_SORTER(gtk_custom_sorter_new(column->compare, NULL, NULL));

        g_object_set_data(G_OBJECT(made), "id", (gpointer)column->id);
        gtk_column_view_column_set_sorter(made, sorter);
        gtk_column_view_column_set_expand(made, column->expand);
        gtk_column_view_column_set_resizable(made, TRUE);
        if (!column->text) /* room for the title and the arrow behind it */
            gtk_column_view_column_set_fixed_width(made,
                                                   column->measure == HUNE_MEASURE_CPU ? 56 : 77);
        gtk_column_view_append_column(view, made);
    }
}

HuneRow *hune_columns_row_of(GtkWidget *row)
{
    for (GtkWidget *at = gtk_widget_get_first_child(row); at;
         at = gtk_widget_get_next_sibling(at)) {
        GtkWidget *child = gtk_widget_get_first_child(at);
        struct cell *cell = child ? g_object_get_data(G_OBJECT(child), "cell") : NULL;

        if (cell)
            return cell->row;
    }
    return NULL;
}
