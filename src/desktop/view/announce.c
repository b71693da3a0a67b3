/* See announce.h. A reader tells of each new description of what has the focus, as it would of a
 * mistake there. So the description is lent, and given back when it was heard. */
#include "desktop/view/announce.h"

/* A row or a dialog that leaves gives the focus to another widget first; and what comes up at once
 * is told at once. */
enum { SETTLED_MS = 150, HEARD_MS = 4000 };

static struct {
    GtkRoot *root; /* weak: the window */
    GString *text;
    guint timer;
} next;

static struct {
    GtkWidget *focus; /* weak: whose description it is */
    char *text;
    guint timer;
} lent;

#define OWN_KEY "hune-description"

static void describe(GtkWidget *widget, const char *text)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   text, -1);
}

/* What it said of itself before; a widget that nobody described says its tooltip. */
static const char *own_description(GtkWidget *widget)
{
    const char *own = g_object_get_data(G_OBJECT(widget), OWN_KEY);
    const char *text = own ? own : gtk_widget_get_tooltip_text(widget);

    return text ? text : "";
}

static void give_back(void)
{
    g_clear_handle_id(&lent.timer, g_source_remove);
    g_clear_pointer(&lent.text, g_free);
    if (!lent.focus)
        return;
    describe(lent.focus, own_description(lent.focus));
    g_clear_weak_pointer(&lent.focus);
}

static gboolean on_heard(gpointer data)
{
    (void)data;
    lent.timer = 0;
    give_back();
    return G_SOURCE_REMOVE;
}

static void lend(GtkWidget *focus, const char *text)
{
    if (focus != lent.focus)
        give_back();
    if (g_strcmp0(text, lent.text) != 0) { /* else it is being said */
        g_set_weak_pointer(&lent.focus, focus);
        g_free(lent.text);
        lent.text = g_strdup(text);
        describe(focus, text);
    }
    g_clear_handle_id(&lent.timer, g_source_remove);
    lent.timer = g_timeout_add(HEARD_MS, on_heard, NULL);
}

/* Readers know an entry, not the text in it. */
static GtkWidget *focus_of(GtkRoot *root)
{
    GtkWidget *focus = gtk_root_get_focus(root);

    return focus && GTK_IS_TEXT(focus) ? gtk_widget_get_parent(focus) : focus;
}

static gboolean on_settled(gpointer data)
{
    GtkWidget *focus = next.root ? focus_of(next.root) : NULL;

    (void)data;
    next.timer = 0;
    if (focus)
        lend(focus, next.text->str);
    g_string_truncate(next.text, 0);
    g_clear_weak_pointer(&next.root);
    return G_SOURCE_REMOVE;
}

void hune_announce(GtkWidget *near, const char *text)
{
    GtkRoot *root = gtk_widget_get_root(near);

    if (!root || !*text || !gtk_widget_get_mapped(near))
        return;
    if (!next.text)
        next.text = g_string_new(NULL);
    if (root != next.root)
        g_string_truncate(next.text, 0);
    g_set_weak_pointer(&next.root, root);
    g_string_append_printf(next.text, "%s%s", next.text->len ? "\n" : "", text);
    if (!next.timer)
        next.timer = g_timeout_add(SETTLED_MS, on_settled, NULL);
}

void hune_describe(GtkWidget *widget, const char *text)
{
    if (g_strcmp0(g_object_get_data(G_OBJECT(widget), OWN_KEY), text) == 0)
        return;
    g_object_set_data_full(G_OBJECT(widget), OWN_KEY, g_strdup(text), g_free);
    if (widget != lent.focus)
        describe(widget, text);
}
