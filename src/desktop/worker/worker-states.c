/* How the machines are, as the lookout sees them (fleet/watch/lookout.h), told to the window:
 * states once per tick, measures as they come, slow facts when a machine connects. */
#include <string.h>

#include "desktop/worker/news.h"
#include "desktop/worker/station.h"
#include "fleet/link/document.h"
#include "proto/sshkey.h"

enum { TICK_MS = 200 };

/* ---- states ---- */

static void news_item_clear(gpointer data)
{
    struct news_item *item = data;

    g_free(item->sentence);
    g_free(item->advice);
    g_free(item->pinned);
    g_free(item->seen);
    g_free(item->info);
}

void news_free(struct news *news)
{
    g_array_unref(news->items);
    g_free(news);
}

static void drop_news(struct letter *letter)
{
    news_free((struct news *)letter);
}

/* Between two attempts, and while one is made after a failure, the state is the failure's. */
static enum machine_state state_of_sight(const struct sight *sight)
{
    if (sight->problem == PROBLEM_ID_CHANGED)
        return MACHINE_CHANGED;
    if (sight->problem == PROBLEM_ID_UNKNOWN)
        return MACHINE_NEW;
    if (sight->problem == PROBLEM_VERSION)
        return MACHINE_VERSION;
    switch (sight->presence) {
    case PRESENCE_UP: return sight->is_ready ? MACHINE_CONNECTED : MACHINE_RECONNECTING;
    case PRESENCE_DOWN: return MACHINE_UNREACHABLE;
    case PRESENCE_REFUSED: return MACHINE_REFUSED;
    case PRESENCE_UNKNOWN:
    default: return MACHINE_CONNECTING;
    }
}

static enum machine_state state_of(const struct station *station)
{
    const struct lookout *lookout = station->worker->lookout;

    if (station->position == STATION_UNSEEN)
        return station->has_id ? MACHINE_CONNECTING : MACHINE_NEW;
    if (lookout_is_resting(lookout, station->position))
        return station->kept_out ? MACHINE_CHANGED : MACHINE_IDLE;
    return state_of_sight(lookout_sight(lookout, station->position));
}

static char *id_text(bool has, const uint8_t *id)
{
    char text[FINGERPRINT_TEXT_SIZE];

    if (!has)
        return NULL;
    fingerprint_format(id, text);
    return g_strdup(text);
}

static void add_trouble(const struct station *station, const struct trouble *trouble,
                        struct news_item *item)
{
    const struct sight *sight = lookout_sight(station->worker->lookout, station->position);

    item->problem = trouble->code;
    item->retry_us = (gint64)sight->attempt_ms * 1000;
    trouble_texts(trouble, station->worker->signer, &item->sentence, &item->advice);
    item->pinned = id_text(trouble->has_pinned, trouble->pinned);
    item->seen = id_text(trouble->has_seen, trouble->seen);
    memcpy(item->seen_id, trouble->seen, sizeof(item->seen_id));
}

static void add_item(GArray *items, const struct station *station)
{
    struct news_item item = {.slot = station->slot, .state = state_of(station)};
    struct link *link = station_link(station);
    const struct trouble *trouble = link ? link_trouble(link) : NULL;

    item.is_kept_out = item.state == MACHINE_CHANGED &&
                       lookout_is_resting(station->worker->lookout, station->position);
    if (item.is_kept_out)
        trouble = station->kept_out;
    if (trouble && trouble->code != PROBLEM_NONE && item.state != MACHINE_IDLE &&
        item.state != MACHINE_CONNECTED)
        add_trouble(station, trouble, &item);
    if (item.state == MACHINE_CONNECTED)
        item.info = g_memdup2(link_info(link), sizeof(struct link_info));
    g_array_append_val(items, item);
}

static void tell_news(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    struct news *news;

    if (worker->dirty->len == 0)
        return;
    news = g_new0(struct news, 1);
    news->letter.read = hune_fleet_read_news;
    news->letter.drop = drop_news;
    news->items = g_array_sized_new(FALSE, FALSE, sizeof(struct news_item), worker->dirty->len);
    g_array_set_clear_func(news->items, news_item_clear);
    for (guint i = 0; i < worker->dirty->len; i++) {
        struct station *station = station_at(worker, g_array_index(worker->dirty, uint32_t, i));

        if (station) {
            station->is_dirty = false;
            add_item(news->items, station);
        }
    }
    g_array_set_size(worker->dirty, 0);
    worker_tell(worker, &news->letter);
}

