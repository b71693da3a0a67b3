/* What the window is told of a run: events in batches, and never more than it reads. See
 * run-private.h. */
#include "desktop/run-private.h"

#include <string.h>

#include "base/buffer.h"

enum {
    FLUSH_MS = 30,
    FLUSH_BYTES = 128 * 1024,
    UNREAD_MAX = 1 << 20, /* text on its way to the window before machines are held back */
};

/* ---- telling ---- */

static void event_clear(gpointer data)
{
    struct order_event *event = data;

    g_free(event->sentence);
    g_free(event->advice);
}

static void order_news_free(struct order_news *news)
{
    g_array_unref(news->events);
    g_byte_array_unref(news->bytes);
    g_free(news);
}

void read_order_news(struct letter *letter, void *reader)
{
    struct order_news *news = (struct order_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    order_news_free(news);
}

/* Read all the same: the owner lets go of itself when it hears of the end. */
static void drop_order_news(struct letter *letter)
{
    read_order_news(letter, NULL);
}

struct order_news *order_news_new(void (*told)(const struct order_news *, void *), void *owner)
{
    struct order_news *news = g_new0(struct order_news, 1);

    news->letter.read = read_order_news;
    news->letter.drop = drop_order_news;
    news->told = told;
    news->owner = owner;
    news->events = g_array_new(FALSE, TRUE, sizeof(struct order_event));
    g_array_set_clear_func(news->events, event_clear);
    news->bytes = g_byte_array_new();
    return news;
}

void run_flush(struct run *run)
{
    struct order_news *news = run->news;

    if (!news)
        return;
    run->news = NULL;
    run->unread += news->bytes->len;
    worker_tell(run->worker, &news->letter);
}

static void on_flush(uv_timer_t *timer)
{
    run_flush(timer->data);
}

static struct order_news *news_of(struct run *run)
{
    if (!run->news) {
        run->news = order_news_new(run->told, run->owner);
        uv_timer_start(run->flush, on_flush, FLUSH_MS, 0);
    }
    return run->news;
}

void run_add_event(struct run *run, struct order_event event)
{
    g_array_append_val(news_of(run)->events, event);
}

void run_add_text(struct run *run, uint32_t position, enum order_event_kind kind,
                  const struct buffer *text, uint32_t ms)
{
    struct order_news *news = news_of(run);
    struct order_event event = {
        .position = position,
        .kind = kind,
        .offset = news->bytes->len,
        .size = buffer_length(text),
        .ms = ms,
        .said = run->shares[position].said,
    };

    if (event.size == 0)
        return;
    g_byte_array_append(news->bytes, buffer_bytes(text), (guint)event.size);
    g_array_append_val(news->events, event);
    if (news->bytes->len >= FLUSH_BYTES)
        run_flush(run);
}

/* ---- the window reads too slowly ---- */

void run_hold_back(struct run *run, struct remote_job *job, struct share *share)
{
    if (run->unread < UNREAD_MAX || share->is_paused)
        return;
    share->is_paused = true;
    run->is_held = true;
    remote_job_pause(job);
}

static void go_on(struct run *run)
{
    uint32_t count = fanout_count(run->fanout);

    run->is_held = false;
    for (uint32_t i = 0; i < count; i++) {
        struct remote_job *job;

        if (!run->shares[i].is_paused)
            continue;
        run->shares[i].is_paused = false;
        job = fanout_result(run->fanout, i)->is_done ? NULL : fanout_job_at(run->fanout, i);
        if (job)
            remote_job_resume(job);
    }
}

void run_has_read(struct run *run, size_t size)
{
    run->unread -= MIN(size, run->unread);
    if (run->is_held && run->unread < UNREAD_MAX / 2)
        go_on(run);
}

/* ---- what was said, read again ---- */

struct part_letter {
    struct letter letter;
    struct order_reading reading;
    struct order_part part;
    struct buffer text;
    bool is_there;
};

static void read_part(struct letter *letter, void *reader)
{
    struct part_letter *answer = (struct part_letter *)letter;

    (void)reader;
    answer->reading.done(answer->is_there ? &answer->part : NULL, answer->reading.user);
    buffer_deinit(&answer->text);
    g_free(answer);
}

static void drop_part(struct letter *letter)
{
    read_part(letter, NULL);
}

static void skip_to_line(struct buffer *bytes, struct order_part *part)
{
    const uint8_t *newline = memchr(buffer_bytes(bytes), '\n', buffer_length(bytes));
    size_t skipped = newline ? (size_t)(newline + 1 - buffer_bytes(bytes)) : 0;

    /* A line that goes on to the end of the part has no start in it. */
    if (skipped == buffer_length(bytes))
        return;
    buffer_consume(bytes, skipped);
    part->from += skipped;
}

static bool fill_part(struct part_letter *answer, const struct run *run)
{
    _cleanup_buffer_ struct buffer bytes = BUFFER_INIT;
    const struct order_reading *reading = &answer->reading;
    struct display display = {0};

    answer->part.from = reading->from;
    if (!run || !run->harvest ||
        harvest_copy(run->harvest, reading->position, reading->from, reading->size, &bytes) != 0 ||
        buffer_length(&bytes) == 0)
        return false;
    if (reading->from_line && reading->from > 0)
        skip_to_line(&bytes, &answer->part);
    answer->part.size = buffer_length(&bytes);
    if (display_feed(&display, buffer_bytes(&bytes), buffer_length(&bytes), &answer->text) != 0 ||
        display_finish(&display, &answer->text) != 0)
        return false;
    answer->part.text = (const char *)buffer_bytes(&answer->text);
    answer->part.length = buffer_length(&answer->text);
    return true;
}

void run_read_again(struct worker *worker, const struct run *run,
                    const struct order_reading *reading)
{
    struct part_letter *answer = g_new0(struct part_letter, 1);

    answer->letter.read = read_part;
    answer->letter.drop = drop_part;
    answer->reading = *reading;
    answer->is_there = fill_part(answer, run);
    worker_tell(worker, &answer->letter);
}
