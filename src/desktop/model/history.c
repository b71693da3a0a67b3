/* See history.h. */
#include "desktop/model/history.h"

#include "desktop/model/settings.h"
#include "proto/fact.h"

enum { LINES_MAX = 200, DIM = G_MAXUINT16 / 2 };

struct walk {
    GtkEntry *entry;
    guint back; /* 0: the line that is being typed; n: the nth newest */
    char *typed;
    char *suggested; /* what the field holds since a line was proposed; or NULL */
    int typed_chars; /* so many of them were typed */
    guint proposing;
    gboolean fills; /* what changes the field now is us */
};

static GPtrArray *lines; /* of char *, the newest last */

static void load(void)
{
    g_auto(GStrv) remembered = NULL;

    if (lines)
        return;
    lines = g_ptr_array_new_with_free_func(g_free);
    remembered = hune_settings_get_strv("history");
    for (char **line = remembered; *line; line++)
        g_ptr_array_add(lines, g_strdup(*line));
}

static void save(void)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) all = NULL;

    for (guint i = 0; i < lines->len; i++)
        g_strv_builder_add(builder, g_ptr_array_index(lines, i));
    all = g_strv_builder_end(builder);
    hune_settings_set_strv("history", (const char *const *)all);
}

void hune_history_add(const char *line)
{
    guint index;

    load();
    if (g_ptr_array_find_with_equal_func(lines, line, g_str_equal, &index))
        g_ptr_array_remove_index(lines, index);
    g_ptr_array_add(lines, g_strdup(line));
    if (lines->len > LINES_MAX)
        g_ptr_array_remove_index(lines, 0);
    save();
}

const char *hune_history_get(guint back)
{
    load();
    return back < lines->len ? g_ptr_array_index(lines, lines->len - 1 - back) : NULL;
}

/* ---- completing ---- */

/* The proposed rest stands dim behind the cursor. It is not selected: what is selected in a field
 * is the display's PRIMARY selection, too, and is given up and claimed anew with each key. The
 * display tells of the one before afterwards, with the same time of the same key; GTK then takes it
 * for the new one that is gone, and unselects it, so that the next key does not replace it. */

/* What was typed is what runs: a suggestion is only a part of the line once it was taken. Otherwise
 * Return after "rm -r /srv/a" would remove "/srv/ab", because that was removed once. */
static gboolean is_suggesting(struct walk *walk)
{
    return walk->suggested &&
           g_str_equal(walk->suggested, gtk_editable_get_text(GTK_EDITABLE(walk->entry)));
}

static void forget_suggestion(struct walk *walk)
{
    g_clear_pointer(&walk->suggested, g_free);
    gtk_entry_set_attributes(walk->entry, NULL);
}

static gboolean drop_suggestion(struct walk *walk)
{
    gboolean dropped = is_suggesting(walk);

    if (!walk->suggested)
        return FALSE;
    forget_suggestion(walk);
    walk->fills = TRUE;
    if (dropped)
        gtk_editable_delete_text(GTK_EDITABLE(walk->entry), walk->typed_chars, -1);
    walk->fills = FALSE;
    return dropped;
}

static gboolean take_suggestion(struct walk *walk)
{
    gboolean taken = is_suggesting(walk);

    if (!walk->suggested)
        return FALSE;
    forget_suggestion(walk);
    if (taken)
        gtk_editable_set_position(GTK_EDITABLE(walk->entry), -1);
    return taken;
}

/* The newest line, or a word of Hune, that begins so and goes on. Borrowed. */
static const char *find_line(const char *typed)
{
    static const char *const words[] = {"disconnect", "reset", "kill", "all"};

    for (guint back = 0; hune_history_get(back); back++) {
        const char *line = hune_history_get(back);

        if (g_str_has_prefix(line, typed) && !g_str_equal(line, typed))
            return line;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(words[i], typed))
            return words[i];
    }
    for (int i = 0; i < FACT_COUNT; i++) {
        if (g_str_has_prefix(fact_name((enum fact)i), typed))
            return fact_name((enum fact)i);
    }
    return NULL;
}

static void show_dim(struct walk *walk, size_t from)
{
    g_autoptr(PangoAttrList) dim = pango_attr_list_new();
    PangoAttribute *alpha = pango_attr_foreground_alpha_new(DIM);

    alpha->start_index = (guint)from;
    pango_attr_list_insert(dim, alpha);
    gtk_entry_set_attributes(walk->entry, dim);
}

