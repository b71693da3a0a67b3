/* One station per machine of the list: its link, which reconnects by itself, and the slow facts
 * that the list shows. What changed is told once per tick. */
#include "desktop/worker-private.h"

#include <string.h>

#include "desktop/news.h"
#include "desktop/station.h"
#include "fleet/document.h"
#include "fleet/i18n.h"
#include "proto/sshkey.h"

enum { TICK_MS = 200 };

/* ---- news ---- */

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

static char *take_text(struct buffer *buffer)
{
    char *text = g_strndup((const char *)buffer_bytes(buffer), buffer_length(buffer));

    buffer_deinit(buffer);
    return text;
}

void trouble_texts(const struct trouble *trouble, const struct signer *signer, char **sentence_out,
                   char **advice_out)
{
    struct buffer sentence = BUFFER_INIT;
    struct buffer advice = BUFFER_INIT;
    struct trouble shown = *trouble;

    trouble_shorten(&shown);
    shown.has_pinned = shown.has_seen = false; /* in the advice */
    if (trouble_describe(&shown, &sentence) != 0 || trouble_advise(trouble, signer, &advice) != 0)
        g_error("out of memory");
    *sentence_out = take_text(&sentence);
    *advice_out = take_text(&advice);
}

/* Between two attempts, and while one is made after a failure, the state is the failure's. */
static enum machine_state state_of_trouble(const struct station *station,
                                           const struct trouble *trouble)
{
    switch (trouble->code) {
    case PROBLEM_ID_CHANGED: return MACHINE_CHANGED;
    case PROBLEM_ID_UNKNOWN: return MACHINE_NEW;
    case PROBLEM_VERSION: return MACHINE_VERSION;
    case PROBLEM_CLOSED:
    case PROBLEM_LOST: return station->was_ready ? MACHINE_RECONNECTING : MACHINE_UNREACHABLE;
    default:
        if (trouble_is_from_machine(trouble))
            return MACHINE_REFUSED;
        return station->was_ready ? MACHINE_RECONNECTING : MACHINE_UNREACHABLE;
    }
}

static enum machine_state state_of(const struct station *station)
{
    const struct trouble *trouble;

    if (!station->has_id)
        return MACHINE_NEW;
    if (station->is_parked || !station->link)
        return station->is_parked ? MACHINE_IDLE : MACHINE_CONNECTING;
    if (link_state(station->link) == LINK_READY)
        return MACHINE_CONNECTED;
    trouble = link_trouble(station->link);
    if (trouble->code == PROBLEM_NONE)
        return MACHINE_CONNECTING;
    return state_of_trouble(station, trouble);
}

static char *id_text(bool has, const uint8_t *id)
{
    char text[FINGERPRINT_TEXT_SIZE];

    if (!has)
        return NULL;
    fingerprint_format(id, text);
    return g_strdup(text);
}

static void add_item(struct worker *worker, GArray *items, const struct station *station)
{
    struct news_item item = {.slot = station->slot, .state = state_of(station)};
    const struct trouble *trouble = station->link ? link_trouble(station->link) : NULL;

    if (trouble && trouble->code != PROBLEM_NONE && item.state != MACHINE_IDLE &&
        item.state != MACHINE_CONNECTED) {
        item.problem = trouble->code;
        item.retry_us = station->retry_us;
        trouble_texts(trouble, worker->signer, &item.sentence, &item.advice);
        item.pinned = id_text(trouble->has_pinned, trouble->pinned);
        item.seen = id_text(trouble->has_seen, trouble->seen);
        memcpy(item.seen_id, trouble->seen, sizeof(item.seen_id));
    }
    if (item.state == MACHINE_CONNECTED)
        item.info = g_memdup2(link_info(station->link), sizeof(struct link_info));
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
            add_item(worker, news->items, station);
        }
    }
    g_array_set_size(worker->dirty, 0);
    worker_tell(worker, &news->letter);
}

static void mark_dirty(struct station *station)
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

/* ---- the key ---- */

void key_news_free(struct key_news *news)
{
    g_free(news->fault);
    g_free(news->fingerprint);
    g_free(news->origin);
    g_free(news);
}

static void drop_key(struct letter *letter)
{
    key_news_free((struct key_news *)letter);
}

static struct key_news *key_news_new(void)
{
    struct key_news *news = g_new0(struct key_news, 1);

    news->letter.read = hune_fleet_read_key;
    news->letter.drop = drop_key;
    return news;
}

void tell_key(struct worker *worker, const struct signer *signer)
{
    struct key_news *news = key_news_new();

    news->fingerprint = g_strdup(signer_fingerprint(signer));
    news->origin = g_strdup(signer_origin(signer));
    news->is_new = signer_is_new(signer);
    worker_tell(worker, &news->letter);
}

