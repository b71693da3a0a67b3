/* What the window is told of a run: events in batches, and never more than it reads. See
 * run-private.h. */
#include "desktop/worker/run-private.h"

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