void states_changed(struct station *station)
{
    struct worker *worker = station->worker;

    if (station->is_dirty)
        return;
    station->is_dirty = true;
    g_array_append_val(worker->dirty, station->slot);
    if (!uv_is_active((uv_handle_t *)&worker->news_timer)) {
        uv_update_time(&worker->loop);
        uv_timer_start(&worker->news_timer, tell_news, TICK_MS, 0);
    }
}

/* ---- the slow facts ---- */

void brief_free(struct brief *brief)
{
    g_free(brief->os);
    g_free(brief);
}

static void drop_brief(struct letter *letter)
{
    brief_free((struct brief *)letter);
}

/* The fullest, as in the samples that follow. */
static float read_disk(json_t *disk)
{
    json_t *system;
    float fullest = -1;
    size_t i;

    json_array_foreach (json_object_get(disk, "mounts"), i, system) {
        json_t *full = json_object_get(system, "full");

        if (json_is_number(full))
            fullest = MAX(fullest, (float)json_number_value(full) / 100);
    }
    return fullest;
}

static void on_facts(json_t *root, const struct trouble *trouble, void *user)
{
    struct station *station = user;
    struct brief *brief;
    char os[256];

    station->facts = NULL;
    if (trouble || !root)
        return;
    brief = g_new0(struct brief, 1);
    brief->letter.read = hune_fleet_read_brief;
    brief->letter.drop = drop_brief;
    brief->slot = station->slot;
    if (document_text(json_object_get(root, "os"), "pretty", os, sizeof(os)) ||
        document_text(json_object_get(root, "os"), "name", os, sizeof(os)))
        brief->os = g_strdup(os);
    document_u64(json_object_get(root, "uptime"), "booted", &brief->booted);
    document_u64(json_object_get(root, "ram"), "total", &brief->ram);
    document_u64(json_object_get(root, "ram"), "used", &brief->ram_used);
    brief->disk = read_disk(json_object_get(root, "disk"));
    worker_tell(station->worker, &brief->letter);
}

/* ---- what the lookout sees ---- */

static struct station *station_seen(struct worker *worker, const struct lookout *lookout,
                                    uint32_t position)
{
    return station_at(worker, lookout_machine(lookout, position));
}

static void on_change(struct lookout *lookout, uint32_t position, void *user)
{
    states_changed(station_seen(user, lookout, position));
}

static void on_sample(struct lookout *lookout, uint32_t position,
                      const struct vitals_sample *sample, void *user)
{
    if (sample)
        samples_take(user, lookout_machine(lookout, position), sample);
}

static void on_presence(struct lookout *lookout, uint32_t position, enum presence from,
                        enum presence to, const struct trouble *trouble, void *user)
{
    (void)from;
    alerts_presence(user, lookout_machine(lookout, position), to, trouble);
}

static void on_ready(struct lookout *lookout, uint32_t position, const struct link_info *info,
                     void *user)
{
    struct station *station = station_seen(user, lookout, position);

    (void)info;
    if (!station->facts)
        request_document(lookout_link(lookout, position), "/v1/facts", on_facts, station,
                         &station->facts);
}

static void on_failed(struct lookout *lookout, uint32_t position, const struct trouble *trouble,
                      void *user)
{
    runs_machine_failed(user, lookout_machine(lookout, position), trouble);
}

static const struct lookout_events events = {.on_change = on_change,
                                             .on_sample = on_sample,
                                             .on_presence = on_presence,
                                             .on_ready = on_ready,
                                             .on_failed = on_failed};

/* ---- life ---- */

void states_begin(struct worker *worker)
{
    worker->dirty = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uv_timer_init(&worker->loop, &worker->news_timer);
    worker->news_timer.data = worker;
}

int states_look(struct worker *worker)
{
    const struct lookout_settings settings = {.pool = worker->pool,
                                              .fields = LIST_FIELDS,
                                              .every_ms = LIST_EVERY_MS,
                                              .events = &events,
                                              .user = worker};

    return lookout_new(&worker->lookout, &settings);
}

void states_end(struct worker *worker)
{
    worker->lookout = lookout_free(worker->lookout);
    g_array_unref(worker->dirty);
    uv_close((uv_handle_t *)&worker->news_timer, NULL);
}