void tell_key_fault(struct worker *worker, const struct fault *fault)
{
    struct key_news *news = key_news_new();

    news->fault = g_strdup_printf(*fault->hint ? "%s\n%s" : "%s%s", fault->text, fault->hint);
    worker_tell(worker, &news->letter);
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

static void read_disk(json_t *disk, struct brief *brief)
{
    json_t *system;
    size_t i;

    json_array_foreach (json_object_get(disk, "mounts"), i, system) {
        if (g_strcmp0(json_string_value(json_object_get(system, "target")), "/") != 0)
            continue;
        document_u64(system, "size", &brief->disk);
        document_u64(system, "used", &brief->disk_used);
    }
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
    read_disk(json_object_get(root, "disk"), brief);
    worker_tell(station->worker, &brief->letter);
}

/* ---- the link ---- */

static void on_state(struct link *link, enum link_state from, enum link_state to, void *user)
{
    struct station *station = user;

    (void)link;
    (void)from;
    if (to == LINK_READY || to == LINK_CLOSED || link_trouble(link)->code == PROBLEM_NONE)
        mark_dirty(station);
}

static void on_ready(struct link *link, const struct link_info *info, void *user)
{
    struct station *station = user;

    (void)info;
    station->was_ready = true;
    station->retry_us = 0;
    mark_dirty(station);
    if (!station->facts)
        request_document(link, "/v1/facts", on_facts, station, &station->facts);
    station_watch(station);
}

static void on_failed(struct link *link, const struct trouble *trouble, uint32_t retry_ms,
                      void *user)
{
    struct station *station = user;

    (void)link;
    station->retry_us = retry_ms ? g_get_monotonic_time() + (gint64)retry_ms * 1000 : 0;
    mark_dirty(station);
    runs_machine_failed(station->worker, station->slot, trouble);
}

static const struct link_events events = {
    .on_state = on_state, .on_ready = on_ready, .on_failed = on_failed};

void station_target(void *user, uint32_t slot, struct link_target *target_out)
{
    const struct station *station = station_at(user, slot);

    if (!station) {
        target_out->host = "";
        return;
    }
    target_out->host = station->host;
    target_out->port = station->port;
    target_out->id = station->has_id ? station->id : NULL;
    target_out->persistent = true;
}

static void station_connect(struct station *station)
{
    struct worker *worker = station->worker;

    if (!worker->pool || !station->has_id || station->is_parked)
        return;
    if (station->link) {
        link_connect(station->link);
        return;
    }
    if (link_pool_take(worker->pool, station->slot, &station->link) != 0)
        return;
    station->watcher = (struct link_watcher){.events = &events, .user = station};
    link_watch(station->link, &station->watcher);
    mark_dirty(station);
}

static void station_let_go(struct station *station)
{
    station->facts = request_cancel(station->facts);
    station->watch = vitals_watch_stop(station->watch);
    if (!station->link)
        return;
    link_unwatch(station->link, &station->watcher);
    link_pool_give(station->worker->pool, station->link);
    station->link = NULL;
}

/* ---- the list of stations ---- */

struct station *station_at(struct worker *worker, uint32_t slot)
{
    return slot < worker->stations->len ? g_ptr_array_index(worker->stations, slot) : NULL;
}

static void station_free(struct station *station)
{
    g_free(station->name);
    g_free(station->host);
    g_free(station->user);
    g_free(station);
}

static void retire(struct station *station)
{
    struct worker *worker = station->worker;

    runs_machine_gone(worker, station->slot);
    sights_machine_gone(worker, station->slot);
    shells_machine_gone(worker, station->slot);
    station_let_go(station);
    g_ptr_array_index(worker->stations, station->slot) = NULL;
    station_free(station);
}

static bool fits(const struct station *station, const struct machine *machine)
{
    return station->port == machine->port && station->has_id == machine->has_id &&
           strcmp(station->host, machine->host) == 0 && strcmp(station->user, machine->user) == 0 &&
           (!machine->has_id || memcmp(station->id, machine->id, MACHINE_ID_SIZE) == 0);
}

static struct station *station_new(struct worker *worker, const struct machine *machine)
{
    struct station *station = g_new0(struct station, 1);

    station->worker = worker;
    station->slot = worker->stations->len;
    station->name = g_strdup(machine->name);
    station->host = g_strdup(machine->host);
    station->user = g_strdup(machine->user);
    station->port = machine->port;
    station->has_id = machine->has_id;
    memcpy(station->id, machine->id, sizeof(station->id));
    g_ptr_array_add(worker->stations, station);
    return station;
}

void stations_sync(struct worker *worker)
{
    GHashTable *before = worker->by_name;
    const struct fleet *fleet = worker->fleet;
    GHashTableIter iter;
    gpointer value;

    worker->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_array_set_size(worker->slot_of_row, fleet->count);
    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct machine *machine = &fleet->machines[i];
        struct station *station = g_hash_table_lookup(before, machine->name);

        if (station && fits(station, machine))
            g_hash_table_remove(before, machine->name);
        else
            station = station_new(worker, machine);
        g_hash_table_insert(worker->by_name, station->name, station);
        g_array_index(worker->slot_of_row, uint32_t, i) = station->slot;
    }
    g_hash_table_iter_init(&iter, before);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        g_hash_table_iter_steal(&iter);
        retire(value);
    }
    g_hash_table_unref(before);
    stations_connect_all(worker);
}