static gboolean propose(gpointer data)
{
    struct walk *walk = data;
    GtkEditable *field = GTK_EDITABLE(walk->entry);
    g_autofree char *typed = g_strdup(gtk_editable_get_text(field));
    int chars = (int)g_utf8_strlen(typed, -1), at = chars;
    const char *line = *typed ? find_line(typed) : NULL;

    walk->proposing = 0;
    if (!line || !line[strlen(typed)] || gtk_editable_get_position(field) != chars ||
        gtk_editable_get_selection_bounds(field, NULL, NULL))
        return G_SOURCE_REMOVE;
    walk->fills = TRUE;
    gtk_editable_insert_text(field, line + strlen(typed), -1, &at);
    gtk_editable_set_position(field, chars);
    show_dim(walk, strlen(typed));
    walk->fills = FALSE;
    g_free(walk->suggested);
    walk->suggested = g_strdup(line);
    walk->typed_chars = chars;
    return G_SOURCE_REMOVE;
}

/* Before a key is put in; what it makes of the line is proposed for once it is there. */
static void on_inserted(struct walk *walk)
{
    if (walk->fills)
        return;
    drop_suggestion(walk);
    if (walk->proposing == 0)
        walk->proposing = g_idle_add_full(G_PRIORITY_HIGH_IDLE, propose, walk, NULL);
}

/* By the mouse, or by a key that moves. */
static void on_cursor(struct walk *walk)
{
    GtkEditable *field = GTK_EDITABLE(walk->entry);

    if (!walk->fills && walk->suggested &&
        (gtk_editable_get_position(field) != walk->typed_chars ||
         gtk_editable_get_selection_bounds(field, NULL, NULL)))
        drop_suggestion(walk);
}

static void on_leave(struct walk *walk)
{
    g_clear_handle_id(&walk->proposing, g_source_remove);
    drop_suggestion(walk);
}

/* ---- walking ---- */

static void show_line(struct walk *walk, const char *text)
{
    walk->fills = TRUE;
    gtk_editable_set_text(GTK_EDITABLE(walk->entry), text);
    walk->fills = FALSE;
    gtk_editable_set_position(GTK_EDITABLE(walk->entry), -1);
}

static gboolean on_key(struct walk *walk, guint key)
{
    g_clear_handle_id(&walk->proposing, g_source_remove); /* for what was typed before */
    if (key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter)
        drop_suggestion(walk); /* and on to what runs it */
    if (key == GDK_KEY_Tab || key == GDK_KEY_Right || key == GDK_KEY_End)
        return take_suggestion(walk);
    if (key == GDK_KEY_Escape || key == GDK_KEY_BackSpace || key == GDK_KEY_Delete)
        return drop_suggestion(walk);
    if (key == GDK_KEY_Up || key == GDK_KEY_Down)
        drop_suggestion(walk);
    if (key == GDK_KEY_Up && hune_history_get(walk->back)) {
        if (walk->back == 0) {
            g_free(walk->typed);
            walk->typed = g_strdup(gtk_editable_get_text(GTK_EDITABLE(walk->entry)));
        }
        show_line(walk, hune_history_get(walk->back++));
        return TRUE;
    }
    if (key == GDK_KEY_Down && walk->back > 0) {
        walk->back--;
        show_line(walk, walk->back > 0 ? hune_history_get(walk->back - 1) : walk->typed);
        return TRUE;
    }
    return FALSE;
}

static void walk_free(gpointer data)
{
    struct walk *walk = data;

    g_clear_handle_id(&walk->proposing, g_source_remove);
    g_free(walk->typed);
    g_free(walk->suggested);
    g_free(walk);
}

void hune_history_attach(GtkEntry *entry)
{
    GtkEventController *keys = gtk_event_controller_key_new();
    GtkEventController *focus = gtk_event_controller_focus_new();
    struct walk *walk = g_new0(struct walk, 1);

    load();
    walk->entry = entry;
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect_swapped(keys, "key-pressed", G_CALLBACK(on_key), walk);
    g_signal_connect_swapped(focus, "leave", G_CALLBACK(on_leave), walk);
    g_signal_connect_swapped(gtk_editable_get_delegate(GTK_EDITABLE(entry)), "insert-text",
                             G_CALLBACK(on_inserted), walk);
    g_signal_connect_swapped(entry, "notify::cursor-position", G_CALLBACK(on_cursor), walk);
    g_signal_connect_swapped(entry, "notify::selection-bound", G_CALLBACK(on_cursor), walk);
    gtk_widget_add_controller(GTK_WIDGET(entry), keys);
    gtk_widget_add_controller(GTK_WIDGET(entry), focus);
    g_object_set_data_full(G_OBJECT(entry), "walk", walk, walk_free);
}

/* A button that is pressed without the mouse leaves the focus, and the proposal, where they are. */
const char *hune_history_take(GtkEntry *entry)
{
    struct walk *walk = g_object_get_data(G_OBJECT(entry), "walk");

    on_leave(walk);
    walk->back = 0;
    return gtk_editable_get_text(GTK_EDITABLE(entry));
}
