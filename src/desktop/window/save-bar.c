/* See save-bar.h. A tab that is closed calls its saving off. */
#include "desktop/window/save-bar.h"

#include "desktop/text/facts-text.h"
#include "desktop/window/answer-writer.h"
#include "desktop/window/window.h"
#include "fleet/home/i18n.h"

enum { GAPS_TOLD = 12 };

struct _HuneSaveBar {
    AdwBin parent_instance;

    GtkProgressBar *progress;
    struct hune_answer_writer *writer; /* NULL: nothing is saved */
};

G_DEFINE_FINAL_TYPE(HuneSaveBar, hune_save_bar, ADW_TYPE_BIN)

/* ---- how it is going ---- */

/* Who saves, kept until the end is told. */
struct saving {
    HuneSaveBar *bar;
    HuneWindow *window;
};

static char *gaps_text(const GPtrArray *gaps)
{
    g_autoptr(GString) text = g_string_new(_(
        "What is missing is kept here no more, and the machine has it no more, or cannot be asked "
        "now:"));

    for (guint i = 0; i < MIN(gaps->len, GAPS_TOLD); i++)
        g_string_append_printf(text, "\n%s", (const char *)g_ptr_array_index(gaps, i));
    if (gaps->len > GAPS_TOLD) {
        g_string_append_c(text, '\n');
        g_string_append_printf(
            text, ngettext("and %u other machine", "and %u other machines", gaps->len - GAPS_TOLD),
            gaps->len - GAPS_TOLD);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void tell_end(HuneWindow *window, const struct hune_writing *writing)
{
    g_autofree char *text = NULL;

    if (!hune_window_fleet(window))
        return;
    if (writing->is_cancelled) {
        hune_window_toast(window, _("Called off: nothing was saved"));
    } else if (writing->fault) {
        hune_window_fail(window, _("The answers could not be saved"), writing->fault);
    } else if (writing->gaps->len > 0) {
        text = gaps_text(writing->gaps);
        hune_window_fail(window, _("The answers were saved, but not all of each could be had"),
                         text);
    } else {
        hune_window_toast(window, _("The answers were saved"));
    }
}

static void show_progress(HuneSaveBar *self, const struct hune_writing *writing)
{
    g_autofree char *done = hune_size_text((double)writing->done);
    g_autofree char *all = hune_size_text((double)writing->all);
    g_autofree char *text = g_strdup_printf(_("Saving: %s of %s"), done, all);

    if (!self->progress)
        return; /* its tab was closed */
    gtk_progress_bar_set_text(self->progress, text);
    gtk_progress_bar_set_fraction(
        self->progress, writing->all ? MIN((double)writing->done / (double)writing->all, 1.0) : 0);
}

static void on_told(const struct hune_writing *writing, gpointer user)
{
    struct saving *saving = user;

    if (!writing->is_over) {
        show_progress(saving->bar, writing);
        return;
    }
    saving->bar->writer = NULL;
    gtk_widget_set_visible(GTK_WIDGET(saving->bar), FALSE);
    tell_end(saving->window, writing);
    g_object_unref(saving->bar);
    g_object_unref(saving->window);
    g_free(saving);
}

static void on_cancel(HuneSaveBar *self)
{
    if (self->writer)
        hune_answer_writer_cancel(self->writer);
}

/* ---- where to ---- */

struct asking {
    HuneSaveBar *bar;
    HuneWindow *window;
    HuneOrder *order;
    enum hune_answer_format format;
};

static void save(struct asking *asking, GFile *file)
{
    struct saving *saving = g_new0(struct saving, 1);
    HuneSaveBar *self = asking->bar;

    saving->bar = g_object_ref(self);
    saving->window = g_object_ref(asking->window);
    show_progress(self, &(struct hune_writing){0});
    gtk_widget_set_visible(GTK_WIDGET(self), TRUE);
    self->writer = hune_answer_writer_new(asking->order, asking->format, file, on_told, saving);
}

static void on_response(GtkNativeDialog *dialog, int response, gpointer data)
{
    struct asking *asking = data;
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file && asking->bar->progress && !asking->bar->writer)
        save(asking, file);
    g_object_unref(asking->bar);
    g_object_unref(asking->window);
    g_object_unref(asking->order);
    g_free(asking);
    g_object_unref(dialog);
}

void hune_save_bar_ask(HuneSaveBar *self, HuneOrder *order, const char *format)
{
    HuneWindow *window = HUNE_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
    GtkFileChooserNative *chooser = gtk_file_chooser_native_new(
        _("Save the answers"), GTK_WINDOW(window), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), NULL);
    struct asking *asking = g_new0(struct asking, 1);

    asking->bar = g_object_ref(self);
    asking->window = g_object_ref(window);
    asking->order = g_object_ref(order);
    asking->format = hune_answer_format_of(format);
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(chooser),
                                      hune_answer_format_file(asking->format));
    g_signal_connect(chooser, "response", G_CALLBACK(on_response), asking);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(chooser), TRUE);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

/* ---- the type ---- */

static void hune_save_bar_dispose(GObject *object)
{
    on_cancel(HUNE_SAVE_BAR(object));
    HUNE_SAVE_BAR(object)->progress = NULL;
    G_OBJECT_CLASS(hune_save_bar_parent_class)->dispose(object);
}

static void hune_save_bar_class_init(HuneSaveBarClass *class)
{
    G_OBJECT_CLASS(class)->dispose = hune_save_bar_dispose;
}

static void hune_save_bar_init(HuneSaveBar *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *cancel = gtk_button_new_with_label(_("Cancel"));

    self->progress = GTK_PROGRESS_BAR(gtk_progress_bar_new());
    gtk_progress_bar_set_show_text(self->progress, TRUE);
    gtk_widget_set_hexpand(GTK_WIDGET(self->progress), TRUE);
    gtk_widget_set_valign(GTK_WIDGET(self->progress), GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Answers saved"), -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(cancel), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Cancel saving"), -1);
    g_signal_connect_object(cancel, "clicked", G_CALLBACK(on_cancel), self, G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->progress));
    gtk_box_append(GTK_BOX(box), cancel);
    adw_bin_set_child(ADW_BIN(self), box);
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
}

GtkWidget *hune_save_bar_new(void)
{
    return g_object_new(HUNE_TYPE_SAVE_BAR, NULL);
}
