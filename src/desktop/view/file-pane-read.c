/* A folder is read, there or here, and shown; or why it cannot be. See file-pane-private.h. */
#include "desktop/view/file-pane-private.h"

#include <string.h>

#include "desktop/text/facts-text.h"
#include "desktop/view/folder-here.h"
#include "desktop/view/sort-keys.h"
#include "desktop/view/table-scroll.h"
#include "desktop/worker/file.h"
#include "desktop/worker/files.h"
#include "fleet/home/i18n.h"

enum { SLOW_S = 20 };

static void show_path(HuneFilePane *self)
{
    g_autofree char *text = hune_printable(self->folder);

    gtk_editable_set_text(GTK_EDITABLE(self->path), text);
    gtk_editable_set_position(GTK_EDITABLE(self->path), -1);
    gtk_widget_set_sensitive(self->up, self->folder && !g_str_equal(self->folder, "/"));
}

static void show_fault(HuneFilePane *self, const char *sentence, const char *advice)
{
    g_autofree char *text = g_strdup_printf("%s%s%s", sentence ? sentence : "", advice ? "\n" : "",
                                            advice ? advice : "");

    gtk_label_set_label(self->fault, text);
    gtk_widget_set_visible(GTK_WIDGET(self->fault), *text != '\0');
}

/* The connection stands, but whoever is to read the folder there does not get to it. */
static gboolean on_slow(gpointer data)
{
    HuneFilePane *self = data;

    self->slow = 0;
    show_fault(self, _("The machine has not answered yet."),
               _("It goes on by itself when it does; you can read another folder meanwhile."));
    return G_SOURCE_REMOVE;
}

/* NULL: nothing is read any more. */
static void set_reading(HuneFilePane *self, const char *path)
{
    char *wanted = g_strdup(path);

    g_free(self->wanted);
    self->wanted = wanted;
    g_clear_handle_id(&self->slow, g_source_remove);
    if (wanted && self->machine)
        self->slow = g_timeout_add_seconds(SLOW_S, on_slow, self);
    gtk_spinner_set_spinning(self->spinner, wanted != NULL);
    hune_file_pane_tell_chosen(self);
}

/* ---- a folder was read ---- */

/* The row of this name, which becomes the current one. */
static void focus_name(HuneFilePane *self, const char *name)
{
    guint count = g_list_model_get_n_items(G_LIST_MODEL(self->selection));

    for (guint i = 0; name && i < count; i++) {
        g_autoptr(HuneFile) file = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

        if (!g_str_equal(file->name, name))
            continue;
        gtk_selection_model_select_item(GTK_SELECTION_MODEL(self->selection), i, TRUE);
        hune_table_scroll_to(self->view, i);
        return;
    }
}

/* Where one came from, when one went up: the name of the folder below. */
static char *name_below(const char *folder, const char *before)
{
    gsize length = strlen(folder);
    const char *rest;

    if (!before || !g_str_has_prefix(before, folder) || g_str_equal(before, folder))
        return NULL;
    rest = before + length + (folder[length - 1] == '/' ? 0 : 1);
    return g_strndup(rest, strcspn(rest, "/"));
}

static void take(HuneFilePane *self, const char *path, GPtrArray *files, gboolean is_more)
{
    g_autofree char *below = name_below(path, self->folder);
    gboolean same = g_strcmp0(path, self->folder) == 0;
    gboolean had_focus = gtk_widget_get_focus_child(GTK_WIDGET(self->view)) != NULL;

    set_reading(self, NULL);
    show_fault(self, NULL, NULL);
    g_free(self->folder);
    self->folder = g_strdup(path);
    self->is_more = is_more;
    g_list_store_splice(self->store, 0, g_list_model_get_n_items(G_LIST_MODEL(self->store)),
                        files->pdata, files->len);
    show_path(self);
    if (!same && below)
        focus_name(self, below);
    else if (!same && files->len > 0)
        hune_table_scroll_to(self->view, 0);
    if (had_focus && g_list_model_get_n_items(G_LIST_MODEL(self->selection)) > 0)
        hune_sort_keys_focus_rows(self->view);
    hune_file_pane_tell_chosen(self);
}

/* ---- reading, there ---- */

struct question {
    HuneFilePane *pane;
    guint serial;
    gboolean is_home;
};

static void on_listed(const struct files_listing *listing, const char *sentence, const char *advice,
                      void *owner)
{
    struct question *question = owner;
    g_autoptr(HuneFilePane) self = question->pane;

    /* An answer to a question that was followed by another one counts no more. */
    if (self->store && question->serial == self->serial) {
        if (listing) {
            take(self, listing->path, listing->files, listing->has_more);
        } else if (question->is_home && !self->folder && !advice) {
            hune_file_pane_go(self, "/"); /* many users of the system have no home */
        } else {
            set_reading(self, NULL);
            show_fault(self, sentence, advice);
            show_path(self);
        }
    }
    g_free(question);
}

/* ---- reading, here ---- */

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    HuneFilePane *self = HUNE_FILE_PANE(source);
    g_autoptr(GError) error = NULL;
    const struct folder_here *folder = hune_folder_here_finish(result, &error);

    if (!self->store || GPOINTER_TO_UINT(data) != self->serial)
        return;
    if (folder) {
        take(self, folder->path, folder->files, folder->is_more);
    } else {
        set_reading(self, NULL);
        show_fault(self, error->message, NULL);
        show_path(self);
    }
}

void hune_file_pane_go(HuneFilePane *self, const char *path)
{
    struct worker_list ask = {.path = path, .user = self->user, .done = on_listed};
    struct question *question;

    self->serial++;
    if (!self->user)
        return;
    set_reading(self, path);
    if (!self->machine) {
        hune_folder_here_read(G_OBJECT(self), path, on_read, GUINT_TO_POINTER(self->serial));
        return;
    }
    question = g_new0(struct question, 1);
    question->pane = g_object_ref(self);
    question->serial = self->serial;
    question->is_home = g_str_equal(path, "~");
    ask.slot = self->machine->slot;
    ask.owner = question;
    worker_send_list(hune_fleet_worker(self->fleet), &ask);
}

void hune_file_pane_clear(HuneFilePane *self)
{
    g_clear_pointer(&self->folder, g_free);
    set_reading(self, NULL);
    g_list_store_remove_all(self->store);
    show_fault(self, NULL, NULL);
    show_path(self);
    hune_file_pane_tell_chosen(self);
}
