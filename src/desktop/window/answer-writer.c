/* See answer-writer.h. States: opening -> (reading <-> writing) -> closing -> told, freed. One step
 * is under way at any time, and each ends in a callback. */
#include "desktop/window/answer-writer.h"

#include "desktop/text/display.h"
#include "desktop/text/facts-text.h"

/* At a time of one answer, and before anything is written. */
enum { PART = 512 * 1024, WRITE_AT = 256 * 1024 };

/* A part that was asked for: a machine may take its time, or stand still, and nobody waits for it
 * who called off the saving. */
struct asked {
    struct hune_answer_writer *writer; /* NULL: nobody wants it any more */
};

struct hune_answer_writer {
    HuneOrder *order;
    enum hune_answer_format format;
    void (*told)(const struct hune_writing *writing, gpointer user);
    gpointer user;
    GCancellable *cancellable;
    GFile *file;
    GOutputStream *stream;
    gboolean is_new; /* there was no file of before */
    GError *error;   /* the first that happened */
    struct buffer out;
    GPtrArray *gaps;
    struct hune_writing writing;

    struct asked *asked; /* a part that has not come yet; NULL: nothing is waited for */
    guint position;
    gboolean is_begun; /* this answer */
    guint64 at;        /* bytes of it, as the machine said them */
    guint64 until;
    guint64 missing;
    gboolean is_line_open;
    struct display display;
};

static void go_on(struct hune_answer_writer *writer);

/* ---- the end ---- */

static void writer_end(struct hune_answer_writer *writer)
{
    if (writer->error && writer->is_new) /* half of it is nothing */
        g_file_delete_async(writer->file, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
    writer->writing.is_over = TRUE;
    writer->writing.gaps = writer->gaps;
    if (writer->error) {
        writer->writing.is_cancelled = g_error_matches(writer->error, G_IO_ERROR,
                                                       G_IO_ERROR_CANCELLED);
        writer->writing.fault = writer->error->message;
    }
    writer->told(&writer->writing, writer->user);
    g_clear_error(&writer->error);
    g_clear_object(&writer->stream);
    g_object_unref(writer->file);
    g_object_unref(writer->cancellable);
    g_object_unref(writer->order);
    g_ptr_array_unref(writer->gaps);
    buffer_deinit(&writer->out);
    g_free(writer);
}

static void on_closed(GObject *source, GAsyncResult *result, gpointer data)
{
    struct hune_answer_writer *writer = data;

    g_output_stream_close_finish(G_OUTPUT_STREAM(source), result,
                                 writer->error ? NULL : &writer->error);
    writer_end(writer);
}

/* Closed while it is cancelled, the file of before stays. */
static void close_file(struct hune_answer_writer *writer)
{
    if (writer->error)
        g_cancellable_cancel(writer->cancellable);
    g_output_stream_close_async(writer->stream, G_PRIORITY_DEFAULT, writer->cancellable, on_closed,
                                writer);
}

/* ---- writing ---- */

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    struct hune_answer_writer *writer = data;

    g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL,
                                     writer->error ? NULL : &writer->error);
    buffer_clear(&writer->out);
    if (!writer->error)
        writer->told(&writer->writing, writer->user);
    go_on(writer);
}

static void write_out(struct hune_answer_writer *writer)
{
    g_output_stream_write_all_async(writer->stream, buffer_bytes(&writer->out),
                                    buffer_length(&writer->out), G_PRIORITY_DEFAULT,
                                    writer->cancellable, on_written, writer);
}

/* ---- one answer ---- */

static const struct hune_answer *answer_of(struct hune_answer_writer *writer)
{
    return hune_order_answer(writer->order, writer->position);
}

static void put_piece(struct hune_answer_writer *writer, const char *text, size_t size)
{
    if (size == 0)
        return;
    hune_format_piece(writer->format, text, size, &writer->out);
    writer->is_line_open = text[size - 1] != '\n';
}

static void finish_text(struct hune_answer_writer *writer)
{
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (display_finish(&writer->display, &text) == 0)
        put_piece(writer, (const char *)buffer_bytes(&text), buffer_length(&text));
    writer->display = (struct display){.is_for_file = true};
}

static void put_gap(struct hune_answer_writer *writer, guint64 size)
{
    finish_text(writer);
    hune_format_gap(writer->format, size, &writer->out);
    writer->is_line_open = FALSE;
    writer->missing += size;
}

/* What the window holds is all, and no line of it was broken to be shown. */
static gboolean is_whole(const struct hune_answer *answer)
{
    return !answer->is_kept || (answer->left_out == 0 && answer->text->len < DISPLAY_LINE_MAX);
}

static void begin_answer(struct hune_answer_writer *writer)
{
    const struct hune_answer *answer = answer_of(writer);

    writer->is_begun = TRUE;
    writer->at = 0;
    writer->until = is_whole(answer) ? 0 : answer->said;
    writer->missing = 0;
    writer->is_line_open = FALSE;
    writer->display = (struct display){.is_for_file = true};
    hune_format_begin(writer->format, answer, &writer->out);
    if (!is_whole(answer))
        return;
    put_piece(writer, answer->text->str, answer->text->len);
    writer->writing.done += answer->said;
    if (answer->left_out)
        put_gap(writer, answer->left_out);
}

