/* See column-widths.h. */
#include "desktop/view/column-widths.h"

#include <string.h>

#include "fleet/home/i18n.h"

/* Of each column so many of the longest texts are measured: the one with most characters need not
 * be the widest. Beside a text stands its icon, behind a title the arrow of the order; around both
 * is what a style sheet leaves until a row tells. */
enum { LONGEST = 4, ICON = 16 + 6, ARROW = 16 + 4, AROUND = 13, GRAPH_LEAST = 40 };

struct longest {
    char *texts[LONGEST];
    glong chars[LONGEST];
};

struct hune_column_widths {
    GtkWidget *view;
    struct hune_cell_width *widths[HUNE_COLUMNS]; /* GRcBox */
    int titles[HUNE_COLUMNS];
    struct longest longest[HUNE_COLUMNS];
};

/* ---- measuring ---- */

static int measure(GtkWidget *in, const char *text)
{
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(in, text);
    int width;

    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_get_pixel_size(layout, &width, NULL);
    return width + 1; /* what is rounded off must not become dots */
}

static int longest_width(struct hune_column_widths *widths, guint position)
{
    int most = 0;

    for (guint i = 0; i < LONGEST && widths->longest[position].texts[i]; i++)
        most = MAX(most, measure(widths->view, widths->longest[position].texts[i]));
    return most;
}

static void set_width(struct hune_cell_width *width, int least, int natural)
{
    width->least = least;
    width->natural = MAX(least, natural);
}

static void measure_column(struct hune_column_widths *widths, guint position)
{
    const struct hune_column *column = hune_column_at(position);
    int title = widths->titles[position];
    int usual, longest, least;

    if (!column->text) {
        set_width(widths->widths[position], MAX(title, GRAPH_LEAST), title + GRAPH_LEAST / 2);
        return;
    }
    usual = MAX(measure(widths->view, _(column->usual)), longest_width(widths, position));
    longest = measure(widths->view, _(column->least));
    least = MIN(usual, longest);
    if (column->has_icon)
        title -= ICON;
    set_width(widths->widths[position], MAX(least, title), usual);
}

static GtkWidget *label_below(GtkWidget *widget)
{
    if (GTK_IS_LABEL(widget))
        return widget;
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *label = label_below(child);

        if (label)
            return label;
    }
    return NULL;
}

/* Titles have a font of their own. The table's first child holds them, in the columns' order. */
void hune_column_widths_measure(struct hune_column_widths *widths)
{
    GtkWidget *header = gtk_widget_get_first_child(widths->view);
    GtkWidget *title = gtk_widget_get_first_child(header);

    for (guint i = 0; i < HUNE_COLUMNS && title; i++) {
        GtkWidget *label = label_below(title);

        if (label)
            widths->titles[i] = measure(label, _(hune_column_at(i)->title)) + ARROW;
        measure_column(widths, i);
        title = gtk_widget_get_next_sibling(title);
    }
}

/* ---- the texts ---- */

/* True if it is longer than those that were there. Takes the text. */
static gboolean put(struct longest *longest, char *text)
{
    glong chars = g_utf8_strlen(text, -1);

    if (chars > HUNE_COLUMN_CHARS_MAX) {
        *g_utf8_offset_to_pointer(text, HUNE_COLUMN_CHARS_MAX) = '\0';
        chars = HUNE_COLUMN_CHARS_MAX;
    }
    for (guint i = 0; i < LONGEST; i++) {
        if (longest->texts[i] && chars <= longest->chars[i]) {
            if (chars < longest->chars[i] || !g_str_equal(longest->texts[i], text))
                continue;
            break; /* it is there */
        }
        g_free(longest->texts[LONGEST - 1]);
        memmove(&longest->texts[i + 1], &longest->texts[i], (LONGEST - 1 - i) * sizeof(char *));
        memmove(&longest->chars[i + 1], &longest->chars[i], (LONGEST - 1 - i) * sizeof(glong));
        longest->texts[i] = text;
        longest->chars[i] = chars;
        return TRUE;
    }
    g_free(text);
    return FALSE;
}

static gboolean look_at_column(struct hune_column_widths *widths, guint position,
                               GListModel *machines)
{
    const struct hune_column *column = hune_column_at(position);
    guint count = g_list_model_get_n_items(machines);
    int before = widths->widths[position]->natural;
    gboolean is_longer = FALSE;

    if (!column->text)
        return FALSE;
    for (guint i = 0; i < count; i++) {
        g_autoptr(HuneMachine) machine = g_list_model_get_item(machines, i);

        is_longer |= put(&widths->longest[position], column->text(machine));
    }
    if (!is_longer)
        return FALSE;
    measure_column(widths, position);
    return widths->widths[position]->natural != before;
}

gboolean hune_column_widths_look(struct hune_column_widths *widths, GListModel *machines)
{
    gboolean is_wider = FALSE;

    for (guint i = 0; i < HUNE_COLUMNS; i++)
        is_wider |= look_at_column(widths, i, machines);
    return is_wider;
}

/* ---- its life ---- */

struct hune_column_widths *hune_column_widths_new(GtkColumnView *view)
{
    struct hune_column_widths *widths = g_new0(struct hune_column_widths, 1);

    widths->view = GTK_WIDGET(view);
    for (guint i = 0; i < HUNE_COLUMNS; i++)
        widths->widths[i] = g_rc_box_new0(struct hune_cell_width);
    return widths;
}

void hune_column_widths_free(struct hune_column_widths *widths)
{
    if (!widths)
        return;
    for (guint i = 0; i < HUNE_COLUMNS; i++) {
        g_rc_box_release(widths->widths[i]);
        for (guint k = 0; k < LONGEST; k++)
            g_free(widths->longest[i].texts[k]);
    }
    g_free(widths);
}

struct hune_cell_width *hune_column_width(struct hune_column_widths *widths, guint position)
{
    return widths->widths[position];
}

int hune_column_widths_need(const struct hune_column_widths *widths, guint position)
{
    int icon = hune_column_at(position)->has_icon ? ICON : 0;

    return widths->widths[position]->least + icon + AROUND;
}
