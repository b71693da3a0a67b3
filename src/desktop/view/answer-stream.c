/* See answer-stream.h. */
#include "desktop/view/answer-stream.h"

struct answer_stream {
    HuneOutputView *output; /* NULL: it is shown no more, and what was asked for comes too late */
    HuneOrder *order;
    guint position;
};

static void stream_clear(gpointer data)
{
    g_object_unref(((struct answer_stream *)data)->order);
}

static void stream_unref(struct answer_stream *stream)
{
    g_rc_box_release_full(stream, stream_clear);
}

/* ---- what is read again ---- */

static void on_part(const struct order_part *part, void *user)
{
    struct answer_stream *stream = user;

    if (stream->output)
        hune_output_view_show_part(stream->output, part);
    stream_unref(stream);
}

static void read_again(gpointer user, guint64 from, guint64 until, gboolean backwards)
{
    struct answer_stream *stream = user;
    struct order_reading asked = {.position = stream->position,
                                  .from = from,
                                  .until = until,
                                  .backwards = backwards,
                                  .done = on_part,
                                  .user = g_rc_box_acquire(stream)};

    hune_order_read_again(stream->order, &asked);
}

/* ---- what is looked for ---- */

struct search {
    struct answer_stream *stream;
    guint serial;
};

static void on_searched(const struct order_search_news *news, void *user)
{
    struct search *search = user;

    if (search->stream->output)
        hune_output_view_show_search(search->stream->output, search->serial, news);
    if (!news->is_over)
        return;
    stream_unref(search->stream);
    g_free(search);
}

static void search(gpointer user, guint serial, const char *text, guint64 from, guint64 until,
                   gboolean backwards)
{
    struct answer_stream *stream = user;
    struct search *begun = g_new0(struct search, 1);
    struct order_search asked = {.position = stream->position,
                                 .text = text,
                                 .from = from,
                                 .until = until,
                                 .backwards = backwards,
                                 .told = on_searched,
                                 .user = begun};

    begun->stream = g_rc_box_acquire(stream);
    begun->serial = serial;
    hune_order_search(stream->order, &asked);
}

static void search_end(gpointer user)
{
    hune_order_search_end(((struct answer_stream *)user)->order);
}

/* ---- its life ---- */

struct answer_stream *answer_stream_new(HuneOutputView *output, HuneOrder *order, guint position)
{
    static const struct hune_output_source source = {
        .read = read_again, .search = search, .search_end = search_end};
    struct answer_stream *stream = g_rc_box_new0(struct answer_stream);

    stream->output = output;
    stream->order = g_object_ref(order);
    stream->position = position;
    hune_output_view_set_source(output, &source, stream);
    return stream;
}

struct answer_stream *answer_stream_end(struct answer_stream *stream)
{
    if (!stream)
        return NULL;
    hune_output_view_set_source(stream->output, NULL, NULL);
    stream->output = NULL;
    stream_unref(stream);
    return NULL;
}

HuneOrder *answer_stream_order(const struct answer_stream *stream)
{
    return stream->order;
}

/* ---- text ---- */

void answer_stream_append(struct answer_stream *stream, const char *text, gulong length,
                          gboolean is_error)
{
    hune_output_view_append_said(stream->output, text, (gssize)length,
                                 is_error ? HUNE_OUTPUT_ERROR : HUNE_OUTPUT_PLAIN,
                                 hune_order_answer(stream->order, stream->position)->said);
}

void answer_stream_show(struct answer_stream *stream)
{
    const struct hune_answer *answer = hune_order_answer(stream->order, stream->position);

    if (answer->left_out)
        hune_output_view_begin_at(stream->output, answer->said);
    else
        answer_stream_append(stream, answer->text->str, answer->text->len, FALSE);
}