static void end_answer(struct hune_answer_writer *writer)
{
    const struct hune_answer *answer = answer_of(writer);

    finish_text(writer);
    hune_format_end(writer->format, answer, writer->missing, writer->is_line_open, &writer->out);
    if (writer->missing) {
        g_autofree char *size = hune_size_text((double)writer->missing);

        g_ptr_array_add(writer->gaps, g_strdup_printf("%s: %s", answer->machine->name, size));
    }
    writer->is_begun = FALSE;
    writer->position++;
}

static void take_part(struct hune_answer_writer *writer, const struct order_part *part)
{
    guint64 size = MIN(part->size, writer->until - writer->at);
    _cleanup_buffer_ struct buffer text = BUFFER_INIT;

    if (part->fate != ORDER_PART_HERE || size == 0) {
        size = CLAMP(part->size, 1, writer->until - writer->at);
        put_gap(writer, size);
    } else if (display_feed(&writer->display, (const uint8_t *)part->text, (size_t)size, &text) ==
               0) {
        put_piece(writer, (const char *)buffer_bytes(&text), buffer_length(&text));
    }
    writer->at += size;
    writer->writing.done += size;
}

static void on_part(const struct order_part *part, void *user)
{
    struct asked *asked = user;
    struct hune_answer_writer *writer = asked->writer;

    g_free(asked);
    if (!writer)
        return; /* it was called off meanwhile */
    writer->asked = NULL;
    take_part(writer, part);
    go_on(writer);
}

static void ask_part(struct hune_answer_writer *writer)
{
    struct order_reading reading = {.reader = ORDER_READER_SAVE,
                                    .is_raw = true,
                                    .position = writer->position,
                                    .from = writer->at,
                                    .until = MIN(writer->until, writer->at + PART),
                                    .done = on_part,
                                    .user = g_new0(struct asked, 1)};

    writer->asked = reading.user;
    writer->asked->writer = writer;
    hune_order_read_again(writer->order, &reading);
}

/* ---- all of them ---- */

/* One step, whose end calls this again. */
static void go_on(struct hune_answer_writer *writer)
{
    if (!writer->error)
        g_cancellable_set_error_if_cancelled(writer->cancellable, &writer->error);
    while (!writer->error && buffer_length(&writer->out) < WRITE_AT &&
           writer->position < hune_order_count(writer->order)) {
        if (!writer->is_begun)
            begin_answer(writer);
        if (writer->at < writer->until) {
            ask_part(writer);
            return;
        }
        end_answer(writer);
    }
    if (!writer->error && buffer_length(&writer->out) > 0)
        write_out(writer);
    else
        close_file(writer);
}

static void on_opened(struct hune_answer_writer *writer, GFileOutputStream *stream)
{
    writer->stream = stream ? G_OUTPUT_STREAM(stream) : NULL;
    if (writer->stream)
        go_on(writer);
    else
        writer_end(writer);
}

static void on_replaced(GObject *source, GAsyncResult *result, gpointer data)
{
    struct hune_answer_writer *writer = data;

    on_opened(writer, g_file_replace_finish(G_FILE(source), result, &writer->error));
}

static void on_created(GObject *source, GAsyncResult *result, gpointer data)
{
    struct hune_answer_writer *writer = data;
    GFileOutputStream *stream = g_file_create_finish(G_FILE(source), result, &writer->error);

    if (g_error_matches(writer->error, G_IO_ERROR, G_IO_ERROR_EXISTS)) {
        g_clear_error(&writer->error);
        g_file_replace_async(writer->file, NULL, FALSE, G_FILE_CREATE_PRIVATE, G_PRIORITY_DEFAULT,
                             writer->cancellable, on_replaced, writer);
        return;
    }
    writer->is_new = stream != NULL;
    on_opened(writer, stream);
}

struct hune_answer_writer *hune_answer_writer_new(
    HuneOrder *order, enum hune_answer_format format, GFile *file,
    void (*told)(const struct hune_writing *writing, gpointer user), gpointer user)
{
    struct hune_answer_writer *writer = g_new0(struct hune_answer_writer, 1);

    writer->order = g_object_ref(order);
    writer->file = g_object_ref(file);
    writer->format = format;
    writer->told = told;
    writer->user = user;
    writer->cancellable = g_cancellable_new();
    writer->gaps = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < hune_order_count(order); i++)
        writer->writing.all += hune_order_answer(order, i)->said;
    hune_format_head(format, &writer->out);
    /* Outputs hold secrets. */
    g_file_create_async(file, G_FILE_CREATE_PRIVATE, G_PRIORITY_DEFAULT, writer->cancellable,
                        on_created, writer);
    return writer;
}

void hune_answer_writer_cancel(struct hune_answer_writer *writer)
{
    g_cancellable_cancel(writer->cancellable);
    if (!writer->asked)
        return; /* what goes on hears of it */
    writer->asked->writer = NULL;
    writer->asked = NULL;
    go_on(writer);
}
