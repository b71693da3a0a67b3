/* Vital signs: a thin stream of every machine for the list, a full one of the machine that is
 * looked at, history when it is asked for. */
#include <math.h>
#include <string.h>

#include "desktop/worker/news.h"
#include "desktop/worker/sight.h"
#include "desktop/worker/station.h"
#include "fleet/home/i18n.h"

/* ---- every machine's few measures ---- */

static void drop_samples(struct letter *letter)
{
    samples_free((struct samples *)letter);
}

void samples_free(struct samples *samples)
{
    g_array_unref(samples->items);
    g_free(samples);
}

/* All that came within a tick is one letter. */
static void tell_samples(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    struct samples *samples;

    if (worker->samples->len == 0)
        return;
    samples = g_new0(struct samples, 1);
    samples->letter.read = hune_fleet_read_samples;
    samples->letter.drop = drop_samples;
    samples->items = worker->samples;
    worker->samples = g_array_new(FALSE, FALSE, sizeof(struct sample_item));
    worker_tell(worker, &samples->letter);
}

static float share(double percent)
{
    return isnan(percent) ? -1 : (float)(percent / 100);
}

void samples_take(struct worker *worker, uint32_t slot, const struct vitals_sample *sample)
{
    const struct sample_item item = {
        .slot = slot,
        .cpu = share(sample->value[VITAL_CPU_BUSY]),
        .memory = share(vitals_percent(sample, VITAL_MEM_USED, VITAL_MEM_TOTAL)),
        .disk = share(sample->value[VITAL_DISK_FULL]),
    };

    g_array_append_val(worker->samples, item);
    if (!uv_is_active((uv_handle_t *)&worker->samples_timer))
        uv_timer_start(&worker->samples_timer, tell_samples, SAMPLES_TICK_MS, 0);
}

/* ---- one machine in full ---- */

struct closeup {
    struct list at;
    struct worker *worker;
    uint32_t slot;
    void (*told)(const struct sight_news *news, void *owner);
    void *owner;
    struct vitals_watch *watch;
};

static void sight_news_free(struct sight_news *news)
{
    for (size_t i = 0; i < news->process_count; i++) {
        g_free(news->processes[i].user);
        g_free(news->processes[i].command);
    }
    g_free(news->processes);
    g_free(news->cores);
    g_free(news);
}

static void read_sight_news(struct letter *letter, void *reader)
{
    struct sight_news *news = (struct sight_news *)letter;

    (void)reader;
    news->told(news, news->owner);
    sight_news_free(news);
}

static void drop_sight_news(struct letter *letter)
{
    struct sight_news *news = (struct sight_news *)letter;

    if (news->is_over)
        read_sight_news(letter, NULL);
    else
        sight_news_free(news);
}

static struct sight_news *sight_news_new(void (*told)(const struct sight_news *, void *),
                                         void *owner)
{
    struct sight_news *news = g_new0(struct sight_news, 1);

    news->letter.read = read_sight_news;
    news->letter.drop = drop_sight_news;
    news->told = told;
    news->owner = owner;
    return news;
}

static void copy_processes(struct sight_news *news, const struct vitals_sample *sample)
{
    news->processes = g_new0(struct sight_process, sample->process_count + 1);
    news->process_count = sample->process_count;
    for (size_t i = 0; i < sample->process_count; i++) {
        const struct vitals_process *process = &sample->processes[i];

        news->processes[i] = (struct sight_process){
            .pid = process->pid,
            .cpu = process->cpu,
            .memory = process->memory,
            .user = printable_line(process->user),
            .command = printable_line(process->command),
        };
    }
}

static void on_full_sample(struct vitals_watch *watch, const struct vitals_sample *sample,
                           void *user)
{
    struct closeup *closeup = user;
    struct sight_news *news = sight_news_new(closeup->told, closeup->owner);

    (void)watch;
    news->time_ms = sample->time_ms;
    memcpy(news->value, sample->value, sizeof(news->value));
    news->core_count = sample->series[VITAL_LABEL_CORE].count;
    news->cores = g_new0(double, news->core_count + 1);
    for (size_t i = 0; i < news->core_count; i++)
        news->cores[i] = vitals_series_value(sample, VITAL_CPU_BUSY, i);
    copy_processes(news, sample);
    worker_tell(closeup->worker, &news->letter);
}

static void closeup_end(struct closeup *closeup)
{
    struct sight_news *news = sight_news_new(closeup->told, closeup->owner);

    vitals_watch_stop(closeup->watch);
    news->is_over = true;
    list_remove(&closeup->at);
    worker_tell(closeup->worker, &news->letter);
    g_free(closeup);
}

static void on_full_end(struct vitals_watch *watch, const struct trouble *trouble, void *user)
{
    (void)watch;
    (void)trouble;
    closeup_end(user);
}

static const struct vitals_watch_events full_events = {.on_sample = on_full_sample,
                                                       .on_end = on_full_end};

void sights_machine_gone(struct worker *worker, uint32_t slot)
{
    struct closeup *closeup;

    list_for_each (&worker->sights, struct closeup, at, closeup) {
        if (closeup->slot == slot)
            closeup_end(closeup);
    }
}