void stations_connect_all(struct worker *worker)
{
    if (!worker->pool)
        return;
    for (guint i = 0; i < worker->stations->len; i++) {
        struct station *station = station_at(worker, i);

        if (station && !station->link)
            station_connect(station);
    }
}

void stations_begin(struct worker *worker)
{
    worker->stations = g_ptr_array_new();
    worker->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    worker->slot_of_row = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    worker->dirty = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    uv_timer_init(&worker->loop, &worker->news_timer);
    worker->news_timer.data = worker;
}

void stations_end(struct worker *worker)
{
    for (guint i = 0; i < worker->stations->len; i++) {
        if (station_at(worker, i))
            retire(station_at(worker, i));
    }
    g_ptr_array_unref(worker->stations);
    g_hash_table_unref(worker->by_name);
    g_array_unref(worker->slot_of_row);
    g_array_unref(worker->dirty);
    uv_close((uv_handle_t *)&worker->news_timer, NULL);
}

/* ---- what the window asks for ---- */

struct slot_letter {
    struct letter letter;
    uint32_t slot;
};

static void drop_slot(struct letter *letter)
{
    g_free(letter);
}

static void send_slot(struct worker *worker, uint32_t slot,
                      void (*read)(struct letter *letter, void *reader))
{
    struct slot_letter *letter = g_new0(struct slot_letter, 1);

    letter->letter.read = read;
    letter->letter.drop = drop_slot;
    letter->slot = slot;
    worker_send(worker, &letter->letter);
}

static void read_connect(struct letter *letter, void *reader)
{
    struct station *station = station_at(reader, ((struct slot_letter *)letter)->slot);

    g_free(letter);
    if (!station)
        return;
    station->is_parked = false;
    station_connect(station);
    mark_dirty(station);
}

static void read_disconnect(struct letter *letter, void *reader)
{
    struct station *station = station_at(reader, ((struct slot_letter *)letter)->slot);

    g_free(letter);
    if (!station)
        return;
    station->is_parked = true;
    station->was_ready = false;
    if (station->link)
        link_disconnect(station->link);
    mark_dirty(station);
}

void worker_send_connect(struct worker *worker, uint32_t slot)
{
    send_slot(worker, slot, read_connect);
}

void worker_send_disconnect(struct worker *worker, uint32_t slot)
{
    send_slot(worker, slot, read_disconnect);
}

/* ---- one document ---- */

struct ask_letter {
    struct letter letter;
    struct worker *worker;
    struct worker_ask ask;
    char *path;
    json_t *root;
    char *sentence;
};

static void read_answer(struct letter *letter, void *reader)
{
    struct ask_letter *answer = (struct ask_letter *)letter;

    (void)reader;
    answer->ask.done(answer->root, answer->sentence, answer->ask.owner);
    g_free(answer->sentence);
    g_free(answer->path);
    g_free(answer);
}

static void drop_ask(struct letter *letter)
{
    struct ask_letter *ask = (struct ask_letter *)letter;

    if (!ask->root && !ask->sentence)
        ask->sentence = g_strdup(_("The window was closed."));
    read_answer(letter, NULL);
}

static void on_document(json_t *root, const struct trouble *trouble, void *user)
{
    struct ask_letter *ask = user;
    char *advice = NULL;

    if (trouble)
        trouble_texts(trouble, NULL, &ask->sentence, &advice);
    else
        ask->root = json_deep_copy(root); /* reference counts must not be shared by threads */
    g_free(advice);
    worker_tell(ask->worker, &ask->letter);
}

static void read_ask(struct letter *letter, void *reader)
{
    struct ask_letter *ask = (struct ask_letter *)letter;
    struct worker *worker = reader;
    struct station *station = station_at(worker, ask->ask.slot);

    ask->worker = worker;
    letter->read = read_answer;
    if (!station || !station->link || link_state(station->link) != LINK_READY ||
        request_document(station->link, ask->path, on_document, ask, NULL) != 0) {
        ask->sentence = g_strdup(_("The machine is not connected."));
        worker_tell(worker, letter);
    }
}

void worker_send_ask(struct worker *worker, const struct worker_ask *ask)
{
    struct ask_letter *letter = g_new0(struct ask_letter, 1);

    letter->letter.read = read_ask;
    letter->letter.drop = drop_ask;
    letter->ask = *ask;
    letter->path = g_strdup(ask->path);
    worker_send(worker, &letter->letter);
}
