/* See save-results.h. */
#include "desktop/window/save-results.h"

#include <string.h>

#include "base/text.h"
#include "fleet/home/i18n.h"
#include "fleet/inventory/table.h"

static void put_text(struct buffer *out, const struct hune_answer *answer, const char *end)
{
    buffer_printf(out, "---- %s: %s\n", answer->machine->name, end);
    buffer_append(out, answer->text->str, answer->text->len);
    if (answer->text->len > 0 && answer->text->str[answer->text->len - 1] != '\n')
        buffer_append_text(out, "\n");
    if (answer->sentence)
        buffer_printf(out, "%s\n", answer->sentence);
}

static void put_cell(struct buffer *out, const char *text, size_t size, const char *behind)
{
    table_append_cell(out, text, size);
    buffer_append_text(out, behind);
}

static void put_csv(struct buffer *out, const struct hune_answer *answer, const char *end)
{
    const char *sentence = answer->sentence ? answer->sentence : "";

    put_cell(out, answer->machine->name, strlen(answer->machine->name), ",");
    put_cell(out, end, strlen(end), ",");
    put_cell(out, sentence, strlen(sentence), ",");
    put_cell(out, answer->text->str, answer->text->len, "\n");
}

static void put_json(struct buffer *out, const struct hune_answer *answer, const char *end)
{
    buffer_append_text(out, "{\"machine\":");
    text_append_json(out, answer->machine->name, strlen(answer->machine->name));
    buffer_append_text(out, ",\"state\":");
    text_append_json(out, end, strlen(end));
    if (answer->sentence) {
        buffer_append_text(out, ",\"problem\":");
        text_append_json(out, answer->sentence, strlen(answer->sentence));
    }
    buffer_append_text(out, ",\"output\":");
    text_append_json(out, answer->text->str, answer->text->len);
    buffer_append_text(out, "}\n");
}

/* For programs: the same in every language. */
static char *end_word(const struct hune_answer *answer)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (answer->state != HUNE_ANSWER_ENDED)
        return g_strdup(answer->state == HUNE_ANSWER_WAITING ? "waiting" : "running");
    if (state_append(&text, answer->end) != 0)
        return g_strdup("");
    return g_strndup((const char *)buffer_bytes(&text), buffer_length(&text));
}

GBytes *hune_results_bytes(HuneOrder *order, const char *format)
{
    _cleanup_buffer_ struct buffer out = BUFFER_INIT;
    void (*put)(struct buffer *, const struct hune_answer *, const char *) = put_text;

    if (g_str_equal(format, "csv")) {
        put = put_csv;
        buffer_append_text(&out, "machine,state,problem,output\n");
    } else if (g_str_equal(format, "json")) {
        put = put_json;
    }
    for (guint i = 0; i < hune_order_count(order); i++) {
        const struct hune_answer *answer = hune_order_answer(order, i);
        g_autofree char *end = put == put_text ? hune_answer_state_text(answer) : end_word(answer);

        put(&out, answer, end);
    }
    return g_bytes_new(buffer_bytes(&out), buffer_length(&out));
}

/* ---- where to ---- */

struct saving {
    HuneWindow *window;
    GBytes *bytes;
};

static void on_saved(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HuneWindow) window = data;
    g_autoptr(GError) error = NULL;
    gboolean ok = g_file_replace_contents_finish(G_FILE(source), result, NULL, &error);

    if (!hune_window_fleet(window))
        return;
    if (ok)
        hune_window_toast(window, _("The answers were saved"));
    else
        hune_window_fail(window, _("The answers could not be saved"), error->message);
}

static void on_response(GtkNativeDialog *dialog, int response, gpointer data)
{
    struct saving *saving = data;
    g_autoptr(GFile) file = NULL;

    if (response == GTK_RESPONSE_ACCEPT)
        file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
    if (file)
        g_file_replace_contents_bytes_async(file, saving->bytes, NULL, FALSE, G_FILE_CREATE_NONE,
                                            NULL, on_saved, g_object_ref(saving->window));
    g_object_unref(saving->window);
    g_bytes_unref(saving->bytes);
    g_free(saving);
    g_object_unref(dialog);
}

void hune_save_results(HuneWindow *window, HuneOrder *order, const char *format)
{
    GtkFileChooserNative *chooser = gtk_file_chooser_native_new(
        _("Save the answers"), GTK_WINDOW(window), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), NULL);
    struct saving *saving = g_new0(struct saving, 1);
    const char *name = g_str_equal(format, "csv")    ? "answers.csv"
                       : g_str_equal(format, "json") ? "answers.jsonl"
                                                     : "answers.txt";

    saving->window = g_object_ref(window);
    saving->bytes = hune_results_bytes(order, format);
    gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(chooser), name);
    g_signal_connect(chooser, "response", G_CALLBACK(on_response), saving);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}