/* ---- letters ---- */

struct sight_letter {
    struct letter letter;
    uint32_t slot;
    void (*told)(const struct sight_news *news, void *owner);
    void *owner;
};

static void drop_sight(struct letter *letter)
{
    struct sight_letter *from = (struct sight_letter *)letter;
    struct sight_news *news = sight_news_new(from->told, from->owner);

    news->is_over = true;
    g_free(from);
    read_sight_news(&news->letter, NULL);
}

static void read_sight(struct letter *letter, void *reader)
{
    static const struct vitals_ask ask = {
        .fields = "all", .processes = SIGHT_PROCESSES, .every_ms = SIGHT_EVERY_MS};
    struct sight_letter *from = (struct sight_letter *)letter;
    struct worker *worker = reader;
    const struct station *station = station_at(worker, from->slot);
    struct link *link = station ? station_link(station) : NULL;
    struct closeup *closeup = g_new0(struct closeup, 1);

    closeup->worker = worker;
    closeup->slot = from->slot;
    closeup->told = from->told;
    closeup->owner = from->owner;
    list_append(&worker->sights, &closeup->at);
    g_free(from);
    if (!link || vitals_watch_start(&closeup->watch, link, &ask, &full_events, closeup) != 0) {
        closeup->watch = NULL;
        closeup_end(closeup);
    }
}

void worker_send_sight(struct worker *worker, uint32_t slot,
                       void (*told)(const struct sight_news *news, void *owner), void *owner)
{
    struct sight_letter *letter = g_new0(struct sight_letter, 1);

    letter->letter.read = read_sight;
    letter->letter.drop = drop_sight;
    letter->slot = slot;
    letter->told = told;
    letter->owner = owner;
    worker_send(worker, &letter->letter);
}

static void read_sight_end(struct letter *letter, void *reader)
{
    void *owner = ((struct sight_letter *)letter)->owner;
    struct worker *worker = reader;
    struct closeup *closeup;

    g_free(letter);
    list_for_each (&worker->sights, struct closeup, at, closeup) {
        if (closeup->owner == owner)
            closeup_end(closeup);
    }
}

static void drop_letter(struct letter *letter)
{
    g_free(letter);
}

void worker_send_sight_end(struct worker *worker, void *owner)
{
    struct sight_letter *letter = g_new0(struct sight_letter, 1);

    letter->letter.read = read_sight_end;
    letter->letter.drop = drop_letter;
    letter->owner = owner;
    worker_send(worker, &letter->letter);
}

/* ---- history ---- */

struct history_letter {
    struct letter letter;
    struct worker *worker;
    struct sight_history ask;
    struct vitals_history history;
    char *sentence;
};

static void read_history(struct letter *letter, void *reader)
{
    struct history_letter *told = (struct history_letter *)letter;

    (void)reader;
    told->ask.done(told->sentence ? NULL : &told->history, told->sentence, told->ask.owner);
    vitals_history_deinit(&told->history);
    g_free(told->sentence);
    g_free(told);
}

static void drop_history(struct letter *letter)
{
    struct history_letter *told = (struct history_letter *)letter;

    if (!told->sentence)
        told->sentence = g_strdup(_("The window was closed."));
    read_history(letter, NULL);
}

static void on_history(struct vitals_history *history, const struct trouble *trouble, void *user)
{
    struct history_letter *letter = user;
    char *advice = NULL;

    if (trouble) {
        trouble_texts(trouble, NULL, &letter->sentence, &advice);
    } else {
        letter->history = *history; /* it is taken over */
        *history = (struct vitals_history){0};
    }
    g_free(advice);
    worker_tell(letter->worker, &letter->letter);
}

static void ask_history(struct letter *letter, void *reader)
{
    struct history_letter *from = (struct history_letter *)letter;
    struct worker *worker = reader;
    struct link *link = station_ready_link(worker, from->ask.slot);
    const struct vitals_history_ask ask = {.fields = from->ask.fields,
                                           .since_ms = from->ask.since_ms};

    from->worker = worker;
    letter->read = read_history;
    if (!link || vitals_history(link, &ask, on_history, from, NULL) != 0) {
        from->sentence = g_strdup(_("The machine is not connected."));
        worker_tell(worker, letter);
    }
}

void worker_send_history(struct worker *worker, const struct sight_history *ask)
{
    struct history_letter *letter = g_new0(struct history_letter, 1);

    letter->letter.read = ask_history;
    letter->letter.drop = drop_history;
    letter->ask = *ask;
    worker_send(worker, &letter->letter);
}

/* ---- life ---- */

void vitals_begin(struct worker *worker)
{
    worker->samples = g_array_new(FALSE, FALSE, sizeof(struct sample_item));
    uv_timer_init(&worker->loop, &worker->samples_timer);
    worker->samples_timer.data = worker;
}

void vitals_end(struct worker *worker)
{
    struct closeup *closeup;

    list_for_each (&worker->sights, struct closeup, at, closeup)
        closeup_end(closeup);
    g_clear_pointer(&worker->samples, g_array_unref);
    uv_close((uv_handle_t *)&worker->samples_timer, NULL);
}
