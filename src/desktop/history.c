/* See history.h. */
#include "desktop/history.h"

#include "desktop/settings.h"
#include "proto/fact.h"

enum { LINES_MAX = 200 };

struct walk {
    GtkEntry *entry;
    guint back; /* 0: the line that is being typed; n: the nth newest */
    char *typed;
};

static GPtrArray *lines; /* of char *, the newest last */
static GtkListStore *completions;

static void offer(const char *text)
{
    GtkTreeIter iter;

    gtk_list_store_insert_with_values(completions, &iter, 0, 0, text, -1);
}

static void load(void)
{
    static const char *const words[] = {"disconnect", "reset", "kill", "all"};
    g_auto(GStrv) remembered = NULL;

    if (lines)
        return;
    lines = g_ptr_array_new_with_free_func(g_free);
    completions = gtk_list_store_new(1, G_TYPE_STRING);
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        offer(words[i]);
    for (int i = 0; i < FACT_COUNT; i++)
        offer(fact_name((enum fact)i));
    remembered = hune_settings_get_strv("history");
    for (char **line = remembered; *line; line++) {
        g_ptr_array_add(lines, g_strdup(*line));
        offer(*line);
    }
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
    gboolean was_there = FALSE;
    guint index;

    load();
    if (g_ptr_array_find_with_equal_func(lines, line, g_str_equal, &index)) {
        g_ptr_array_remove_index(lines, index);
        was_there = TRUE;
    }
    g_ptr_array_add(lines, g_strdup(line));
    if (lines->len > LINES_MAX)
        g_ptr_array_remove_index(lines, 0);
    if (!was_there)
        offer(line);
    save();
}

const char *hune_history_get(guint back)
{
    load();
    return back < lines->len ? g_ptr_array_index(lines, lines->len - 1 - back) : NULL;
}

/* ---- walking ---- */

static void show_line(struct walk *walk, const char *text)
{
    gtk_editable_set_text(GTK_EDITABLE(walk->entry), text);
    gtk_editable_set_position(GTK_EDITABLE(walk->entry), -1);
}

static gboolean on_key(struct walk *walk, guint key)
{
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

static void on_activate(struct walk *walk)
{
    walk->back = 0;
}

static void walk_free(gpointer data)
{
    g_free(((struct walk *)data)->typed);
    g_free(data);
}

void hune_history_attach(GtkEntry *entry)
{
    GtkEventController *keys = gtk_event_controller_key_new();
    g_autoptr(GtkEntryCompletion) completion = gtk_entry_completion_new();
    struct walk *walk = g_new0(struct walk, 1);

    load();
    walk->entry = entry;
    gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
    g_signal_connect_swapped(keys, "key-pressed", G_CALLBACK(on_key), walk);
    g_signal_connect_swapped(entry, "activate", G_CALLBACK(on_activate), walk);
    gtk_widget_add_controller(GTK_WIDGET(entry), keys);
    g_object_set_data_full(G_OBJECT(entry), "walk", walk, walk_free);
    gtk_entry_completion_set_model(completion, GTK_TREE_MODEL(completions));
    gtk_entry_completion_set_text_column(completion, 0);
    gtk_entry_completion_set_inline_completion(completion, TRUE);
    gtk_entry_completion_set_popup_completion(completion, FALSE);
    gtk_entry_set_completion(entry, completion);
}
